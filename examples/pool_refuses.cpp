// A pool holds only so much. What it has no room for comes back at once, with the reason, so that the
// caller can answer "try again later"; what it took in, it finishes.

#include <weir/weir.hpp>

#include <iostream>
#include <latch>
#include <memory>
#include <vector>

namespace {

struct request {
  int number;
};

}  // namespace

int main() {
  using namespace std::chrono_literals;
  weir::engine engine;
  std::latch go{1};

  // Two requests are worked on, two more may wait.
  const auto handle = [&](const std::unique_ptr<request>& r) {
    go.wait();
    return 10 * r->number;
  };
  weir::pool<std::unique_ptr<request>, int> pool{
      engine, handle, {.name = "requests", .parallelism = 2, .capacity = 4}};

  std::vector<weir::ticket<int>> tickets;
  for (int i = 1; i <= 6; ++i) {
    auto offer = pool.try_submit(std::make_unique<request>(i));
    if (offer)
      tickets.push_back(std::move(*offer));
    else
      std::cout << "request " << offer.job()->number << " came back: " << weir::describe(offer.error())
                << '\n';
  }

  go.count_down();
  for (auto& t : tickets) {
    const auto outcome = t.get();
    std::cout << "request " << outcome.index + 1 << " gave " << *outcome.result << '\n';
  }

  const auto report = pool.drain(5s);
  const auto& b = report.books;
  std::cout << b.offered << " offered = " << b.admitted << " admitted + " << b.rejected << " rejected\n"
            << b.admitted << " admitted = " << b.completed << " completed + " << b.failed << " failed + "
            << b.canceled << " canceled\n";
  auto late = pool.try_submit(std::make_unique<request>(7));
  std::cout << "after the end: " << weir::describe(late.error()) << '\n';
}
