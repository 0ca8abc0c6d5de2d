// A context carries a cancel, its cause and a deadline down a tree: from the application to every job,
// and to std::stop_token where other code wants that. Whoever is canceled can say why.

#include <weir/weir.hpp>

#include <condition_variable>
#include <iostream>
#include <mutex>
#include <ranges>

namespace {

using namespace std::chrono_literals;

/// A job that would take an hour, if nobody stopped it. It waits for its context.
caf::expected<int> long_job(const weir::context& ctx, int i) {
  if (ctx.wait_for(1h))
    return ctx.error();
  return i;
}

/// The same with the standard library's means: the context gives a std::stop_token.
caf::expected<int> long_job_with_token(const weir::context& ctx, int i) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, ctx.token(), 1h, [] { return false; });
  return ctx.canceled() ? caf::expected<int>{ctx.error()} : i;
}

void print(const char* what, const caf::expected<std::vector<int>>& result) {
  std::cout << what << ": " << (result ? "done" : weir::describe(result.error())) << '\n';
}

}  // namespace

int main() {
  weir::engine engine;
  const auto jobs = std::views::iota(0, 1000);

  const auto limited = weir::context::with_timeout(weir::context::background(), 20ms);
  print("deadline", weir::parallel_map(engine, limited, jobs, long_job));

  std::stop_source application;
  const auto stoppable = weir::context::with_token(weir::context::background(), application.get_token());
  std::jthread user{[&] { application.request_stop(); }};
  print("stop token", weir::parallel_map(engine, stoppable, jobs, long_job_with_token));

  // Canceling the parent reaches the pools below it; the cause is in every outcome.
  const auto request = weir::context::with_cancel(weir::context::background());
  weir::pool<int, int> pool{engine, long_job, {.parallelism = 2, .capacity = 100}, request};
  auto running = pool.try_submit(1);
  auto queued = pool.try_submit(2);
  request.cancel({weir::ec::canceled, "http", "the client hung up"});
  std::cout << "running: " << weir::describe(running->get().result.error()) << '\n'
            << "queued: " << weir::describe(queued->get().result.error()) << '\n'
            << "too late: " << weir::describe(pool.try_submit(3).error()) << '\n';
}
