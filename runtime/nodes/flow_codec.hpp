#pragma once

/// How the jobs and the records of a flow that is driven by config cross from node to node.

#include <weir/runtime/nodes/codec.hpp>
#include <weir/runtime/record.hpp>

#include <caf/expected.hpp>

#include <string>
#include <string_view>

namespace weir::nodes {

/// An item that can be read: of others no task sees any.
template <>
struct codec<item> {
  static void encode(const item& value, std::string& out);
  static caf::expected<item> decode(std::string_view text);
};

template <>
struct codec<record> {
  static void encode(const record& value, std::string& out);
  static caf::expected<record> decode(std::string_view text);
};

}  // namespace weir::nodes
