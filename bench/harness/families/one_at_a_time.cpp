#include "families.hpp"

namespace bench {

family one_at_a_time(const places& at) {
  const auto go = go_pool(at, "65536");
  const auto go_small = go_pool(at, "1024");
  return {
      .id = "S",
      .title = "1 M trivial jobs submitted one at a time by one thread, outcomes in order",
      .contestants = {
          in_process(at, "weir::stream to a callback, capacity 65536", "stream_bench",
                     "stream_to_callback/65536", {at_most(12), faster_than(go.name, 14)}),
          in_process(at, "weir::stream to a callback, capacity 8192", "stream_bench",
                     "stream_to_callback/8192", {at_most(20)}),
          in_process(at, "weir::stream to a callback, capacity 1024", "stream_bench",
                     "stream_to_callback/1024", {at_most(60)}),
          in_process(at, "weir::stream to an iterator, capacity 65536", "stream_bench",
                     "stream_to_iterator/65536", {at_most(12), faster_than(go.name, 14)}),
          in_process(at, "weir::stream to an iterator, capacity 1024", "stream_bench",
                     "stream_to_iterator/1024", {at_most(60)}),
          in_process(at, "weir::pool, a ticket a job, capacity 65536", "stream_bench", "pool_tickets/65536",
                     {at_most(90)}),
          in_process(at, "weir::pool, a ticket a job, capacity 1024", "stream_bench", "pool_tickets/1024"),
          go,
          go_small,
      }};
}

}  // namespace bench
