// Workers that die: an application's own actors do the jobs of a pool. One that ends is started again by its
// supervisor, and the job that it had runs again with another one. A job that kills whoever takes it has
// failed after the third, with its history, and the others go on.

#include <weir/weir.hpp>

#include <caf/event_based_actor.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

caf::behavior parser(caf::event_based_actor* self) {
  weir::watch(self, [](const caf::actor_addr&, const caf::error&) {});
  return {[](const std::string& text) -> caf::result<int> {
    if (text.empty())
      throw std::logic_error{"the parser has a bug"};  // ends the actor
    if (text.find_first_not_of("0123456789") != std::string::npos)
      return weir::make_error(weir::ec::failed, "no number: " + text);  // is an answer
    return std::stoi(text);
  }};
}

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();
  weir::pool<std::string, int> numbers{
      engine,
      weir::worker_from_actor<std::string, int>(engine, [](caf::actor_system& s) { return s.spawn(parser); },
                                                {.workers = 2}),
      {.parallelism = 2, .capacity = 8, .retry = {.losses = 3}}};

  std::vector<weir::ticket<int>> tickets;
  for (const auto* text : {"12", "", "twelve", "144"})
    tickets.push_back(std::move(*numbers.submit(ctx, text)));
  for (auto& t : tickets) {
    const auto o = t.get();
    std::cout << (o.result ? std::to_string(*o.result) : weir::text_of(o.result.error())) << ", attempt "
              << o.attempt << '\n';
  }
}
