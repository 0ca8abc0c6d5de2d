#include "families.hpp"

namespace bench {

family keyed(const places& at) {
  const auto in_keyed_bench = [&](const std::string& name, const std::string& benchmark) {
    return in_process(at, name, "keyed_bench", benchmark);
  };
  return {.id = "K",
          .title = "1 M trivial jobs of 1,000 keys submitted one at a time, in order by key",
          .contestants = {
              in_keyed_bench("weir::stream of a keyed task, capacity 65536", "weir_keyed_stream/65536"),
              in_keyed_bench("weir::stream of a keyed task, capacity 1024", "weir_keyed_stream/1024"),
              in_keyed_bench("Boost.Asio, a strand a key, semaphore of 65536", "asio_strands"),
              printed_by(at, "Go, a channel a worker, chosen by the key", "go_keyed", {}),
              in_keyed_bench("2 plain threads with queues, chosen by the key", "threads_by_hash"),
          }};
}

}  // namespace bench
