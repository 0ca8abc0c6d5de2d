// A server's handler runs on the thread of its connection. The gauge lets three run at once and answers the
// others at once, instead of letting them wait for each other.

#include <weir/weir.hpp>

#include <iostream>
#include <latch>
#include <thread>
#include <vector>

namespace {

/// What the client is told.
std::string answer(weir::pressure_gauge& gauge, const std::function<std::string()>& handler) {
  const auto page = gauge.run(handler);
  if (page)
    return "200 " + *page;
  return weir::is(page.error(), weir::ec::overloaded) ? "429 too many requests"
                                                      : "500 " + weir::text_of(page.error());
}

}  // namespace

int main() {
  weir::pressure_gauge gauge{3};
  std::latch busy{3};
  std::latch go{1};
  std::vector<std::string> answers(3);
  std::vector<std::jthread> connections;
  for (auto& a : answers)
    connections.emplace_back([&] {
      a = answer(gauge, [&] {
        busy.count_down();
        go.wait();
        return std::string{"slow page"};
      });
    });
  busy.wait();
  std::cout << "the fourth at once: " << answer(gauge, [] { return std::string{"page"}; }) << '\n';
  go.count_down();
  connections.clear();
  for (const auto& a : answers)
    std::cout << "one of the three: " << a << '\n';
  std::cout << "later: " << answer(gauge, [] { return std::string{"page"}; }) << '\n';
  std::cout << "one that throws: "
            << answer(gauge, []() -> std::string { throw std::runtime_error{"no database"}; }) << '\n';
  const auto seen = gauge.look();
  std::cout << seen.admitted << " let in, " << seen.rejected << " refused\n";
}
