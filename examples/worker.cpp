/// A process that does jobs for boss.cpp, for as long as it is there, and for the next one. SIGTERM or
/// Ctrl-C: it finishes what it has and ends.

#include <weir/nodes.hpp>
#include <weir/weir.hpp>

#include <csignal>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

namespace {

std::uint64_t count_words(const std::string& line) {
  std::istringstream words{line};
  return static_cast<std::uint64_t>(
      std::distance(std::istream_iterator<std::string>{words}, std::istream_iterator<std::string>{}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 6) {
    std::cerr << "usage: worker NAME HOST:PORT [AUTHORITY CERTIFICATE KEY]\n";
    return 2;
  }
  // Before there are threads, which inherit it: else one of them would get the signal, and end the process.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  weir::nodes::node_options options;
  options.link.name = argv[1];  // one of its own: of two nodes of one name the later takes the other's place
  options.link.peers = {"boss"};
  options.coordinator = argv[2];
  if (argc == 6)
    options.link.tls = {argv[3], argv[4], argv[5]};
  weir::nodes::task_registry tasks;
  tasks.add<std::string>("count words", "1", count_words);

  weir::engine engine;
  auto node = weir::nodes::node::make(engine, options, std::move(tasks));
  if (!node) {
    std::cerr << weir::describe(node.error()) << '\n';
    return 1;
  }
  int number = 0;
  sigwait(&ends, &number);
  (*node)->leave("a signal came");
  (*node)->wait_until_left(weir::context::background());
}
