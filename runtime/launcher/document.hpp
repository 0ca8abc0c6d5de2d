#pragma once

/// A TOML document as a plain tree that remembers where each key and each value stands. It is read
/// by a library; nothing else in Weir sees that library's types.
///
/// Bounds: `document_bytes_max` of text, `nesting_max` open brackets, `key_parts_max` parts in one
/// key; so the tree is at most a few thousand levels deep and recursion over it is safe.

#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/problems.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::config {

inline constexpr std::size_t document_bytes_max = 1 << 20;
inline constexpr std::size_t nesting_max = 32;
inline constexpr std::size_t key_parts_max = 32;

/// A date or a time: TOML has them, no setting of Weir takes one.
struct temporal {};

struct entry;

struct node {
  using array = std::vector<node>;
  using table = std::vector<entry>;

  place at;
  std::variant<bool, std::int64_t, double, std::string, temporal, array, table> content;
  /// For a value of an option: the text as it was written, for a setting that takes text.
  std::optional<std::string> raw;

  [[nodiscard]] const table* as_table() const noexcept { return std::get_if<table>(&content); }
  [[nodiscard]] table* as_table() noexcept { return std::get_if<table>(&content); }
  [[nodiscard]] const array* as_array() const noexcept { return std::get_if<array>(&content); }
  [[nodiscard]] array* as_array() noexcept { return std::get_if<array>(&content); }

  /// The entry of a table with this key, or null; null if this is no table.
  [[nodiscard]] const entry* find(std::string_view key) const noexcept;
  [[nodiscard]] entry* find(std::string_view key) noexcept;

  /// The string, if this is one.
  [[nodiscard]] const std::string* as_text() const noexcept { return std::get_if<std::string>(&content); }
};

struct entry {
  std::string key;
  place at;  ///< of the key
  node content;
};

/// "a string", "an array", …, for messages.
[[nodiscard]] std::string type_name(const node& n);

/// The value as a message shows it: short, in one line.
[[nodiscard]] std::string shown(const node& n);

/// Reads the text of a document; its root is a table in the order of the text. `origin` is the file's name.
/// What is wrong goes to `found`, and then there is no document.
[[nodiscard]] std::optional<node> parse_document(std::string_view text, const std::string& origin,
                                                 problems& found);

/// Reads one value as it stands after `=`; nothing if the text is not exactly one value.
[[nodiscard]] std::optional<node> parse_value(std::string_view text, const place& at);

/// Adds a problem and returns false if the text breaks a bound above, has a NUL or is not UTF-8: what the
/// library would not survive, or would report less well.
[[nodiscard]] bool within_limits(std::string_view text, const std::string& origin, problems& found);

}  // namespace weir::config
