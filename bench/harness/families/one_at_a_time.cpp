#include "families.hpp"

namespace bench {

family one_at_a_time(const places& at) {
  const auto go = go_pool(at, "65536");
  const auto go_small = go_pool(at, "1024");
  const auto go_of_4 =
      printed_by(at, "Go worker pool, 65536, 4 submitting goroutines", "go_pool", {"-submitters=4"});
  const std::string one = "weir::stream to a callback, capacity 65536";
  const auto weir = [&](const std::string& name, const std::string& benchmark,
                        std::vector<target> targets = {}) {
    return in_process(at, name, "stream_bench", benchmark, std::move(targets));
  };
  const auto peer = [&](const std::string& name, const std::string& benchmark) {
    return in_process(at, name, "stream_peers", benchmark);
  };
  return {
      .id = "S",
      .title =
          "1 M trivial jobs submitted one at a time, by one thread if not said otherwise, outcomes in order",
      .contestants = {
          weir(one, "stream_to_callback/65536", {at_most(12), faster_than(go.name, 14)}),
          weir("weir::stream to a callback, capacity 8192", "stream_to_callback/8192", {at_most(20)}),
          weir("weir::stream to a callback, capacity 1024", "stream_to_callback/1024", {at_most(60)}),
          weir("weir::stream to an iterator, capacity 65536", "stream_to_iterator/65536",
               {at_most(12), faster_than(go.name, 14)}),
          weir("weir::stream to an iterator, capacity 8192", "stream_to_iterator/8192", {at_most(20)}),
          weir("weir::stream to an iterator, capacity 1024", "stream_to_iterator/1024", {at_most(60)}),
          weir("weir::stream, capacity 65536, 4 submitting threads", "stream_of_4_threads/65536",
               {faster_than(one, 1)}),
          weir("weir::stream, capacity 1024, 4 submitting threads", "stream_of_4_threads/1024"),
          weir("weir::pool, a ticket a job, capacity 65536", "pool_tickets/65536", {at_most(90)}),
          weir("weir::pool, a ticket a job, capacity 1024", "pool_tickets/1024"),
          go,
          go_small,
          go_of_4,
          printed_by(at, "Go errgroup with a limit of 2", "go_pool", {"-mode=errgroup"}),
          peer("Boost.Asio thread_pool and a semaphore of 65536", "asio_thread_pool"),
          peer("oneTBB task_group, not bounded", "tbb_task_group"),
          peer("oneTBB flow graph, limiter of 65536 and sequencer", "tbb_flow_graph"),
          peer("CAF, a message a job to 2 actors in turn", "caf_message_a_job/0"),
          peer("CAF, the same with the policy sharing", "caf_message_a_job/1"),
          peer("CAF actor_pool of 2", "caf_actor_pool/0"),
      }};
}

}  // namespace bench
