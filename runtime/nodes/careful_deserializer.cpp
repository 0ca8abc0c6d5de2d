#include <weir/runtime/nodes/careful_deserializer.hpp>

#include <caf/sec.hpp>

namespace weir::nodes {

caf::error careful_deserializer::begin_sequence(std::size_t& count) {
  if (auto e = from_.begin_sequence(count))
    return e;
  // The smallest elements are bits. Those that take none at all would make a list of any length of nothing.
  if (count > 8 * from_.remaining())
    return caf::sec::end_of_stream;
  return {};
}

}  // namespace weir::nodes
