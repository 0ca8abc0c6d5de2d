#pragma once

/// Settings of a source, a task or a sink: what each accepts, and the values that a flow file gave.
/// One table of `setting_spec` validates the file, fills in defaults, and documents the keys.

#include <weir/actors/clock.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

enum class setting_type : std::uint8_t {
  boolean,    ///< true, false
  integer,    ///< a whole number
  number,     ///< a whole number or a fraction
  text,       ///< a string
  choice,     ///< a string out of `choices`
  time_span,  ///< a string such as "250ms", "5s", "10min", "1h30min"
  size,       ///< bytes: a whole number, or a string such as "64KiB", "1MiB"
  texts,      ///< a string or an array of strings
};

/// monostate: not set (allowed where the spec's default is monostate and `required` is false).
/// A choice is a string; a size is an integer.
using setting =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, duration, std::vector<std::string>>;

struct setting_spec {
  std::string name;
  setting_type type = setting_type::text;
  setting fallback = {};  ///< the default; monostate: none
  std::string meaning;    ///< one line, for the reference and for `weir tasks`
  bool required = false;
  double min = std::numeric_limits<double>::lowest();  ///< integer, number, size; seconds for a duration
  double max = std::numeric_limits<double>::max();
  std::vector<std::string> choices = {};
};

/// Checked values by name: every setting of the specs is present, with its default where the file
/// was silent.
class settings {
public:
  void set(std::string name, setting v) { values_[std::move(name)] = std::move(v); }

  [[nodiscard]] bool has(std::string_view name) const {
    return !std::holds_alternative<std::monostate>(at(name));
  }

  /// The value of a setting that is set. The name and the type are those of the spec: anything else
  /// is a broken invariant.
  template <class T>
  [[nodiscard]] const T& get(std::string_view name) const {
    return std::get<T>(at(name));
  }

  /// As the file gave it, or its default. The name is one of the specs.
  [[nodiscard]] const setting& at(std::string_view name) const { return values_.find(name)->second; }

private:
  std::map<std::string, setting, std::less<>> values_;
};

}  // namespace weir
