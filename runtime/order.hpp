#pragma once

#include <cstdint>

namespace weir {

/// The order in which outcomes are handed over.
enum class order : std::uint8_t {
  input,      ///< as the jobs were submitted; outcomes that are early wait in a bounded buffer
  unordered,  ///< as is cheapest: those that ran together come together
  completed,  ///< each as soon as its job ends
};

}  // namespace weir
