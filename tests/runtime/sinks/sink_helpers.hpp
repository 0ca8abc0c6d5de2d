#pragma once

/// Drives a sink of Weir's as a flow would.

#include <weir/actors/error.hpp>
#include <weir/runtime/kinds.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <utility>

namespace weir_test {

inline caf::expected<std::unique_ptr<weir::sink>> make(const weir::sink_kind& kind, std::string path) {
  weir::settings all;
  for (const auto& spec : kind.accepts)
    all.set(spec.name, spec.fallback);
  all.set("path", std::move(path));
  return kind.make(all);
}

inline std::unique_ptr<weir::sink> made(const weir::sink_kind& kind, std::string path) {
  auto sink = make(kind, std::move(path));
  BOOST_REQUIRE_MESSAGE(sink, (sink ? std::string{} : weir::text_of(sink.error())));
  return std::move(*sink);
}

inline caf::error put(weir::sink& to, std::uint64_t index, const std::string& name,
                      const weir::record& result, double run_seconds = 0.5) {
  const weir::item from{name, name};
  return to.put(weir::completed_item{index, from, result, 1, 0, run_seconds});
}

inline caf::error fail(weir::sink& to, std::uint64_t index, const std::string& name,
                       const caf::error& reason) {
  const weir::item from{name, name};
  return to.put(weir::failed_item{index, from, reason, 1, 0, 0.25});
}

/// No error, or the test says which.
#define REQUIRE_FINE(CALL)                                                  \
  do {                                                                      \
    const caf::error result_of_call = CALL;                                 \
    BOOST_REQUIRE_MESSAGE(!result_of_call, weir::describe(result_of_call)); \
  } while (false)

}  // namespace weir_test
