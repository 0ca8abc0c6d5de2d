/// Families M, R and X: jobs that wait behind two workers which are held.
///   queue_bench memory WHO BYTES   prints what each of 1 Mi waiting jobs of 8 or 64 bytes takes beside those
///   queue_bench refuse WHO         prints the nanoseconds of an offer that is refused
///   queue_bench cancel WHO JOBS    prints the nanoseconds from the cancel until every outcome is there

#include <cstdlib>
#include <iostream>

#include "held.hpp"

namespace {

double run(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "refuse" && argc == 3)
    return bench::refusal(argv[2]);
  if (what == "memory" && argc == 4)
    return bench::memory(argv[2], std::strtoul(argv[3], nullptr, 10));
  if (what == "cancel" && argc == 4)
    return bench::cancel(argv[2], std::strtoul(argv[3], nullptr, 10));
  throw std::runtime_error{"usage: queue_bench memory WHO 8|64, refuse WHO or cancel WHO JOBS"};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::cout << run(argc, argv) << '\n';
    return 0;
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
