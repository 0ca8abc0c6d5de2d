// Runs commands of all kinds at once, over and over, until it is killed: the parent that the test of the
// guardian takes away. Prints "started" once the first of each kind runs.

#include <weir/runtime/tasks/process.hpp>

#include <array>
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

// Shells with children in the background, children that leave the group, and theirs; and a short one,
// so that there is always a start under way.
constexpr std::array scripts{
    "sleep 1000",
    "trap '' TERM HUP; sleep 1000 & sleep 1000 & wait",
    "setsid sleep 1000 & sleep 1000",
    "setsid sh -c 'sleep 1000 & setsid sh -c \"sleep 1000 & sleep 1000\" & sleep 1000' & sleep 1000",
    "setsid sh -c 'while :; do setsid sleep 0.01; done' & sleep 1000",
    "while :; do setsid sleep 0.02 & sleep 0.01; done",
    "setsid setsid setsid sleep 1000",
    // Always between two programs, when a process shows no environment.
    "export AGAIN='exec sh -c \"$AGAIN\"'; setsid sh -c \"$AGAIN\" & sleep 1000",
    "true",
};

}  // namespace

int main() {
  std::atomic<unsigned> started{0};
  std::vector<std::thread> all;
  for (const auto* script : scripts)
    all.emplace_back([script, &started] {
      for (bool first = true;; first = false) {
        weir::process_spec spec;
        spec.argv = {"/bin/sh", "-c", script};
        // Most of them are ended and started anew a few times a second.
        spec.timeout = std::chrono::milliseconds{300};
        spec.grace = std::chrono::milliseconds{10};
        if (first && ++started == scripts.size()) {
          std::puts("started");
          std::fflush(stdout);
        }
        static_cast<void>(weir::run_process(weir::context::background(), spec));
      }
    });
  for (auto& thread : all)
    thread.join();
}
