#pragma once

/// What a pool or a stream has to stand in a simulation: bursts over its capacity, jobs that fail, throw,
/// hang and go on for too long, cancels, drains, resizes and killed actors, at any moment and in any order;
/// and what must hold all the while.

#include <weir/actors/observer.hpp>
#include <weir/runtime/engine.hpp>
#include <weir/runtime/outcome.hpp>
#include <weir/runtime/testing/explore.hpp>

#include <caf/send.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace ordeal {

using weir::testing::world;
using namespace std::chrono_literals;

/// By what a run is judged. It outlives the stage: jobs that were written off still use it.
struct ledger {
  struct job {
    unsigned starts = 0;
    unsigned inside = 0;
    unsigned outcomes = 0;
  };
  std::map<int, job> jobs;
  /// Of those that belong together where the stage is keyed; none: it is not.
  std::function<int(int)> key_of = {};
  struct line {
    unsigned inside = 0;
    int last = 0;
  };
  std::map<int, line> lines;
  std::size_t inside = 0;
  std::uint64_t moves = 0;  // starts and ends of attempts
  std::size_t parallelism_max = 0;
  std::size_t capacity_max = 0;
  unsigned attempts_max = 1;
  bool ended = false;     // by a cancel that has returned
  bool at_rest = false;   // as an observer was told, or a drain that has returned
  bool may_lose = false;  // a receiver may have gone before all outcomes were there
  bool over = false;      // whoever hangs lets go
  std::set<int> refused = {};
  std::uint64_t offered = 0;
  std::uint64_t admitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t canceled = 0;
};

/// Looks on, and knows what an observer may expect.
class onlooker final : public weir::observer,
                       public weir::station_observer,
                       public std::enable_shared_from_this<onlooker> {
public:
  onlooker(world& w, std::shared_ptr<ledger> b) : world_(w), books_(std::move(b)) {}

  std::shared_ptr<weir::station_observer> watch(const std::string& /*stage*/,
                                                weir::time_point /*at*/) override {
    return shared_from_this();
  }
  std::shared_ptr<weir::observer> of_jobs() override { return nullptr; }
  void begins(const weir::attempt& /*a*/) noexcept override { weir::sync::interleave(); }
  void ends(const weir::attempt& /*a*/, const weir::attempt_end& /*end*/) noexcept override {
    weir::sync::interleave();
  }
  void ends(const weir::job_end& job) noexcept override {
    weir::sync::interleave();
    world_.check(!at_rest_, "an observer is told that a job ends after the rest");
    world_.check(told_.insert(job.index).second, "an observer is told twice that a job ends");
  }
  void at_rest(const weir::policy::books& all, const weir::cause* /*why*/,
               weir::time_point /*at*/) noexcept override {
    weir::sync::interleave();
    world_.check(!std::exchange(at_rest_, true), "an observer is told of a second rest");
    world_.check(told_.size() == all.admitted, "an observer is told of the rest before each job has ended");
    books_->at_rest = true;
  }

private:
  world& world_;
  std::shared_ptr<ledger> books_;
  std::set<std::uint64_t> told_;
  bool at_rest_ = false;
};

/// What the stage runs within: sometimes somebody looks on.
inline weir::context surroundings(world& w, const std::shared_ptr<ledger>& b) {
  auto ctx = weir::context::with_cancel(weir::context::background());
  return w.one_in(3) ? weir::context::with_observer(ctx, std::make_shared<onlooker>(w, b)) : ctx;
}

/// Options of a pool or stream, by chance.
template <class Options>
Options options(world& w, ledger& b) {
  Options o;
  o.parallelism = 1 + w.choose(3);
  // Where it is larger, jobs go to the lanes several at a time.
  o.capacity = w.one_in(3) ? 16 : o.parallelism + w.choose(3);
  const std::array rules{weir::policy::collect, weir::policy::fail_fast,
                         *weir::policy::halt_rule::parse("soon,fail=2"),
                         *weir::policy::halt_rule::parse("now,done=3")};
  o.on_error = rules[w.choose(rules.size())];
  o.shutdown_budget = 400ms;
  o.retry.attempts = 1 + static_cast<unsigned>(w.choose(3));
  o.retry.backoff = 10ms;
  o.retry.jitter = 0;
  o.retry.losses = 2;
  if (w.one_in(3)) {
    o.timeouts.run = 30ms;
    o.timeouts.grace = 20ms;
    o.timeouts.abandoned_max = 1 + w.choose(2);
  }
  if (w.one_in(4))
    o.timeouts.queue = 25ms;
  if (w.one_in(4)) {
    w.let_threads_fail();
    b.may_lose = true;
  }
  b.parallelism_max = o.parallelism;
  b.capacity_max = o.capacity;
  b.attempts_max = o.retry.attempts + o.retry.losses - 1;
  w.note("attempts: " + std::to_string(o.retry.attempts) + ", rule: " + to_string(o.on_error));
  return o;
}

/// The task. `look` gives the stage's figures.
template <class Look>
int work(world& w, ledger& b, const Look& look, const weir::context& ctx, int x) {
  auto& job = b.jobs[x];
  w.check(job.outcomes == 0, "a job starts that has its outcome");
  w.check(++job.starts <= b.attempts_max, "more attempts of a job than are allowed");
  w.check(++job.inside == 1, "two attempts of a job at once");
  ++b.inside;
  w.check(!b.ended, "a job starts after the end");
  w.check(!b.at_rest, "a job starts after the rest");
  ++b.moves;
  const auto now = [&] {
    for (;;) {
      // Others may have begun and ended since the figures were taken.
      const auto before = b.moves;
      const auto seen = look();
      if (b.moves == before)
        return seen;
    }
  }();
  w.check(b.inside <= now.used + now.abandoned, "a job that runs has no slot");
  const auto keeps_line = [&] {
    if (!b.key_of)
      return std::shared_ptr<void>{};
    auto& line = b.lines[b.key_of(x)];
    w.check(x >= line.last, "a job starts before an earlier one of its key");
    w.check(++line.inside == 1 || now.abandoned > 0, "two jobs of a key at once");
    line.last = x;
    return std::shared_ptr<void>{nullptr, [&line](void*) { --line.inside; }};
  }();
  const auto excess = b.inside - std::min(b.inside, b.parallelism_max);
  w.check(excess == 0 || excess <= now.abandoned, "more jobs at once than the parallelism");
  struct leave {
    ledger& books;
    ledger::job& own;
    ~leave() { --books.inside, --own.inside, ++books.moves; }
  } const at_end{b, job};
  const auto how = w.choose(9);
  if (w.tells())
    w.note("attempt " + std::to_string(job.starts) + " of job " + std::to_string(x) + " begins, of kind " +
           std::to_string(how));
  switch (how) {
    case 1:
      w.sleep(1ms);
      break;
    case 2:
      w.sleep(15ms);
      break;
    case 3:
      throw std::runtime_error{"thrown"};
    case 4:
      throw weir::thrown_error{weir::make_error(weir::ec::failed, "failed")};
    case 5:
      if (ctx.wait_for(100ms))
        throw weir::thrown_error{ctx.error()};
      break;
    case 6:
      w.sleep(70ms);
      break;
    case 7:
      for (int i = 0; !b.over && i < 60; ++i)
        w.sleep(50ms);
      break;
    case 8:
      throw weir::thrown_error{weir::make_error(weir::ec::worker_lost, "lost")};
    default:
      break;
  }
  return x * x;
}

/// Counts an outcome, which must be that of job `x`.
inline void count(world& w, ledger& b, const weir::outcome<int>& o, int x) {
  auto& job = b.jobs[x];
  w.check(++job.outcomes == 1, "a second outcome of a job");
  switch (o.kind) {
    case weir::outcome_kind::completed:
      ++b.completed;
      w.check(*o.result == x * x, "the result of another job");
      w.check(job.starts > 0, "completed without a start");
      break;
    case weir::outcome_kind::failed:
      ++b.failed;
      w.check(!weir::is(o.result.error(), weir::ec::worker_lost), "a job failed that should have run again");
      break;
    case weir::outcome_kind::canceled:
      ++b.canceled;
      w.check(static_cast<bool>(o.result.error()), "canceled without a cause");
      break;
  }
}

/// Says that a job was refused: it must never run.
inline void refuse(ledger& b, int x) {
  b.refused.insert(x);
}

inline void kill_an_actor(world& w) {
  auto all = w.actors();
  std::erase_if(all, [](const auto& a) { return a.name.rfind("weir.", 0) != 0; });
  if (all.empty())
    return;
  const auto& one = all[w.choose(all.size())];
  w.note("kills " + one.name);
  caf::anon_send_exit(caf::actor_cast<caf::actor>(one.handle), caf::exit_reason::kill);
}

/// A cancel has returned. If there was another one before, that may still be on its way.
template <class Stage>
void note_end(ledger& b, const Stage& stage, const char* why) {
  const auto is = stage.stopped_by();
  b.ended |= is && is->why == why;
}

template <class Stage>
void disturb(world& w, ledger& b, Stage& stage, const weir::context& above) {
  for (auto times = w.choose(4); times > 0; --times) {
    w.sleep(std::chrono::milliseconds{w.choose(40)});
    switch (w.choose(7)) {
      case 1:
        w.note("cancels");
        stage.cancel("disturbed");
        note_end(b, stage, "disturbed");
        break;
      case 2: {
        const auto parallelism = 1 + w.choose(4);
        const auto capacity = parallelism + w.choose(3);
        w.note("resizes to " + std::to_string(parallelism));
        b.parallelism_max = std::max<std::size_t>(b.parallelism_max, parallelism);
        b.capacity_max = std::max<std::size_t>(b.capacity_max, capacity);
        static_cast<void>(stage.resize(parallelism, capacity));
        break;
      }
      case 3: {
        const auto budget = std::chrono::milliseconds{w.choose(3) * 60};
        w.note("drains within " + std::to_string(budget.count()) + " ms");
        const auto begin = w.now();
        b.may_lose = true;
        static_cast<void>(stage.drain(budget));
        b.at_rest = true;
        // The clock may have jumped where a thread was held up.
        w.check(w.now() - begin <= budget + 300ms, "a drain that takes longer than its budget");
        break;
      }
      case 4:
        b.may_lose = true;
        kill_an_actor(w);
        break;
      case 6:
        w.note("cancels what it is within");
        above.cancel("disturbed from above");
        note_end(b, stage, "disturbed from above");
        break;
      case 5:
        stage.close();
        break;
      default:
        break;
    }
    const auto s = stage.stats();
    w.check(s.used <= b.capacity_max + s.canceling, "more slots are taken than there are");
  }
}

/// At the end, when each outcome has been counted.
inline void settle(world& w, const ledger& b, const weir::policy::books& f) {
  for (const auto x : b.refused)
    w.check(!b.jobs.contains(x) || b.jobs.at(x).starts == 0, "a job runs that was refused");
  w.check(f.balanced(), "the books do not balance");
  w.check(f.offered == b.offered && f.admitted == b.admitted, "offers are not counted right");
  w.check(f.completed == b.completed && f.failed == b.failed && f.canceled == b.canceled,
          "outcomes are not counted right: the books have " + std::to_string(f.completed) + ", " +
              std::to_string(f.failed) + ", " + std::to_string(f.canceled) + ", those who took them " +
              std::to_string(b.completed) + ", " + std::to_string(b.failed) + ", " +
              std::to_string(b.canceled));
}

}  // namespace ordeal
