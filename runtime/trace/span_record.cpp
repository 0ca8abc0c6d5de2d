#include <weir/actors/error.hpp>
#include <weir/runtime/trace/span_record.hpp>

#include <algorithm>

namespace weir {

namespace {

/// Cut where a character ends, if it is UTF-8.
std::string cut(std::string text) {
  if (text.size() <= span_record::text_bytes_max)
    return text;
  auto end = span_record::text_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  text.resize(end > 0 ? end : span_record::text_bytes_max);
  return text;
}

span_value cut(span_value v) {
  if (auto* text = std::get_if<std::string>(&v))
    *text = cut(std::move(*text));
  return v;
}

}  // namespace

void span_record::set(std::string_view key, span_value content) {
  const auto there = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const span_attribute& f) { return f.key == key; });
  if (there != attributes.end())
    there->content = cut(std::move(content));
  else if (attributes.size() < attributes_max)
    attributes.push_back({cut(std::string{key}), cut(std::move(content))});
  else
    ++attributes_dropped;
}

void span_record::add(span_event event) {
  if (events.size() == events_max) {
    ++events_dropped;
    return;
  }
  event.name = cut(std::move(event.name));
  event.attributes.resize(std::min(event.attributes.size(), attributes_max));
  for (auto& a : event.attributes)
    a = {cut(std::move(a.key)), cut(std::move(a.content))};
  events.push_back(std::move(event));
}

void span_record::fail(const caf::error& why, time_point when) {
  status = span_status::error;
  message = cut(text_of(why));
  const auto code = static_cast<ec>(why.code());
  const std::string type{is(why, code) ? name_of(code) : name_of(ec::failed)};
  set("error.type", type);
  add({"exception", when, {{"exception.type", type}, {"exception.message", message}}});
}

}  // namespace weir
