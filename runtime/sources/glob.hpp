#pragma once

/// Patterns for paths below a root, such as `**/*.{c,h}`: a path is matched name by name, while the
/// walk goes down, so that a folder in which nothing can match is never entered.
///
/// - Within a name: `*` any bytes, `?` one character, `[a-z]` and `[!a-z]` one out of a set, `\` takes
///   the next character as it is. A name that starts with a dot is matched like any other.
/// - `**` as a whole name: any number of folders, also none. At the end of a pattern: everything below.
/// - `{a,b}`: either; may be nested and may hold slashes.
///
/// A pattern covers the whole path: `*.c` are files beside the root's other entries, `**/*.c` files at
/// any depth. Immutable, thread-safe. Cost of a name: one look for each alternative that is still open.

#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::detail {

class glob_set {
public:
  static constexpr std::size_t pattern_bytes_max = 4096;
  static constexpr std::size_t names_max = 63;          ///< in one pattern: the bits of a place, less one
  static constexpr std::size_t alternatives_max = 256;  ///< in one set, after `{a,b}` was spelled out

  /// How far each alternative has come on the way down to one folder. Bit i of an element: the names
  /// before i are matched, so that i is the next one; the bit after the last name: the path is matched.
  using place = std::vector<std::uint64_t>;

  /// Reads patterns. An error is one of `ec::invalid_option` that starts with `setting` and names the
  /// pattern.
  [[nodiscard]] static caf::expected<glob_set> parse(std::string_view setting,
                                                     const std::vector<std::string>& patterns);

  /// The place of the root.
  [[nodiscard]] place start() const;

  /// The place of the folder `name` in the folder at `at`.
  [[nodiscard]] place below(const place& at, const std::string& name) const;

  /// True if the path of `name` in the folder at `at` is matched.
  [[nodiscard]] bool matches(const place& at, const std::string& name) const;

  /// True if some path below `at` may be matched.
  [[nodiscard]] static bool is_open(const place& at) noexcept;

private:
  enum class form : std::uint8_t { literal, any_name, any_depth, pattern };

  struct part {
    form kind;
    std::string text;
  };

  using alternative = std::vector<part>;

  static caf::expected<alternative> parse_alternative(const std::string& pattern);
  static bool matches(const part& p, const std::string& name);
  static std::uint64_t step(const alternative& a, std::uint64_t bits, const std::string& name);
  static std::uint64_t skip_any_depth(const alternative& a, std::uint64_t bits) noexcept;

  std::vector<alternative> alternatives_;
};

}  // namespace weir::detail
