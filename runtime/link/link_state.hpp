#pragma once

#include <weir/actors/clock.hpp>
#include <weir/runtime/link/greeting.hpp>

#include <cstdint>
#include <string>

namespace weir::link {

/// A link that is up, as it is just now.
struct link_state {
  std::uint64_t link = 0;
  identity who;
  std::string address;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  duration round_trip{};  ///< the last one that was measured; zero before
};

}  // namespace weir::link
