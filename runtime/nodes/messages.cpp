#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/messages.hpp>
#include <weir/runtime/nodes/node_options.hpp>
#include <weir/runtime/nodes/wire.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weir::nodes {

namespace {

/// By their places in `message`.
enum class kind : std::uint8_t { call, cancel, done, leaving };
static_assert(std::variant_size_v<message> == 4);

constexpr std::uint64_t no_deadline = ~std::uint64_t{0};
/// Of an error: what people read has an end.
constexpr std::size_t why_bytes_max = std::size_t{4} << 10;

caf::error not_one(const char* what) {
  return make_error(ec::link, std::string{"it sent a "} + what + " that is not one");
}

std::uint64_t count_of(duration d) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, d.count()));
}

/// Longer than anybody waits; what a peer says is not added to a time as it is.
duration duration_of(std::uint64_t n) {
  constexpr duration longest = std::chrono::hours{24 * 365};
  return duration{static_cast<std::int64_t>(std::min(n, static_cast<std::uint64_t>(longest.count())))};
}

std::string_view cut(std::string_view text) {
  return text.substr(0, why_bytes_max);
}

bool is_code(std::uint8_t code) {
  return name_of(static_cast<ec>(code)) != "unknown";
}

/// The header of a message with jobs or outcomes has been read from `text`; they are what is left.
packed rest_of(std::string& text, const wire_reader& after, std::uint32_t count) {
  const auto at = text.size() - after.rest().size();
  return {std::move(text), at, count};
}

caf::expected<message> read_call(std::string& text, wire_reader from) {
  call_message m;
  m.id = from.number<std::uint64_t>();
  m.task.name = from.text();
  m.task.version = from.text();
  m.task.shape = from.text();
  m.settings = from.text();
  const auto left = from.number<std::uint64_t>();
  if (left != no_deadline)
    m.time_left = duration_of(left);
  const auto parent = from.text();
  const auto state = from.text();
  m.trace = trace_context::parse(parent, state);
  const auto jobs = from.number<std::uint32_t>();
  if (!from.good() || jobs == 0 || jobs > call_jobs_max)
    return not_one("call");
  m.jobs = rest_of(text, from, jobs);
  return message{std::move(m)};
}

caf::expected<message> read_cancel(wire_reader from) {
  cancel_message m;
  m.id = from.number<std::uint64_t>();
  const auto code = from.number<std::uint8_t>();
  m.why.code = static_cast<ec>(code);
  m.why.who = from.text();
  m.why.why = from.text();
  if (!from.whole() || !is_code(code))
    return not_one("cancel");
  return message{std::move(m)};
}

caf::expected<message> read_done(std::string& text, wire_reader from) {
  done_message m;
  m.id = from.number<std::uint64_t>();
  m.busy = duration_of(from.number<std::uint64_t>());
  const auto ends = from.number<std::uint32_t>();
  if (!from.good() || ends == 0 || ends > call_jobs_max)
    return not_one("done");
  m.ends = rest_of(text, from, ends);
  return message{std::move(m)};
}

caf::expected<message> read_leaving(wire_reader from) {
  leaving_message m{std::string{from.text()}};
  if (!from.whole())
    return not_one("leaving");
  return message{std::move(m)};
}

wire_writer begin(kind k) {
  wire_writer to;
  to.put(static_cast<std::uint8_t>(k));
  return to;
}

}  // namespace

call_writer::call_writer(std::uint64_t id, const task_name& task, std::string_view settings,
                         std::optional<duration> time_left, const std::optional<trace_context>& trace)
    : to_(begin(kind::call)) {
  to_.put(id).put(task.name).put(task.version).put(task.shape).put(settings);
  to_.put(time_left ? std::min(count_of(*time_left), no_deadline - 1) : no_deadline);
  to_.put(trace ? trace->traceparent() : std::string{}).put(trace ? trace->state : std::string{});
  count_at_ = to_.size();
  to_.put(count_);
}

std::string call_writer::take() {
  return to_.set(count_at_, count_).take();
}

done_writer::done_writer(std::uint64_t id, std::size_t bytes) : to_(begin(kind::done)) {
  to_.reserve(bytes);
  to_.put(id);
  busy_at_ = to_.size();
  to_.put(std::uint64_t{0});
  count_at_ = to_.size();
  to_.put(count_);
}

void done_writer::add(const caf::error& why) {
  const auto of_weir = is_code(why.code()) && is(why, static_cast<ec>(why.code()));
  const auto text = of_weir ? text_of(why) : describe(why);
  to_.put(of_weir ? why.code() : static_cast<std::uint8_t>(ec::failed)).put(cut(text));
  ++count_;
}

std::string done_writer::take(duration busy) {
  return to_.set(busy_at_, count_of(busy)).set(count_at_, count_).take();
}

std::optional<caf::error> read_failure(wire_reader& from) {
  const auto code = from.number<std::uint8_t>();
  const auto text = from.text();
  if (!from.good() || code == 0 || !is_code(code))
    return std::nullopt;
  return make_error(static_cast<ec>(code), std::string{text});
}

std::string to_text(const cancel_message& m) {
  auto to = begin(kind::cancel);
  to.put(m.id).put(static_cast<std::uint8_t>(m.why.code));
  return to.put(cut(m.why.who)).put(cut(m.why.why)).take();
}

std::string to_text(const leaving_message& m) {
  return begin(kind::leaving).put(cut(m.why)).take();
}

caf::expected<message> read_message(std::string text) {
  wire_reader from{text};
  switch (static_cast<kind>(from.number<std::uint8_t>())) {
    case kind::call:
      return read_call(text, from);
    case kind::cancel:
      return read_cancel(from);
    case kind::done:
      return read_done(text, from);
    case kind::leaving:
      return read_leaving(from);
  }
  return not_one("message");
}

std::string to_text(const node_offer& o) {
  auto tasks = nlohmann::json::array();
  for (const auto& t : o.tasks)
    tasks.push_back({{"name", t.name}, {"version", t.version}, {"shape", t.shape}});
  return nlohmann::json{
      {"tasks", std::move(tasks)}, {"workers", o.workers}, {"credit", o.credit}, {"held", o.held}}
      .dump();
}

caf::expected<node_offer> read_offer(std::string_view text) {
  const auto in = nlohmann::json::parse(text, nullptr, false);
  const auto is_number = [&](const char* key, std::uint64_t min, std::uint64_t max) {
    const auto found = in.find(key);
    return found != in.end() && found->is_number_unsigned() && found->get<std::uint64_t>() >= min &&
           found->get<std::uint64_t>() <= max;
  };
  if (!in.is_object() || !is_number("workers", 1, node_options::workers_max) ||
      !is_number("credit", 1, node_options::credit_max) || !is_number("held", 0, node_options::credit_max) ||
      !in.contains("tasks") || !in["tasks"].is_array())
    return not_one("list of its tasks");
  node_offer o{{},
               in["workers"].get<std::uint32_t>(),
               in["credit"].get<std::uint32_t>(),
               in["held"].get<std::uint32_t>()};
  for (const auto& t : in["tasks"]) {
    const auto has_text = [&](const char* key) { return t.contains(key) && t[key].is_string(); };
    if (!t.is_object() || !has_text("name") || !has_text("version") || !has_text("shape"))
      return not_one("list of its tasks");
    o.tasks.push_back(
        {t["name"].get<std::string>(), t["version"].get<std::string>(), t["shape"].get<std::string>()});
  }
  return o;
}

}  // namespace weir::nodes
