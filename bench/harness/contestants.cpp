#include "contestants.hpp"

namespace bench {

contestant in_process(const places& at, std::string name, const std::string& program,
                      const std::string& benchmark, std::vector<target> targets) {
  return {std::move(name),
          {{at.programs + "/" + program, "--benchmark_filter=^" + benchmark + "/", "--benchmark_format=json",
            "--benchmark_min_time=0.3"}},
          figure::google_benchmark,
          trivial_jobs,
          std::move(targets)};
}

contestant go_pool(const places& at, const std::string& capacity) {
  return {"Go worker pool, buffered channels, " + capacity,
          {{at.programs + "/go_pool", "-workers=2", "-runs=2", "-capacity=" + capacity,
            "-jobs=" + std::to_string(trivial_jobs)}},
          figure::printed,
          trivial_jobs,
          {}};
}

}  // namespace bench
