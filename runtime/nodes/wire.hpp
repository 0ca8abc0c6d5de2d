#pragma once

/// Numbers and texts in a message between nodes: integers big-endian, a text behind its length in four bytes.
/// A reader takes any bytes for what they are: after the first thing that is not there all that follows is
/// empty, and `whole` says so; it never takes more memory than it was shown.

#include <algorithm>
#include <array>
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
    const auto bytes = bytes_of(number);
    out_.append(bytes.data(), bytes.size());
    return *this;
  }

  /// Of less than 4 GiB.
  wire_writer& put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_ += text;
    return *this;
  }

  /// Some numbers of one byte, and the text that `append(std::string&)` appends. If that throws, nothing was
  /// put.
  template <class Append, std::same_as<std::uint8_t>... Bytes>
  wire_writer& put_text(Append append, Bytes... ahead) {
    const auto at = out_.size();
    const std::array<char, sizeof...(ahead) + sizeof(std::uint32_t)> front{static_cast<char>(ahead)...};
    try {
      out_.append(front.data(), front.size());
      append(out_);
    } catch (...) {
      cut(at);
      throw;
    }
    return set(at + sizeof...(ahead), static_cast<std::uint32_t>(out_.size() - at - front.size()));
  }

  /// Puts another number in the place of the one at `at`.
  template <std::unsigned_integral T>
  wire_writer& set(std::size_t at, T number) {
    const auto bytes = bytes_of(number);
    std::copy(bytes.begin(), bytes.end(), out_.begin() + static_cast<std::ptrdiff_t>(at));
    return *this;
  }

  [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }

  void reserve(std::size_t bytes) { out_.reserve(bytes); }

  /// Takes back what is behind the first `size` bytes.
  void cut(std::size_t size) noexcept { out_.resize(size); }

  /// What is behind the first `at` bytes goes to another message.
  void move_rest(std::size_t at, wire_writer& to) {
    to.out_.append(out_, at);
    cut(at);
  }

  [[nodiscard]] std::string take() noexcept { return std::move(out_); }

private:
  template <std::unsigned_integral T>
  static std::array<char, sizeof(T)> bytes_of(T number) noexcept {
    std::array<char, sizeof(T)> bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes[i] = static_cast<char>(number >> 8 * (sizeof(T) - 1 - i) & 0xff);
    return bytes;
  }

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

  /// What has not been read.
  [[nodiscard]] std::string_view rest() const noexcept { return from_; }

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
