// What a full door does with one more job. A camera's frames go to a disk that is stuck with frame 0, and two
// more have room to wait for it: whoever brings frame 3 waits too, or it fails, or it is dropped, or it takes
// the place of the oldest. A rate turns away what comes too soon, however much room there is.

#include <weir/weir.hpp>

#include <iostream>
#include <latch>
#include <optional>
#include <ranges>

namespace {

using namespace std::chrono_literals;
using weir::policy::overflow;

void film(weir::engine& engine, overflow when_full, std::optional<weir::duration> patience) {
  std::latch stuck{1};
  std::latch repaired{1};
  const auto store = [&](int frame) {
    if (frame == 0) {
      stuck.count_down();
      repaired.wait();
    }
    return frame;
  };
  auto camera = std::views::iota(0, 7) | std::views::filter([&](int frame) {
                  if (frame == 1)
                    stuck.wait();
                  if (frame == 6)
                    repaired.count_down();
                  return frame < 6;
                });
  const auto done = (weir::from(camera) |
                     weir::stage(store, {.name = "disk",
                                         .parallelism = 1,
                                         .capacity = 3,
                                         .order = weir::order::completed,
                                         .timeouts = {.submit = patience},
                                         .overflow = when_full}) |
                     weir::into([](int frame) {
                       std::cout << ' ' << frame;
                     })).run(engine, weir::context::background(), {.on_error = weir::policy::collect});
  std::cout << " stored, " << done.stages[0].dropped << " dropped, " << done.failed << " failed\n";
  if (done.failed > 0)
    std::cout << "  frame " << done.failures[0].index << ": " << weir::describe(done.failures[0].why) << '\n';
}

}  // namespace

int main() {
  weir::engine engine;
  std::cout << "block:";
  film(engine, overflow::block, 20ms);  // else for ever: this disk is repaired when the film is over
  for (const auto how : {overflow::reject, overflow::drop_newest, overflow::drop_oldest}) {
    std::cout << to_string(how) << ':';
    film(engine, how, {});
  }

  weir::manual_clock time;
  const auto ctx = weir::context::background(time);
  weir::pool<int, int> calls{
      engine, [](int i) { return i; }, {.capacity = 2000, .rate = {.per_second = 2, .burst = 2}}, ctx};
  for (int i = 1; i <= 4; ++i) {
    if (i == 4)
      time.advance(500ms);
    const auto call = calls.try_submit(i);
    std::cout << "call " << i << ": " << (call ? "let in" : weir::describe(call.error())) << '\n';
  }
}
