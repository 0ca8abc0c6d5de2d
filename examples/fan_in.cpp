// Fan-in: several sources into one. `merge` reads each on a thread of its own and is at its end when all of
// them are. Where the sources are the application's own threads, each has a producer of a stream; when the
// last one has gone the stream is at its end. Nobody counts or closes anything.

#include <weir/weir.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

// Each source's own order is kept; how they mix is a matter of time.
void print_sorted(std::vector<std::string> all) {
  std::ranges::sort(all);
  for (const auto& s : all)
    std::cout << s << '\n';
}

}  // namespace

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();

  const std::vector<std::string> north{"north 1", "north 2"};
  const std::vector<std::string> south{"south 1", "south 2", "south 3"};
  std::vector<std::string> seen;
  const auto read = (weir::merge(north, south) | weir::into([&](std::string s) {
                       seen.push_back(std::move(s));
                     })).run(engine, ctx);
  print_sorted(seen);
  std::cout << read.read << " merged\n";

  // A stage that passes on what comes in; here could be work as well.
  weir::stream<std::string, std::string> merged{
      engine, [](std::string s) { return s; }, {.parallelism = 1, .capacity = 4}};
  std::vector<std::jthread> sources;
  {
    const auto producer = merged.produce();
    for (const std::string name : {"east", "west"})
      sources.emplace_back([&ctx, name, to = producer]() mutable {
        for (int i = 1; i <= 3; ++i)
          if (!to.submit(ctx, name + ' ' + std::to_string(i)))
            return;
      });
  }
  seen.clear();
  for (auto& outcome : merged)
    seen.push_back(*outcome.result);
  print_sorted(seen);
}
