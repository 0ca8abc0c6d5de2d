// A caller's timeout around a call that can't be canceled: the caller has its answer at the deadline, and
// goes on; the call goes on too, holds its slot until it has really returned, and is not lost.

#include <weir/weir.hpp>

#include <chrono>
#include <iostream>
#include <latch>
#include <string>

int main() {
  using namespace std::chrono_literals;
  weir::engine engine;
  std::latch called{1};
  std::latch reply{1};

  // Knows nothing of contexts.
  const auto request = [&](const std::string& name) {
    called.count_down();
    reply.wait();
    return "hello, " + name;
  };
  weir::pool<std::string, std::string> requests{engine, request, {.parallelism = 1}};
  auto ticket = requests.try_submit("world");

  called.wait();

  const auto patience = weir::context::with_timeout(weir::context::background(), 20ms);
  const auto early = ticket->get(patience);
  std::cout << (early ? "answered" : weir::describe(early.error())) << '\n';
  const auto busy = requests.try_submit("somebody else");
  std::cout << "meanwhile: " << weir::name_of(weir::ec::overloaded) << ' '
            << (weir::is(busy.error(), weir::ec::overloaded) ? "yes" : "no") << ", running "
            << requests.stats().running << '\n';

  reply.count_down();
  std::cout << *ticket->get().result << '\n';

  // Who is canceled before the start is not called at all.
  const auto gone = weir::context::with_cancel(weir::context::background());
  gone.cancel("the client has hung up");
  const auto refused = requests.submit(gone, "nobody");
  std::cout << weir::describe(refused.error()) << '\n';
}
