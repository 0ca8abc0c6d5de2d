#pragma once

/// Flows of several sources, branches and sinks, for tests.

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow_support.hpp"

namespace weir::test {

using nodes = std::vector<std::size_t>;

/// The numbers from 0, once the event is open.
struct gated_numbers final : source {
  numbers from;
  std::shared_ptr<event> shut;
  gated_numbers(std::int64_t n, std::shared_ptr<event> g) : from(n), shut(std::move(g)) {}
  caf::expected<std::optional<item>> next(const context& ctx) override {
    shut->wait();
    return from.next(ctx);
  }
};

inline caf::expected<record> same(const context&, const item& i) {
  return of(number(i));
}

inline caf::expected<record> fails(const context&, const item&) {
  return make_error(ec::failed, "broken");
}

inline task_function behind(const std::shared_ptr<event>& shut) {
  return [shut](const context& c, const item& i) {
    shut->wait();
    return same(c, i);
  };
}

inline caf::expected<record> until_canceled(const context& c, const item&) {
  static_cast<void>(c.wait_for(std::chrono::hours{10}));
  return c.error();
}

inline stage_plan from(nodes up, stage_plan s) {
  s.from = std::move(up);
  return s;
}

inline stage_plan balanced(stage_plan s) {
  s.fan_out = fan_out::balance;
  return s;
}

/// Flows are built from parts; the numbers of `from` are as in flow.hpp.
struct graphs : fixture {
  flow_plan p;

  graphs() { p.name = "graph"; }

  void add(std::unique_ptr<source> s) {
    p.sources.push_back({"source " + std::to_string(p.sources.size()), std::move(s)});
  }
  void add(stage_plan s) { p.stages.push_back(std::move(s)); }
  std::shared_ptr<written> add_sink(nodes up) {
    auto to = std::make_shared<written>();
    p.sinks.push_back(
        {"sink " + std::to_string(p.sinks.size()), std::make_unique<memory_sink>(to), std::move(up)});
    return to;
  }

  /// A source of `n` numbers, broadcast to two stages with a sink each.
  void two_branches(std::int64_t n, task_function first, task_function second) {
    add(std::make_unique<numbers>(n));
    add(from({0}, stage("first", std::move(first))));
    add(from({0}, stage("second", std::move(second))));
    one = add_sink({1});
    two = add_sink({2});
  }

  /// As above, but each number goes to one stage only.
  void two_shares(std::int64_t n, task_function first, task_function second) {
    two_branches(n, std::move(first), std::move(second));
    p.sources[0].fan_out = fan_out::balance;
  }

  flow_summary run() { return run_flow(on, ctx, std::move(p)); }

  template <class Condition>
  static void until(const flow_run& run, Condition holds) {
    while (!holds())
      static_cast<void>(run.wait_for(std::chrono::milliseconds{1}));
  }

  std::shared_ptr<written> one, two;
};

inline std::vector<std::string> lines(std::int64_t n, const std::string& each = "") {
  std::vector<std::string> all;
  for (std::int64_t i = 0; i < n; ++i)
    all.push_back(each.empty() ? std::to_string(i) + "=" + std::to_string(i)
                               : "item " + std::to_string(i) + each);
  return all;
}

inline std::vector<std::string> sorted(std::vector<std::string> all) {
  std::sort(all.begin(), all.end());
  return all;
}

inline std::vector<std::string> both(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  return sorted(all);
}

}  // namespace weir::test
