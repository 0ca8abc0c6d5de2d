// The worker pool of the books: 20 pretended files, 4 workers, every 7th file fails; all results, then all
// errors.

#include <weir/weir.hpp>

#include <chrono>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// The size of the file.
int process_file(int id) {
  std::this_thread::sleep_for(std::chrono::milliseconds{2 + id % 3});
  if (id % 7 == 0)
    throw std::runtime_error{"failed to process file " + std::to_string(id)};
  return 10 * id;
}

}  // namespace

int main() {
  weir::engine engine;
  std::vector<int> files(20);
  std::iota(files.begin(), files.end(), 1);

  std::cout << "Starting 4 workers...\n";
  const auto outcomes = weir::parallel_outcomes(engine, weir::context::background(), files, process_file,
                                                {.parallelism = 4, .on_error = weir::policy::collect});
  int total = 0;
  std::vector<std::string> errors;
  for (const auto& o : *outcomes)
    if (o.result) {
      std::cout << "file " << files[o.index] << ": " << *o.result << " bytes\n";
      total += *o.result;
    } else {
      errors.push_back(weir::text_of(o.result.error()));
    }

  std::cout << "\n=== Processing Complete ===\n"
            << "files processed: " << files.size() - errors.size() << '\n'
            << "total size: " << total << " bytes\n"
            << "errors: " << errors.size() << '\n';
  for (const auto& e : errors)
    std::cout << "  - " << e << '\n';
}
