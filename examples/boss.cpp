/// The side that has the work, as a program of its own: it has the words of lines counted by processes of
/// worker.cpp, which may come before or after it. See boss_and_worker.sh for how both are started.

#include <weir/nodes.hpp>
#include <weir/weir.hpp>

#include <chrono>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 2 && argc != 5) {
    std::cerr << "usage: boss HOST:PORT [AUTHORITY CERTIFICATE KEY]\n";
    return 2;
  }
  weir::link::link_options link;
  link.name = "boss";
  link.peers = {"*"};  // with TLS: each that has a certificate of the authority
  if (argc == 5)
    link.tls = {argv[2], argv[3], argv[4]};
  auto coordinator = weir::nodes::coordinator::make(link, argv[1]);
  if (!coordinator) {
    std::cerr << weir::describe(coordinator.error()) << '\n';
    return 1;
  }
  std::cerr << "port " << (*coordinator)->port() << std::endl;

  weir::engine engine;
  const std::vector<std::string> lines{"to be or not to be", "that is the question", ""};
  // Without workers it would wait for ever.
  const auto ctx = weir::context::with_timeout(weir::context::background(), 1min);
  const auto counts =
      weir::parallel_map(engine, ctx, lines,
                         weir::nodes::remote<std::string, std::uint64_t>(**coordinator, {"count words", "1"}),
                         {.parallelism = 4, .retry = {.losses = 10}});
  if (!counts) {
    std::cerr << weir::describe(counts.error()) << '\n';
    return 1;
  }
  std::cout << std::accumulate(counts->begin(), counts->end(), std::uint64_t{0}) << " words\n";
  for (const auto& n : (*coordinator)->nodes())
    std::cout << n.name << " did " << n.done << " jobs\n";
}
