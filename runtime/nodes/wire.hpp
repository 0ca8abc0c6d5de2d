#pragma once

/// Numbers and texts in a message between nodes: integers big-endian, a text behind its length in four bytes.
/// A reader takes any bytes for what they are: after the first thing that is not there all that follows is
/// empty, and `whole` says so; it never takes more memory than it was shown.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace weir::nodes {

class wire_writer {
public:
  template <std::unsigned_integral T>
  wire_writer& put(T number) {
    for (auto i = sizeof(T); i-- > 0;)
      out_ += static_cast<char>(number >> 8 * i & 0xff);
    return *this;
  }

  /// Of less than 4 GiB.
  wire_writer& put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_ += text;
    return *this;
  }

  [[nodiscard]] std::string take() noexcept { return std::move(out_); }

private:
  std::string out_;
};

class wire_reader {
public:
  explicit wire_reader(std::string_view from) : from_(from) {}

  template <std::unsigned_integral T>
  [[nodiscard]] T number() noexcept {
    T n = 0;
    for (const auto c : bytes(sizeof(T)))
      n = static_cast<T>(n << 8 | static_cast<unsigned char>(c));
    return n;
  }

  /// A part of what it was shown.
  [[nodiscard]] std::string_view text() noexcept { return bytes(number<std::uint32_t>()); }

  /// Whether all was there, and nothing is left over.
  [[nodiscard]] bool whole() const noexcept { return good_ && from_.empty(); }
  [[nodiscard]] bool good() const noexcept { return good_; }

private:
  std::string_view bytes(std::size_t n) noexcept {
    good_ = good_ && n <= from_.size();
    if (!good_)
      return {};
    const auto front = from_.substr(0, n);
    from_.remove_prefix(n);
    return front;
  }

  std::string_view from_;
  bool good_ = true;
};

}  // namespace weir::nodes
