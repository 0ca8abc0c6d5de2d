#include <weir/runtime/sinks/json_text.hpp>
#include <weir/runtime/trace/chrome_trace.hpp>

#include <cstdio>

namespace weir::detail {

namespace {

std::string_view category_of(span_role role) {
  switch (role) {
    case span_role::run:
      return "run";
    case span_role::job:
    case span_role::wait:  // the viewers nest what has one category and one id
      return "job";
    case span_role::attempt:
      return "attempt";
    case span_role::part:
      break;
  }
  return "part";
}

void add_text(std::string& to, std::string_view key, std::string_view text) {
  to += '"';
  to += key;
  to += "\":";
  append_json(to, text);
}

std::vector<span_attribute> arguments_of(const span_record& s) {
  auto all = s.attributes;
  all.push_back({"trace_id", s.at.trace_id()});
  all.push_back({"span_id", s.at.span_id()});
  if (s.parent != 0)
    all.push_back({"parent_span_id", hex(s.parent)});
  if (s.status == span_status::error)
    all.push_back({"error", s.message});
  return all;
}

}  // namespace

caf::error chrome_trace::open(const trace_origin& from) {
  from_ = from;
  if (auto problem = to_.open())
    return problem;
  text_ = "[\n";
  begin_event('M', "trace_start", {});
  add_arguments({{"unix_nanos", std::to_string(from.unix_start.count())}, {"service", from.service}});
  end_event();
  return {};
}

caf::error chrome_trace::put(std::span<const span_record> spans) {
  for (const auto& s : spans) {
    append(s);
    if (auto problem = to_.put(std::exchange(text_, {})))
      return problem;
  }
  return to_.flush();
}

caf::error chrome_trace::finish(std::uint64_t lost) {
  if (lost > 0) {
    begin_event('M', "spans_lost", {});
    add_arguments({{"count", static_cast<std::int64_t>(lost)}});
    end_event();
  }
  text_ += "]\n";
  if (auto problem = to_.put(std::exchange(text_, {})))
    return problem;
  return to_.finish();
}

void chrome_trace::append(const span_record& s) {
  const auto at = row_of(s);
  if (s.lane) {
    begin_event('X', s.name, at);
    text_ += ',';
    add_text(text_, "cat", category_of(s.role));
    add_time("ts", s.begun - from_.start);
    add_time("dur", s.ended - s.begun);
    add_arguments(arguments_of(s));
    end_event();
    append_marks(s, at);
    return;
  }
  const auto id = "0x" + hex(s.role == span_role::wait ? s.parent : s.at.span);
  for (const auto phase : {'b', 'e'}) {
    begin_event(phase, s.name, at);
    text_ += ',';
    add_text(text_, "cat", category_of(s.role));
    text_ += ',';
    add_text(text_, "id", id);
    add_time("ts", (phase == 'b' ? s.begun : s.ended) - from_.start);
    add_arguments(phase == 'b' ? arguments_of(s) : std::vector<span_attribute>{});
    end_event();
  }
}

void chrome_trace::append_marks(const span_record& s, const row& at) {
  for (const auto& e : s.events) {
    begin_event('i', e.name, at);
    text_ += R"(,"s":"t")";
    add_time("ts", e.at - from_.start);
    add_arguments(e.attributes);
    end_event();
  }
}

chrome_trace::row chrome_trace::row_of(const span_record& s) {
  row at{process_of(s.place->process), 0};
  if (!s.lane || rows_.size() == rows_max)
    return at;
  const auto [found, fresh] =
      rows_.emplace(std::tuple{at.process, s.place->stage, s.place->slot, *s.lane}, rows_.size() + 1);
  at.thread = found->second;
  if (fresh) {
    const auto copy = s.place->slot == 0 ? std::string{} : " #" + std::to_string(s.place->slot + 1);
    append_about("thread_name", at, {"name", s.place->stage + copy + " lane " + std::to_string(*s.lane)});
    append_about("thread_sort_index", at, {"sort_index", static_cast<std::int64_t>(*s.lane)});
  }
  return at;
}

std::size_t chrome_trace::process_of(const std::string& name) {
  if (processes_.size() == rows_max)
    return 0;
  const auto [found, fresh] = processes_.emplace(name, processes_.size() + 1);
  if (fresh)
    append_about("process_name", {found->second, 0}, {"name", name});
  return found->second;
}

void chrome_trace::append_about(std::string_view what, const row& at, const span_attribute& content) {
  begin_event('M', what, at);
  add_arguments({content});
  end_event();
}

void chrome_trace::begin_event(char phase, std::string_view name, const row& at) {
  text_ += std::exchange(first_, false) ? "{" : ",{";
  add_text(text_, "ph", {&phase, 1});
  text_ += ',';
  add_text(text_, "name", name);
  text_ += ",\"pid\":" + std::to_string(at.process) + ",\"tid\":" + std::to_string(at.thread);
}

/// In microseconds, exact to the nanosecond.
void chrome_trace::add_time(std::string_view key, duration since_start) {
  const auto ns = std::max<std::int64_t>(since_start.count(), 0);
  char digits[40];
  const auto n = std::snprintf(digits, sizeof digits, "%lld.%03lld", static_cast<long long>(ns / 1000),
                               static_cast<long long>(ns % 1000));
  text_ += ",\"";
  text_ += key;
  text_ += "\":";
  text_.append(digits, static_cast<std::size_t>(n));
}

void chrome_trace::add_arguments(const std::vector<span_attribute>& all) {
  text_ += ",\"args\":{";
  auto first = true;
  for (const auto& a : all) {
    if (!std::exchange(first, false))
      text_ += ',';
    append_json(text_, std::string_view{a.key});
    text_ += ':';
    append_json(text_, a.content);
  }
  text_ += '}';
}

void chrome_trace::end_event() {
  text_ += "}\n";
}

}  // namespace weir::detail
