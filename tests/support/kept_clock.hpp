#pragma once

#include <weir/actors/clock.hpp>

#include <memory>
#include <vector>

namespace weir::test {

/// A clock that is never destroyed: threads that were written off still read it when their test is over.
inline manual_clock& kept_clock() {
  static auto& all = *new std::vector<std::unique_ptr<manual_clock>>;
  return *all.emplace_back(std::make_unique<manual_clock>());
}

}  // namespace weir::test
