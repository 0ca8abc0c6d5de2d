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

contestant printed_by(const places& at, std::string name, const std::string& program,
                      std::vector<std::string> arguments, std::vector<target> targets) {
  arguments.insert(arguments.begin(), at.programs + "/" + program);
  return {std::move(name), {std::move(arguments)}, figure::printed, trivial_jobs, std::move(targets)};
}

contestant go_pool(const places& at, const std::string& capacity) {
  return printed_by(at, "Go worker pool, buffered channels, " + capacity, "go_pool",
                    {"-capacity=" + capacity});
}

}  // namespace bench
