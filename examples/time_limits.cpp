// Three limits, and an error of its own for each: until a job is let in, until it starts, and until it ends.
// Who waits has the answer at the limit, also where the call knows nothing of contexts and goes on; its
// thread is written off after a grace and replaced, so that the pool goes on too.

#include <weir/weir.hpp>

#include <iostream>
#include <latch>
#include <memory>
#include <semaphore>
#include <string>

namespace {

using namespace std::chrono_literals;
using request_pool = weir::pool<std::string, std::string>;

void print(request_pool::submission_type offer) {
  if (!offer) {
    std::cout << offer.job() << ": " << weir::describe(offer.error()) << '\n';
    return;
  }
  const auto o = offer->get();
  std::cout << (o.result ? *o.result : weir::describe(o.result.error())) << '\n';
}

}  // namespace

int main() {
  weir::manual_clock time;
  weir::engine engine;
  const auto ctx = weir::context::background();

  // Shared, as a thread that was written off may still be in the call when main() has gone.
  struct state_of_the_calls {
    std::counting_semaphore<> called{0};
    std::latch reply{1};
  };
  const auto calls = std::make_shared<state_of_the_calls>();
  const auto request = [calls](const std::string& name) {
    if (name == "slow") {
      calls->called.release();
      calls->reply.wait();
    }
    return "hello, " + name;
  };

  request_pool a{engine, request, {.parallelism = 1, .timeouts = {.submit = 20ms}}};
  const auto in_a = a.try_submit("slow");
  calls->called.acquire();
  print(a.submit(ctx, "submitted"));

  request_pool b{engine,
                 request,
                 {.parallelism = 1, .capacity = 2, .timeouts = {.queue = 20ms}},
                 weir::context::background(time)};
  const auto in_b = b.try_submit("slow");
  calls->called.acquire();
  auto queued = b.try_submit("queued");
  time.advance(20ms);
  print(std::move(queued));

  request_pool c{engine, request, {.parallelism = 1, .timeouts = {.run = 100ms, .grace = 20ms}}};
  print(c.try_submit("slow"));
  print(c.submit(ctx, "world"));
  std::cout << "threads written off: " << c.stats().abandoned << '\n';
  calls->reply.count_down();
}
