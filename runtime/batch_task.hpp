#pragma once

/// Tasks that do several jobs together, because what they cost together is more than each of them costs: a
/// call of another process. A lane asks for a batch, adds jobs for as long as it takes them, runs it, and
/// has an outcome for each.

#include <weir/actors/clock.hpp>
#include <weir/actors/context.hpp>
#include <weir/actors/error.hpp>
#include <weir/actors/lane.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/batch_wish.hpp>
#include <weir/runtime/invoke.hpp>
#include <weir/runtime/stage_hooks.hpp>

#include <caf/expected.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// A task with batches, whose `run` and `busy` do not throw. `begin_batch` waits until it may have one of
/// some jobs, from 1. After a job that was not added to it comes no other.
template <class F>
concept batch_task = requires(F& f, const context& ctx, const batch_wish& wish) {
  { f.begin_batch(ctx, wish) } -> std::same_as<caf::expected<typename F::batch>>;
};

/// What is remembered of batches that have run: what became of jobs that were done together with one that is
/// to run again, as their lane comes back to them after that one has been put aside; and where that one was.
/// Thread-safe; costs nothing where there is nothing to remember.
template <class Result>
class batch_memory {
public:
  struct known {
    caf::expected<Result> result;
    std::string place;
  };

  /// A place for the result of job `i`, which nobody asks for before it was put there. Null for want of
  /// memory: then the job runs once more.
  [[nodiscard]] known* place_for(std::uint64_t i, const std::string& at) noexcept {
    return keep(results_, i, caf::expected<Result>{caf::error{}}, at);
  }

  [[nodiscard]] std::optional<known> take_result(std::uint64_t i) noexcept { return take(i, results_); }

  /// For want of memory it is forgotten: then the job may come to the same place again.
  void keep_place(std::uint64_t i, const std::string& place) noexcept {
    static_cast<void>(keep(places_, i, place));
    // Jobs that were canceled are not asked for any more.
    const std::lock_guard guard{mutex_};
    if (places_.size() > places_max)
      places_.erase(places_.begin());
  }

  /// Empty: it was nowhere.
  [[nodiscard]] std::string take_place(std::uint64_t i) noexcept {
    return take(i, places_).value_or(std::string{});
  }

private:
  template <class T>
  using by_job = std::map<std::uint64_t, T>;

  template <class T, class... Parts>
  T* keep(by_job<T>& in, std::uint64_t i, Parts&&... parts) noexcept {
    const std::lock_guard guard{mutex_};
    try {
      const auto kept = in.insert_or_assign(i, T{std::forward<Parts>(parts)...}).first;
      any_.store(true, std::memory_order_release);
      return &kept->second;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  template <class T>
  [[nodiscard]] std::optional<T> take(std::uint64_t i, by_job<T>& from) noexcept {
    if (!any_.load(std::memory_order_acquire))
      return std::nullopt;
    const std::lock_guard guard{mutex_};
    auto found = from.extract(i);
    any_.store(!results_.empty() || !places_.empty(), std::memory_order_release);
    return found ? std::optional{std::move(found.mapped())} : std::nullopt;
  }

  static constexpr std::size_t places_max = 1'000;

  sync::mutex mutex_;
  by_job<known> results_;
  by_job<std::string> places_;
  std::atomic<bool> any_{false};
};

/// A task without batches needs no place for it.
struct no_batch_memory {};
template <class F, class Result>
using batch_memory_of = std::conditional_t<batch_task<F>, batch_memory<Result>, no_batch_memory>;

/// A batch, or why there is none.
template <batch_task F>
caf::expected<typename F::batch> begin_batch(F& f, const context& ctx, const batch_wish& wish) noexcept {
  try {
    return f.begin_batch(ctx, wish);
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

/// One job in a batch of its own. Throws what the task throws.
template <batch_task F, class Job>
auto run_alone(F& f, const context& ctx, Job& job) -> decltype(std::declval<typename F::batch&>().next()) {
  auto alone = f.begin_batch(ctx, {});
  if (!alone)
    return std::move(alone.error());
  static_cast<void>(alone->add(job));
  alone->run();
  return alone->next();
}

/// What became of the next job of a batch.
template <class Result, class Batch>
caf::expected<Result> next_of(Batch& from) noexcept {
  try {
    return from.next();
  } catch (...) {
    return make_error(std::current_exception());
  }
}

/// The loop of a block whose task has batches: runs job `first` and those after it. `job_at(i)` is a job,
/// `keep(i, result)` takes what became of it, false if it is to run again. Returns as `job_block::run` does.
template <class Result, batch_task F, class JobAt, class Keep>
std::uint64_t run_batches(F& f, std::uint64_t first, lane& on, batch_memory<Result>& memory, JobAt job_at,
                          Keep keep) noexcept {
  on.charge(duration::zero(), 0);
  auto i = first;
  while (on.may_start(i)) {
    if (!lets_start(f))
      break;
    if (auto known = memory.take_result(i)) {
      if (!keep(i, known->result)) {
        memory.keep_place(i, known->place);
        return i;
      }
      on.passed(i++);
      continue;
    }
    if constexpr (does_some_alone<F, std::remove_cvref_t<decltype(job_at(i))>>)
      if (auto& job = job_at(i); f.does_alone(job)) {
        auto result = run_task(f, on.ctx(), job);
        if (!keep(i, result))
          return i;
        on.passed(i++);
        continue;
      }
    auto batch = begin_batch(f, on.ctx(), {on.claimable(i), memory.take_place(i), on.starts()});
    // While it waited the stage may have been stopped.
    if (batch ? !lets_start(f) : on.starts().canceled() && !on.ctx().canceled())
      break;
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
      auto result = next_of<Result>(*batch);
      if (keep(i, result))
        continue;
      memory.keep_place(i, batch->place());
      // What a job comes to may be made of the job itself: first there is a place for it.
      for (auto later = i + 1; later < last; ++later) {
        auto* const known = memory.place_for(later, batch->place());
        if (!known)
          break;
        known->result = next_of<Result>(*batch);
      }
      return i;
    }
  }
  return i;
}

}  // namespace weir::detail
