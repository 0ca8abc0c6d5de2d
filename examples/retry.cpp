// Work that fails for a while: each job is tried up to four times, with waits that grow, and only if the
// failure is worth it. While a job backs off it holds no worker, so the others go on. Time here is a clock
// that the program advances by itself.

#include <weir/weir.hpp>

#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>

int main() {
  using namespace std::chrono_literals;
  weir::manual_clock time;
  const auto ctx = weir::context::background(time);
  const auto begun = time.now();
  weir::engine engine;

  std::atomic<int> tries{0};
  const auto fetch = [&](const std::string& page) -> caf::expected<std::string> {
    if (page == "missing")
      return weir::make_error(weir::ec::invalid_option, "there is no such page");
    if (page == "flaky" && ++tries < 4)
      return weir::make_error(weir::ec::io, "connection reset");
    return page + " at " + std::to_string((time.now() - begun) / 1ms) + " ms";
  };
  weir::pool<std::string, std::string> pages{
      engine,
      fetch,
      {.parallelism = 1,
       .capacity = 8,
       .retry = {.attempts = 4, .backoff = 100ms, .growth = 2, .jitter = 0},
       .retry_if = [](const caf::error& e) { return weir::is(e, weir::ec::io); }},
      ctx};

  std::vector<weir::ticket<std::string>> tickets;
  for (const auto* page : {"flaky", "steady", "missing"})
    tickets.push_back(std::move(*pages.submit(ctx, page)));
  for (auto i : {1u, 2u, 0u}) {
    while (!tickets[i].ready()) {
      if (pages.stats().backing_off > 0 && i == 0)
        time.advance(1ms);
      std::this_thread::yield();
    }
    const auto o = tickets[i].get();
    std::cout << (o.result ? *o.result : "failed, " + weir::text_of(o.result.error())) << ", attempt "
              << o.attempt << '\n';
  }
}
