#pragma once

/// Tasks that do several jobs together, because what they cost together is more than each of them costs: a
/// call of another process. A lane asks for a batch, adds jobs for as long as it takes them, runs it, and
/// has an outcome for each.

#include <weir/actors/clock.hpp>
#include <weir/actors/context.hpp>
#include <weir/actors/error.hpp>
#include <weir/actors/lane.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/invoke.hpp>

#include <caf/expected.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// A task with batches. `begin_batch` waits until it may have one of 1 to `most` jobs.
template <class F>
concept batch_task = requires(F& f, const context& ctx, std::uint64_t most) {
  { f.begin_batch(ctx, most) } -> std::same_as<caf::expected<typename F::batch>>;
};

/// What became of jobs that were done together with one that is to run again: their lane comes back to them
/// after that one has been put aside. Thread-safe; costs nothing where there are none.
template <class Result>
class results_ahead {
public:
  /// For want of memory it is forgotten: then the job runs once more.
  void keep(std::uint64_t i, caf::expected<Result> result) noexcept {
    const std::lock_guard guard{mutex_};
    try {
      all_.emplace(i, std::move(result));
      any_.store(true, std::memory_order_release);
    } catch (const std::bad_alloc&) {
      return;
    }
  }

  [[nodiscard]] std::optional<caf::expected<Result>> take(std::uint64_t i) noexcept {
    if (!any_.load(std::memory_order_acquire))
      return std::nullopt;
    const std::lock_guard guard{mutex_};
    auto found = all_.extract(i);
    any_.store(!all_.empty(), std::memory_order_release);
    return found ? std::optional{std::move(found.mapped())} : std::nullopt;
  }

private:
  sync::mutex mutex_;
  std::map<std::uint64_t, caf::expected<Result>> all_;
  std::atomic<bool> any_{false};
};

/// A task without batches needs no place for them.
struct no_results_ahead {};
template <class F, class Result>
using results_ahead_of = std::conditional_t<batch_task<F>, results_ahead<Result>, no_results_ahead>;

/// A batch, or why there is none.
template <batch_task F>
caf::expected<typename F::batch> begin_batch(F& f, const context& ctx, std::uint64_t most) noexcept {
  try {
    return f.begin_batch(ctx, most);
  } catch (...) {
    return make_error(std::current_exception());
  }
}

/// False if the batch has no room for job `i`, or if that can't be had, for `why`.
template <class Batch, class JobAt>
bool add(Batch& to, std::uint64_t i, JobAt& job_at, caf::error& why) noexcept {
  try {
    return to.add(job_at(i));
  } catch (...) {
    why = make_error(std::current_exception());
    return false;
  }
}

/// The loop of a block whose task has batches: runs job `first` and those after it. `job_at(i)` is a job,
/// `keep(i, result)` takes what became of it, false if it is to run again. Returns as `job_block::run` does.
template <class Result, batch_task F, class JobAt, class Keep>
std::uint64_t run_batches(F& f, std::uint64_t first, lane& on, results_ahead<Result>& ahead, JobAt job_at,
                          Keep keep) noexcept {
  on.charge(duration::zero(), 0);
  auto i = first;
  while (on.may_start(i)) {
    if (auto known = ahead.take(i)) {
      if (!keep(i, *known))
        return i;
      on.passed(i++);
      continue;
    }
    auto batch = begin_batch(f, on.ctx(), on.claimable(i));
    auto last = i;
    caf::error why;
    if (batch) {
      const auto claimed = on.claim(i, i + batch->limit());
      while (last < claimed && add(*batch, last, job_at, why))
        ++last;
      on.unclaim(last);
    } else {
      why = std::move(batch.error());
    }
    if (last == i) {
      caf::expected<Result> none{std::move(why)};
      if (!keep(i, none))
        return i;
      on.passed(i++);
      continue;
    }
    batch->run();
    if (const auto busy = batch->busy())
      on.charge(*busy, last - i);
    for (; i < last; on.passed(i++)) {
      auto result = batch->next();
      if (keep(i, result))
        continue;
      for (auto later = i + 1; later < last; ++later)
        ahead.keep(later, batch->next());
      return i;
    }
  }
  return i;
}

}  // namespace weir::detail
