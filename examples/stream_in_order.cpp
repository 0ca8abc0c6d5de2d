// Jobs come one by one from one thread, their outcomes are taken in the same order by another, and the
// work in between is done by several. Never more than `capacity` are inside: a slow reader slows the
// writer down, and memory stays flat.

#include <weir/weir.hpp>

#include <iostream>
#include <string>
#include <thread>

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();

  const auto shout = [](const std::string& line) {
    auto loud = line;
    for (auto& c : loud)
      c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return loud + "!";
  };
  weir::stream<std::string, std::string> lines{engine, shout, {.parallelism = 4, .capacity = 16}};

  std::jthread writer{[&] {
    for (int i = 1; i <= 1000; ++i)
      if (!lines.submit(ctx, "line " + std::to_string(i)))
        break;
    lines.close();
  }};

  std::uint64_t next = 0;
  auto in_order = true;
  std::uint64_t most_inside = 0;
  for (auto& outcome : lines) {
    in_order = in_order && outcome.index == next++;
    most_inside = std::max(most_inside, lines.stats().used);
    if (outcome.index < 3)
      std::cout << *outcome.result << '\n';
  }
  std::cout << next << " lines, in order: " << (in_order ? "yes" : "no")
            << ", never more than 16 inside: " << (most_inside <= 16 ? "yes" : "no") << '\n';
}
