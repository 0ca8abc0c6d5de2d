#include <weir/runtime/nodes/shape.hpp>

#include <boost/crc.hpp>

#include <cstdio>

namespace weir::nodes {

std::string task_shape(const std::string& job, const std::string& result) {
  constexpr std::size_t shown_max = 64;
  auto whole = job + " -> " + result;
  if (whole.size() <= shown_max)
    return whole;
  boost::crc_32_type sum;
  sum.process_bytes(whole.data(), whole.size());
  std::array<char, 16> ending{};
  std::snprintf(ending.data(), ending.size(), "... #%08x", static_cast<unsigned>(sum.checksum()));
  return whole.substr(0, shown_max) + ending.data();
}

}  // namespace weir::nodes
