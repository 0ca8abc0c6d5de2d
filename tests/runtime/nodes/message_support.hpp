#pragma once

/// Messages of nodes and what is in them, in plain containers.

#include <weir/runtime/nodes/codec.hpp>
#include <weir/runtime/nodes/messages.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/error.hpp>

#include <string>
#include <vector>

namespace weir::test {

template <class T>
std::string encoded(const T& value) {
  std::string text;
  nodes::codec<T>::encode(value, text);
  return text;
}

struct end_of_job {
  caf::error why;
  std::string result;
};

inline std::string call_text(std::uint64_t id, const nodes::task_name& task,
                             const std::vector<std::string>& jobs, const std::string& settings = {},
                             std::optional<duration> time_left = {},
                             const std::optional<trace_context>& trace = {}) {
  nodes::call_writer to{id, task, settings, time_left, trace};
  for (const auto& job : jobs)
    to.add([&](std::string& out) { out += job; });
  return to.take();
}

inline std::string done_text(std::uint64_t id, const std::vector<end_of_job>& ends, duration busy = {}) {
  nodes::done_writer to{id, 0};
  for (const auto& end : ends)
    if (end.why)
      to.add(end.why);
    else
      to.add_result([&](std::string& out) { out += end.result; });
  return to.take(busy);
}

inline std::vector<std::string> jobs_of(const nodes::call_message& m) {
  std::vector<std::string> all;
  auto from = m.jobs.read();
  for (std::uint32_t i = 0; i < m.jobs.count(); ++i)
    all.emplace_back(from.text());
  BOOST_TEST(from.whole());
  return all;
}

inline std::vector<end_of_job> ends_of(const nodes::done_message& m) {
  std::vector<end_of_job> all;
  auto from = m.ends.read();
  for (std::uint32_t i = 0; i < m.ends.count(); ++i) {
    if (const auto result = nodes::read_result(from)) {
      all.push_back({{}, std::string{*result}});
      continue;
    }
    const auto why = nodes::read_failure(from);
    BOOST_TEST_REQUIRE(why.has_value());
    all.push_back({*why, {}});
  }
  BOOST_TEST(from.whole());
  return all;
}

}  // namespace weir::test
