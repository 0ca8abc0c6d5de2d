#pragma once

/// Where jobs come in: admission, the callers who wait for room, and the block in which jobs gather
/// while all workers are busy. One lock, held for some ten nanoseconds a job; an offer that finds no room
/// is refused at once (P4).
///
/// Lock order: the station's lock may be held when this one is taken, never the other way round.

#include <weir/actors/adaptive_condition.hpp>
#include <weir/actors/biased_mutex.hpp>
#include <weir/actors/context.hpp>
#include <weir/actors/job_block.hpp>
#include <weir/actors/policy/admission.hpp>
#include <weir/actors/sync.hpp>

#include <atomic>
#include <functional>
#include <mutex>

namespace weir {

class door {
public:
  explicit door(std::uint64_t capacity);

  // -- for callers --------------------------------------------------------------------------------

  [[nodiscard]] std::unique_lock<biased_mutex> lock() { return std::unique_lock<biased_mutex>{mutex_}; }

  /// As `lock`, for those who neither wait nor let go of it before their scope ends.
  [[nodiscard]] std::lock_guard<biased_mutex> hold() { return std::lock_guard<biased_mutex>{mutex_}; }

  [[nodiscard]] bool has_room(const std::unique_lock<biased_mutex>&) const noexcept {
    return admission_.used(released_.load(std::memory_order_acquire)) < admission_.capacity();
  }

  [[nodiscard]] std::uint64_t capacity(const std::unique_lock<biased_mutex>&) const noexcept {
    return admission_.capacity();
  }

  /// Takes a slot if one is free and the door is open. Else nothing is counted: `admit` says why.
  [[nodiscard]] bool admit_at_once(const std::unique_lock<biased_mutex>&) noexcept { return admit_if_room(); }
  [[nodiscard]] bool admit_at_once(const std::lock_guard<biased_mutex>&) noexcept { return admit_if_room(); }

  /// Takes a slot. Returns no error if there was one, else `ec::overloaded`, or what the door was
  /// closed with; the refusal is counted.
  [[nodiscard]] caf::error admit(const std::unique_lock<biased_mutex>& held);

  /// Counts an offer that is refused for a reason of its caller's.
  void refuse(const std::unique_lock<biased_mutex>&) noexcept { admission_.reject(); }

  /// Takes back the last refusal: whoever offered goes elsewhere, or comes again.
  void forget_refusal(const std::unique_lock<biased_mutex>&) noexcept { admission_.forget_refusal(); }

  /// Takes `n` slots of a run whose jobs are all known.
  void admit_all(std::uint64_t n);

  /// As `admit`, but waits for room until `ctx` is canceled, which is then the error. Blocks. If there
  /// is a `fetch_slots`, it is called from time to time meanwhile, without the lock: slots may have been
  /// freed that nobody has told of.
  [[nodiscard]] caf::error admit_or_wait(std::unique_lock<biased_mutex>& held, const context& ctx,
                                         const std::function<void()>& fetch_slots = {});

  /// Takes back an admission whose job could not be stored; somebody else may wait for the slot. It may
  /// have been the last one that the rest of the station waited for.
  void undo(const std::unique_lock<biased_mutex>&) {
    admission_.undo();
    room_.notify_all();
  }

  /// True while a worker waits for work: then a job is passed on at once instead of gathered.
  [[nodiscard]] bool hungry() const noexcept { return hungry_.load(); }

  /// Says whether jobs are gathered; under the lock, and before the look whether anybody is hungry: who
  /// becomes hungry finds them, or is seen.
  void set_gathering(bool is) noexcept {
    gathering_.store(is);
    sync::interleave();
  }

  /// How to get at the jobs that are gathered but not yet passed on. Called under both locks.
  void gather_with(std::function<job_span()> take_open);

  /// What to call as it closes, under its lock; never if it is closed already. It must neither block nor
  /// take the station's lock.
  void when_closed(std::function<void()> call);

  // -- for the station ----------------------------------------------------------------------------

  /// Says whether workers wait for work. Wakes callers who wait for room if it is time.
  void set_hungry(bool is) noexcept;

  /// What has gathered; empty if nothing has.
  [[nodiscard]] job_span take_open();

  /// Takes a slot for what has its outcome but goes on, whether there is room or not; `release` gives it
  /// back.
  void hold_slot() noexcept { released_.fetch_sub(1); }

  /// Gives back `n` slots and wakes callers who wait for room if it is time.
  void release(std::uint64_t n) noexcept;

  /// Admits no more; later offers are refused with `why`. The first reason stays.
  void close(caf::error why);

  void resize(std::uint64_t capacity);

  struct counts {
    std::uint64_t offered = 0;
    std::uint64_t admitted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t used = 0;
    std::uint64_t capacity = 0;
    bool closed = false;
  };
  [[nodiscard]] counts count() const;

private:
  static constexpr std::size_t cache_line = 64;

  // Each is called with the lock held.
  [[nodiscard]] bool admit_if_room() noexcept {
    return admission_.admit(released_.load(std::memory_order_acquire));
  }
  void arm() noexcept;
  void wake_if_worth() noexcept;

  // Apart, as they are of different threads: what whoever submits writes, what whoever takes outcomes
  // writes, and what the lanes say.
  alignas(cache_line) mutable biased_mutex mutex_;
  policy::admission admission_;
  caf::error full_;  // what refusals say: to make the text for each would be half of a refusal's time
  caf::error closed_with_;
  std::function<job_span()> take_open_;
  std::function<void()> when_closed_;
  adaptive_condition room_;
  alignas(cache_line) std::atomic<std::uint64_t> released_{0};
  std::atomic<std::uint64_t> waiting_{0};
  std::atomic<std::uint64_t> wake_at_{0};  // below so many released slots nobody needs to be woken
  alignas(cache_line) std::atomic<bool> hungry_{false};
  alignas(cache_line) std::atomic<bool> gathering_{false};  // changes with each block only
};

}  // namespace weir
