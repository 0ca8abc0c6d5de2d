/// The heavy side in a simulation: there is one thread, so it has nothing to do; but others may come in
/// between, and now and then it is refused, as by a kernel that has come to a limit.

#include <weir/actors/asymmetric_fence.hpp>
#include <weir/actors/simulation/schedule.hpp>

namespace weir {

namespace {

constexpr std::uint64_t refused_one_in = 64;

}  // namespace

bool has_asymmetric_fence() noexcept {
  return true;
}

bool heavy_fence() noexcept {
  sync::interleave();
  auto* const run = simulation::schedule::current();
  return !run || !run->in_fiber() || run->choose(2, refused_one_in) == 0;
}

}  // namespace weir
