#pragma once

/// What is wrong with a flow's config. All problems of a file are gathered before any is reported,
/// so that a person mends them in one go; after `kept_max` they are only counted.

#include <weir/runtime/launcher/place.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace weir::config {

class problems {
public:
  static constexpr std::size_t kept_max = 20;

  /// `key` is the path of the key, such as `stage[0].order`; empty: the file as a whole.
  void add(const place& at, const std::string& key, const std::string& text);

  [[nodiscard]] bool none() const noexcept { return count_ == 0; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// One line for each: "file:line:column: key: text".
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

  /// The lines, and how many more there are; ends with a newline unless empty.
  [[nodiscard]] std::string text() const;

private:
  std::vector<std::string> lines_;
  std::size_t count_ = 0;
};

}  // namespace weir::config
