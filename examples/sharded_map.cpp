// A map whose keys are spread over shards, each with a lock of its own: threads that touch different keys
// seldom wait for each other. Here four workers count the words of many lines.

#include <weir/weir.hpp>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

int main() {
  weir::sharded_map<std::string, int> m{5};
  m.set("alpha", 1);
  m.set("beta", 2);
  m.set("gamma", 3);
  m.update("beta", [](int& v) { v *= 10; });
  auto keys = m.keys();
  std::ranges::sort(keys);
  for (const auto& key : keys)
    std::cout << key << " = " << *m.get(key) << '\n';
  std::cout << "took gamma: " << *m.take("gamma") << ", is it still there? "
            << (m.contains("gamma") ? "yes" : "no") << '\n';

  std::vector<std::string> lines(1000, "to be or not to be");
  weir::sharded_map<std::string, int> count;
  weir::engine engine;
  const auto count_words = [&](const std::string& line) {
    std::istringstream words{line};
    for (std::string word; words >> word;)
      count.upsert(word, [](int& n) { ++n; });
  };
  if (!weir::parallel_map(engine, weir::context::background(), lines, count_words, {.parallelism = 4}))
    return 1;
  auto words = count.keys();
  std::ranges::sort(words);
  for (const auto& word : words)
    std::cout << word << ": " << *count.get(word) << '\n';
}
