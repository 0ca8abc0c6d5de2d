#include <weir/actors/supervisor.hpp>
#include <weir/runtime/parallel_map.hpp>

namespace weir::detail {

map_end run_block(engine& on, const context& ctx, std::shared_ptr<job_block> block, std::uint64_t n,
                  const map_options& options, bool sends_jobs) {
  station_options bounds;
  bounds.name = "parallel_map";
  bounds.capacity = n;
  bounds.halt = options.on_error;
  bounds.retry = options.retry;
  bounds.sends_jobs = sends_jobs;
  // The predicate stays the caller's, who waits for the end.
  if (options.retry_if)
    bounds.retry_if = [&worth_it = options.retry_if](const caf::error& e) { return worth_it(e); };
  const auto at = std::make_shared<station>(bounds, ctx);
  at->entrance().admit_all(n);
  at->offer({std::move(block), 0, n});
  at->close(make_error(ec::closed, "all jobs are known"));
  tree_plan plan;
  plan.stage = at;
  plan.parallelism =
      static_cast<std::size_t>(std::min<std::uint64_t>(options.parallelism, std::max<std::uint64_t>(n, 1)));
  const auto whole_end = plan.end;
  // Before there are workers, so that the wait that closes a cycle is one of theirs and not this.
  const wait_entry entry{{awaited::what_t::rest, at->id()}};
  // Its own thread would only wait: it is the first worker, and is there at once.
  at->expect_lane();
  const auto top = on.start(std::move(plan));
  on.lend_thread_to(*at);
  at->wait_for_rest();
  // The jobs use what is the caller's: if one was written off, its frames must not go before it.
  at->wait_for_lost_lanes();
  // The actors end by themselves, in the background. But they read the time meanwhile, and a clock of
  // the caller's may go as soon as this returns.
  if (&ctx.time() != &steady_clock())
    wait_for_end(*whole_end);
  else
    on.let_end(whole_end);
  return {at->root(), at->stopped_by(), at->look().books.completed == n};
}

}  // namespace weir::detail
