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

std::uint64_t count(duration d) {
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

void put(wire_writer& to, const caf::error& why) {
  const auto of_weir = is_code(why.code()) && is(why, static_cast<ec>(why.code()));
  const auto text = of_weir ? text_of(why) : describe(why);
  to.put(of_weir ? why.code() : static_cast<std::uint8_t>(ec::failed));
  to.put(cut(text));
}

/// No error for code 0.
std::optional<caf::error> read_error(wire_reader& from) {
  const auto code = from.number<std::uint8_t>();
  if (code == 0)
    return caf::error{};
  auto text = from.text();
  if (!is_code(code))
    return std::nullopt;
  return make_error(static_cast<ec>(code), std::string{text});
}

void write(wire_writer& to, const call_message& m) {
  to.put(m.id).put(m.task.name).put(m.task.version).put(m.settings);
  to.put(m.time_left ? std::min(count(*m.time_left), no_deadline - 1) : no_deadline);
  to.put(static_cast<std::uint32_t>(m.jobs.size()));
  for (const auto& job : m.jobs)
    to.put(job);
}

void write(wire_writer& to, const cancel_message& m) {
  to.put(m.id).put(static_cast<std::uint8_t>(m.why.code));
  to.put(cut(m.why.who)).put(cut(m.why.why));
}

void write(wire_writer& to, const done_message& m) {
  to.put(m.id).put(count(m.busy)).put(static_cast<std::uint32_t>(m.ends.size()));
  for (const auto& end : m.ends) {
    if (end.why)
      put(to, end.why);
    else
      to.put(std::uint8_t{0}).put(end.result);
  }
}

void write(wire_writer& to, const leaving_message& m) {
  to.put(cut(m.why));
}

caf::expected<message> read_call(wire_reader from) {
  call_message m;
  m.id = from.number<std::uint64_t>();
  m.task.name = from.text();
  m.task.version = from.text();
  m.settings = from.text();
  const auto left = from.number<std::uint64_t>();
  if (left != no_deadline)
    m.time_left = duration_of(left);
  const auto jobs = from.number<std::uint32_t>();
  if (jobs > call_jobs_max)
    return not_one("call");
  for (std::uint32_t i = 0; i < jobs && from.good(); ++i)
    m.jobs.emplace_back(from.text());
  if (!from.whole() || m.jobs.empty())
    return not_one("call");
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

caf::expected<message> read_done(wire_reader from) {
  done_message m;
  m.id = from.number<std::uint64_t>();
  m.busy = duration_of(from.number<std::uint64_t>());
  const auto ends = from.number<std::uint32_t>();
  if (ends > call_jobs_max)
    return not_one("done");
  for (std::uint32_t i = 0; i < ends && from.good(); ++i) {
    auto why = read_error(from);
    if (!why)
      return not_one("done");
    auto& end = m.ends.emplace_back();
    end.why = std::move(*why);
    if (!end.why)
      end.result = from.text();
  }
  if (!from.whole())
    return not_one("done");
  return message{std::move(m)};
}

caf::expected<message> read_leaving(wire_reader from) {
  leaving_message m{std::string{from.text()}};
  if (!from.whole())
    return not_one("leaving");
  return message{std::move(m)};
}

}  // namespace

std::string to_text(const message& m) {
  wire_writer to;
  to.put(static_cast<std::uint8_t>(m.index()));
  std::visit([&](const auto& content) { write(to, content); }, m);
  return to.take();
}

caf::expected<message> read_message(std::string_view text) {
  wire_reader from{text};
  switch (static_cast<kind>(from.number<std::uint8_t>())) {
    case kind::call:
      return read_call(from);
    case kind::cancel:
      return read_cancel(from);
    case kind::done:
      return read_done(from);
    case kind::leaving:
      return read_leaving(from);
  }
  return not_one("message");
}

std::string to_text(const node_offer& o) {
  auto tasks = nlohmann::json::array();
  for (const auto& t : o.tasks)
    tasks.push_back({{"name", t.name}, {"version", t.version}});
  return nlohmann::json{{"tasks", std::move(tasks)}, {"workers", o.workers}, {"credit", o.credit}}.dump();
}

caf::expected<node_offer> read_offer(std::string_view text) {
  const auto in = nlohmann::json::parse(text, nullptr, false);
  const auto is_number = [&](const char* key, std::uint64_t max) {
    const auto found = in.find(key);
    return found != in.end() && found->is_number_unsigned() && found->get<std::uint64_t>() >= 1 &&
           found->get<std::uint64_t>() <= max;
  };
  if (!in.is_object() || !is_number("workers", node_options::workers_max) ||
      !is_number("credit", node_options::credit_max) || !in.contains("tasks") || !in["tasks"].is_array())
    return not_one("list of its tasks");
  node_offer o{{}, in["workers"].get<std::uint32_t>(), in["credit"].get<std::uint32_t>()};
  for (const auto& t : in["tasks"]) {
    if (!t.is_object() || !t.contains("name") || !t["name"].is_string() || !t.contains("version") ||
        !t["version"].is_string())
      return not_one("list of its tasks");
    o.tasks.push_back({t["name"].get<std::string>(), t["version"].get<std::string>()});
  }
  return o;
}

}  // namespace weir::nodes
