#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/quantity.hpp>
#include <weir/runtime/launcher/setting_check.hpp>
#include <weir/runtime/record.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace weir::config {

namespace {

/// The text of a value where text is wanted: an option's value need not be quoted for that.
const std::string* text_in(const node& given) {
  if (const auto* s = given.as_text())
    return s;
  return given.raw ? &*given.raw : nullptr;
}

std::optional<setting> wanted_text(const node& given) {
  const auto* s = text_in(given);
  return s ? std::optional<setting>{*s} : std::nullopt;
}

std::optional<setting> wanted_duration(const node& given) {
  const auto* s = text_in(given);
  const auto d = s ? parse_duration(*s) : std::nullopt;
  return d ? std::optional<setting>{*d} : std::nullopt;
}

std::optional<setting> wanted_size(const node& given) {
  if (const auto* n = std::get_if<std::int64_t>(&given.content))
    return *n >= 0 ? std::optional<setting>{*n} : std::nullopt;
  const auto* s = text_in(given);
  const auto bytes = s ? parse_size(*s) : std::nullopt;
  return bytes ? std::optional<setting>{*bytes} : std::nullopt;
}

std::optional<setting> wanted_number(const node& given) {
  if (const auto* n = std::get_if<std::int64_t>(&given.content))
    return setting{static_cast<double>(*n)};
  const auto* d = std::get_if<double>(&given.content);
  return d && std::isfinite(*d) ? std::optional<setting>{*d} : std::nullopt;
}

std::optional<setting> wanted_texts(const node& given) {
  const auto* elements = given.as_array();
  if (!elements) {
    const auto* s = text_in(given);
    return s ? std::optional<setting>{std::vector{*s}} : std::nullopt;
  }
  std::vector<std::string> all;
  for (const auto& element : *elements) {
    const auto* s = element.as_text();
    if (!s)
      return std::nullopt;
    all.push_back(*s);
  }
  return setting{std::move(all)};
}

std::optional<setting> of_type(const node& given, setting_type type) {
  switch (type) {
    case setting_type::boolean:
      if (const auto* b = std::get_if<bool>(&given.content))
        return setting{*b};
      return std::nullopt;
    case setting_type::integer:
      if (const auto* n = std::get_if<std::int64_t>(&given.content))
        return setting{*n};
      return std::nullopt;
    case setting_type::number:
      return wanted_number(given);
    case setting_type::text:
    case setting_type::choice:
      return wanted_text(given);
    case setting_type::time_span:
      return wanted_duration(given);
    case setting_type::size:
      return wanted_size(given);
    case setting_type::texts:
      return wanted_texts(given);
  }
  return std::nullopt;
}

bool within(const setting& v, const setting_spec& spec) {
  double n = 0;
  if (const auto* i = std::get_if<std::int64_t>(&v))
    n = static_cast<double>(*i);
  else if (const auto* d = std::get_if<double>(&v))
    n = *d;
  else if (const auto* t = std::get_if<duration>(&v))
    n = std::chrono::duration<double>(*t).count();
  else
    return true;
  return n >= spec.min && n <= spec.max;
}

bool has_nul(const setting& v) {
  const auto in = [](const std::string& s) { return s.find('\0') != std::string::npos; };
  if (const auto* s = std::get_if<std::string>(&v))
    return in(*s);
  const auto* all = std::get_if<std::vector<std::string>>(&v);
  return all && std::any_of(all->begin(), all->end(), in);
}

std::string quoted_all(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const auto& t : texts)
    all.push_back(quoted(t, std::string::npos));
  return joined(all);
}

std::string bound_text(double bound, setting_type type) {
  constexpr double representable = 9e18;
  if (type == setting_type::time_span)
    return to_text(duration{static_cast<std::int64_t>(std::clamp(bound * 1e9, 0.0, representable))});
  if (type == setting_type::size)
    return size_text(static_cast<std::int64_t>(std::clamp(bound, 0.0, representable)));
  if (std::abs(bound) < representable && bound == std::floor(bound))
    return std::to_string(static_cast<std::int64_t>(bound));
  return weir::to_text(value{bound});
}

std::string range_text(const setting_spec& spec) {
  const bool quantity = spec.type == setting_type::time_span || spec.type == setting_type::size;
  const bool low = spec.min > (quantity ? 0.0 : std::numeric_limits<double>::lowest());
  const bool high = spec.max < std::numeric_limits<double>::max();
  if (low && high)
    return " from " + bound_text(spec.min, spec.type) + " to " + bound_text(spec.max, spec.type);
  if (low)
    return ", at least " + bound_text(spec.min, spec.type);
  return high ? ", at most " + bound_text(spec.max, spec.type) : std::string{};
}

void report_type(const node& given, const setting_spec& spec, const std::string& key, problems& found) {
  // A string of the wrong form is shown; of anything else the type says more.
  const bool form =
      text_in(given) && (spec.type == setting_type::time_span || spec.type == setting_type::size);
  const auto what = form || given.raw ? shown(given) : type_name(given);
  found.add(given.at, key, what + " is not allowed here; allowed: " + allowed(spec));
}

}  // namespace

std::string allowed(const setting_spec& spec) {
  switch (spec.type) {
    case setting_type::boolean:
      return "true or false";
    case setting_type::integer:
      return "a whole number" + range_text(spec);
    case setting_type::number:
      return "a number" + range_text(spec);
    case setting_type::text:
      return "a string";
    case setting_type::choice:
      return "one of " + quoted_all(spec.choices);
    case setting_type::time_span:
      return duration_form + range_text(spec);
    case setting_type::size:
      return size_form + range_text(spec);
    case setting_type::texts:
      return "a string or an array of strings";
  }
  return {};
}

std::string as_toml(const setting& v, setting_type type) {
  if (const auto* b = std::get_if<bool>(&v))
    return *b ? "true" : "false";
  if (const auto* n = std::get_if<std::int64_t>(&v)) {
    const auto text = type == setting_type::size ? size_text(*n) : std::to_string(*n);
    return text == std::to_string(*n) ? text : quoted(text);
  }
  if (const auto* d = std::get_if<double>(&v)) {
    const auto text = weir::to_text(value{*d});
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  }
  if (const auto* s = std::get_if<std::string>(&v))
    return quoted(*s, std::string::npos);
  if (const auto* t = std::get_if<duration>(&v))
    return quoted(to_text(*t));
  if (const auto* all = std::get_if<std::vector<std::string>>(&v))
    return std::string{'['}.append(quoted_all(*all)).append(1, ']');
  return {};
}

std::optional<setting> check_setting(const node& given, const setting_spec& spec, const std::string& key,
                                     problems& found) {
  auto v = of_type(given, spec.type);
  if (!v) {
    report_type(given, spec, key, found);
    return std::nullopt;
  }
  if (!within(*v, spec)) {
    found.add(given.at, key, shown(given) + " is out of range; allowed: " + allowed(spec));
    return std::nullopt;
  }
  if (has_nul(*v)) {
    found.add(given.at, key, "the text has a NUL character, which no path and no argument can have");
    return std::nullopt;
  }
  const auto* s = std::get_if<std::string>(&*v);
  if (spec.type == setting_type::choice &&
      std::find(spec.choices.begin(), spec.choices.end(), *s) == spec.choices.end()) {
    const auto near = nearest(*s, spec.choices);
    found.add(given.at, key,
              quoted(*s, 60) + " is not allowed here; allowed: " + allowed(spec) +
                  (near ? "; did you mean " + quoted(*near) + "?" : ""));
    return std::nullopt;
  }
  return v;
}

settings check_table(const node& table, const std::string& path, const std::vector<setting_spec>& specs,
                     const stray_key& stray, problems& found) {
  std::vector<std::string> known;
  settings out;
  for (const auto& spec : specs) {
    known.push_back(spec.name);
    out.set(spec.name, spec.fallback);
  }
  for (const auto& e : *table.as_table()) {
    const auto key = path + '.' + e.key;
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](const setting_spec& s) { return s.name == e.key; });
    if (spec == specs.end()) {
      const auto belongs = stray ? stray(e.key) : std::nullopt;
      found.add(e.at, key, "unknown key" + (belongs ? "; " + *belongs : suggestion(e.key, known)));
    } else if (auto v = check_setting(e.content, *spec, key, found)) {
      out.set(spec->name, std::move(*v));
    }
  }
  for (const auto& spec : specs)
    if (spec.required && !table.find(spec.name))
      found.add(table.at, path + '.' + spec.name, "missing: " + spec.meaning + "; allowed: " + allowed(spec));
  return out;
}

}  // namespace weir::config
