#pragma once

/// Short ways to run commands in a test.

#include <weir/actors/error.hpp>
#include <weir/runtime/tasks/process.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/wait.h>

namespace weir_test {

inline weir::process_spec command(std::vector<std::string> argv) {
  weir::process_spec spec;
  spec.argv = std::move(argv);
  return spec;
}

inline weir::process_spec script(const std::string& text) {
  return command({"/bin/sh", "-c", text});
}

/// The result of a command that can be started.
inline weir::process_result run(const weir::process_spec& spec) {
  auto result = weir::run_process(weir::context::background(), spec);
  if (!result)
    BOOST_FAIL(weir::text_of(result.error()));
  return std::move(*result);
}

/// The text of the failure of a command that can't be started.
inline std::string refusal(const weir::process_spec& spec) {
  const auto result = weir::run_process(weir::context::background(), spec);
  if (result)
    BOOST_FAIL("it was started");
  BOOST_TEST(weir::is(result.error(), weir::ec::failed));
  return weir::text_of(result.error());
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// How many entries the folder `path` has.
inline long entries_of(const char* path) {
  return std::distance(std::filesystem::directory_iterator{path}, {});
}

/// True if this process has no child, living or dead.
inline bool childless() {
  return ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

}  // namespace weir_test
