// Several may know the answer: the first one counts and the others are canceled, with a cause that says so.
// Of a quorum so many must agree; it is given up as soon as too many have failed.

#include <weir/weir.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace {

caf::expected<std::string> ask(const weir::context& ctx, const std::string& server) {
  if (server == "down")
    return weir::make_error(weir::ec::failed, "no route to " + server);
  // A slow server answers only after a minute; but it looks at its context.
  if (server == "slow" && ctx.wait_for(std::chrono::minutes{1}))
    return ctx.error();
  return "the time is noon, says " + server;
}

}  // namespace

int main() {
  weir::engine engine;
  const auto ctx = weir::context::background();

  const std::vector<std::string> servers{"slow", "down", "near"};
  const auto first = weir::first_of(engine, ctx, servers, ask, {.parallelism = 3});
  if (first)
    std::cout << *first->result << " (number " << first->index << ")\n";

  const std::vector<std::string> cluster{"a", "b", "down"};
  const auto two = weir::quorum(2, engine, ctx, cluster, ask, {.parallelism = 3});
  if (two)
    std::cout << two->size() << " agree\n";

  const std::vector<std::string> broken{"down", "down", "slow"};
  const auto lost = weir::quorum(2, engine, ctx, broken, ask, {.parallelism = 1});
  if (!lost)
    std::cout << weir::describe(lost.error()) << '\n';
}
