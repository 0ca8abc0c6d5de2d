#pragma once

/// How a value crosses from node to node: as its `inspect` says, in the way of CAF's binary serializer. For
/// another way, or a type without `inspect`, specialize `codec`.

#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/careful_deserializer.hpp>

#include <caf/binary_serializer.hpp>
#include <caf/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::nodes {

template <class T>
struct codec {
  /// Throws `thrown_error` if it can't be written, and what `inspect` throws.
  static std::string encode(const T& value) {
    std::vector<char> bytes;
    caf::binary_serializer to{static_cast<caf::execution_unit*>(nullptr), bytes};
    if (const auto e = to(value))
      throw thrown_error{make_error(ec::failed, "it can't be written: " + describe(e))};
    return {bytes.begin(), bytes.end()};
  }

  /// An error if it is not one whole value. May throw what `inspect` throws.
  static caf::expected<T> decode(std::string_view text) {
    T value{};
    careful_deserializer from{text};
    if (from(value) || from.remaining() != 0)
      return make_error(ec::failed, "it can't be read: the nodes have different versions of its type");
    return value;
  }
};

/// A text is its bytes.
template <>
struct codec<std::string> {
  static std::string encode(const std::string& value) { return value; }
  static caf::expected<std::string> decode(std::string_view text) { return std::string{text}; }
};

/// Nothing is no bytes.
template <>
struct codec<caf::unit_t> {
  static std::string encode(const caf::unit_t&) { return {}; }
  static caf::expected<caf::unit_t> decode(std::string_view text) {
    if (!text.empty())
      return make_error(ec::failed, "there is a result where none was to be");
    return caf::unit;
  }
};

}  // namespace weir::nodes
