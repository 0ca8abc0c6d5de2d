#pragma once

/// How a value crosses from node to node: as its `inspect` says, in the way of CAF's binary serializer. For
/// another way, or a type without `inspect`, specialize `codec`. What its `shape` says has to be equal at
/// both ends; without one it fits any other that has none.

#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/careful_deserializer.hpp>
#include <weir/runtime/nodes/shape.hpp>

#include <caf/binary_serializer.hpp>
#include <caf/expected.hpp>

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weir::nodes {

/// What a thread keeps for the next value.
constexpr std::size_t kept_bytes_max = std::size_t{64} << 10;

template <class T>
struct codec {
  /// Appends it to `out`. Throws `thrown_error` if it can't be written, and what `inspect` throws.
  static void encode(const T& value, std::string& out) {
    // Memory for each of many short values would cost more than they do.
    thread_local std::vector<char> bytes;
    bytes.clear();
    caf::binary_serializer to{static_cast<caf::execution_unit*>(nullptr), bytes};
    if (const auto e = to(value))
      throw thrown_error{make_error(ec::failed, "it can't be written: " + describe(e))};
    out.append(bytes.data(), bytes.size());
    if (bytes.capacity() > kept_bytes_max)
      bytes = std::vector<char>{};
  }

  /// An error if it is not one whole value. May throw what `inspect` throws.
  static caf::expected<T> decode(std::string_view text) {
    T value{};
    careful_deserializer from{text};
    if (from(value) || from.remaining() != 0)
      return make_error(ec::failed, "it can't be read: the nodes have different versions of its type");
    return value;
  }

  static std::string shape() { return inspected_shape<T>(); }
};

/// As it lies in memory: the fastest way, for a type of plain numbers between processes of the same build.
/// For a type of your own: `template <> struct weir::nodes::codec<T> : weir::nodes::raw_codec<T> {};`
template <class T>
  requires std::is_trivially_copyable_v<T> && std::default_initializable<T>
struct raw_codec {
  static void encode(const T& value, std::string& out) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  static caf::expected<T> decode(std::string_view text) {
    if (text.size() != sizeof(T))
      return make_error(ec::failed, "it can't be read: the nodes have different versions of its type");
    T value;
    std::memcpy(&value, text.data(), sizeof value);
    return value;
  }
  static std::string shape() { return std::to_string(sizeof(T)) + " bytes"; }
};

/// A text is its bytes.
template <>
struct codec<std::string> {
  static void encode(const std::string& value, std::string& out) { out += value; }
  static caf::expected<std::string> decode(std::string_view text) { return std::string{text}; }
  static std::string shape() { return "text"; }
};

/// Nothing is no bytes.
template <>
struct codec<caf::unit_t> {
  static void encode(const caf::unit_t&, std::string&) {}
  static caf::expected<caf::unit_t> decode(std::string_view text) {
    if (!text.empty())
      return make_error(ec::failed, "there is a result where none was to be");
    return caf::unit;
  }
  static std::string shape() { return "nothing"; }
};

/// Of a task's jobs and results, for `task_name::shape`.
template <class Job, class Result>
[[nodiscard]] std::string shape_of() {
  const auto of = []<class T>() -> std::string {
    if constexpr (requires { codec<T>::shape(); })
      return codec<T>::shape();
    else
      return "other";
  };
  return task_shape(of.template operator()<Job>(), of.template operator()<Result>());
}

}  // namespace weir::nodes
