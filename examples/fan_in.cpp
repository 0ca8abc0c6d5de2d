// Fan-in: several sources into one. Each source has a producer of the stream; when the last one has gone the
// stream is at its end, so the loop below ends by itself, and nobody counts or closes anything.

#include <weir/weir.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();
  // A stage that passes on what comes in; here could be work as well.
  weir::stream<std::string, std::string> merged{
      engine, [](std::string s) { return s; }, {.parallelism = 1, .capacity = 4}};

  std::vector<std::jthread> sources;
  {
    const auto producer = merged.produce();
    for (const std::string name : {"north", "east", "south"})
      sources.emplace_back([&ctx, name, to = producer]() mutable {
        for (int i = 1; i <= 3; ++i)
          if (!to.submit(ctx, name + ' ' + std::to_string(i)))
            return;
      });
  }

  std::vector<std::string> seen;
  for (auto& outcome : merged)
    seen.push_back(*outcome.result);
  // Each source's own order is kept; how they mix is a matter of time.
  std::ranges::sort(seen);
  for (const auto& s : seen)
    std::cout << s << '\n';
}
