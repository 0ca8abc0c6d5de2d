#pragma once

/// What flows are made of in tests: numbers, simple tasks, a sink that remembers.

#include <weir/runtime/engine.hpp>
#include <weir/runtime/flow_run.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "../support/event.hpp"
#include "../support/kept_clock.hpp"

namespace weir::test {

/// The numbers from 0; those of `unreadable` can't be read, and after `fails_at` comes an error.
struct numbers final : source {
  std::int64_t count;
  std::atomic<std::int64_t>* read = nullptr;
  std::optional<std::int64_t> fails_at;
  std::set<std::int64_t> unreadable;
  std::int64_t at = 0;

  explicit numbers(std::int64_t n, std::atomic<std::int64_t>* seen = nullptr) : count(n), read(seen) {}

  caf::expected<std::optional<item>> next(const context& ctx) override {
    if (fails_at && at == *fails_at)
      return make_error(ec::io, "the disk is on fire");
    if (at == count || ctx.canceled())
      return std::optional<item>{};
    if (read)
      ++*read;
    const auto n = at++;
    item made{n, "item " + std::to_string(n)};
    if (unreadable.contains(n))
      made.unreadable = make_error(ec::io, "permission denied");
    return std::optional{std::move(made)};
  }
  std::optional<std::uint64_t> size_hint() const override { return count; }
};

/// What a sink was given, kept beyond its life.
struct written {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::atomic<int> flushes = 0;
  std::atomic<int> finished = 0;
  std::atomic<int> finished_early = 0;
  std::function<caf::error()> on_put = [] { return caf::error{}; };
  std::function<void()> on_finish = [] {};

  std::size_t count() {
    std::lock_guard guard{mutex};
    return lines.size();
  }
};

struct memory_sink final : sink {
  std::shared_ptr<written> to;
  explicit memory_sink(std::shared_ptr<written> w) : to(std::move(w)) {}

  caf::error keep(std::string line) {
    if (auto e = to->on_put())
      return e;
    std::lock_guard guard{to->mutex};
    to->lines.push_back(std::move(line));
    return {};
  }
  caf::error put(const completed_item& d) override {
    return keep(to_text(d.from.input) + "=" + to_text(d.result.fields.front().content));
  }
  caf::error put(const failed_item& f) override { return keep(f.from.name + "!" + text_of(f.reason)); }
  caf::error flush() override {
    ++to->flushes;
    return {};
  }
  caf::error finish() override {
    to->on_finish();
    ++to->finished;
    return {};
  }
  caf::error finish_early() override {
    to->on_finish();
    ++to->finished_early;
    return {};
  }
};

inline record of(std::int64_t n) {
  return {{{"n", n}}};
}

inline std::int64_t number(const item& i) {
  return std::get<std::int64_t>(i.input);
}

inline caf::expected<record> twice(const context&, const item& i) {
  return of(2 * number(i));
}

inline stage_plan stage(std::string name, task_function f, std::size_t parallelism = 2,
                        std::size_t capacity = 8) {
  return {std::move(name), std::move(f), parallelism, capacity, order::input};
}

struct fixture {
  engine on;
  std::shared_ptr<written> out = std::make_shared<written>();
  context ctx = context::with_cancel(context::background());

  flow_plan plan(std::unique_ptr<source> from, std::vector<stage_plan> stages) {
    flow_plan p;
    p.name = "test";
    p.sources.push_back({"numbers", std::move(from)});
    p.stages = std::move(stages);
    p.sinks.push_back({"memory", std::make_unique<memory_sink>(out)});
    return p;
  }
};

template <class... Ts>
std::vector<stage_plan> stages(Ts... s) {
  std::vector<stage_plan> all;
  (all.push_back(std::move(s)), ...);
  return all;
}

/// Advances the clock, a step at a time, until the run has ended.
inline flow_summary advance_to_end(manual_clock& clock, flow_run& run, duration step, int steps_max = 1000) {
  for (int i = 0; i < steps_max && !run.wait_for(std::chrono::milliseconds{1}); ++i)
    clock.advance(step);
  return run.wait();
}

}  // namespace weir::test
