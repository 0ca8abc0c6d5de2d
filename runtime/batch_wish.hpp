#pragma once

/// What who asks for a batch of jobs wants.

#include <weir/actors/context.hpp>

#include <cstdint>
#include <string>

namespace weir {

struct batch_wish {
  std::uint64_t most = 1;                 ///< jobs
  std::string not_at = {};                ///< where it should not be, if it can be elsewhere; empty: anywhere
  context until = context::background();  ///< when this is canceled it is wanted no more
};

}  // namespace weir
