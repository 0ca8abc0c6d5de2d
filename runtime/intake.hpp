#pragma once

/// The typed side of the door: puts admitted jobs into a block and passes the block on, at once while
/// a worker waits, else when it is full. What gathers meanwhile is fetched by the next worker that
/// comes for work: a job waits for company only as long as a lane that is used to short jobs naps.

#include <weir/actors/station.hpp>
#include <weir/runtime/options.hpp>
#include <weir/runtime/pace.hpp>
#include <weir/runtime/submission.hpp>
#include <weir/runtime/taken_count.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <variant>

namespace weir::detail {

/// `Block` has `push(queued, job&, args&...)`, which stores one more job, moved out of its argument,
/// `size()`, and `reserve(n)`, which makes room for so many. One that can store a job without a time of its
/// own has also `put(job&, args&...) noexcept`, and `has_room()`, which says whether that is possible.
template <class Block, class Job>
class intake {
public:
  using maker = std::function<std::shared_ptr<Block>(std::uint64_t sequence)>;
  /// What jobs have in common that are to stay in order among each other.
  using key_function = std::function<std::uint64_t(const Job&)>;

  /// `key_of` is empty where the station is not keyed, `taken` null where outcomes are not collected.
  intake(std::shared_ptr<station> to, maker make, const pool_options& options, key_function key_of = {},
         std::shared_ptr<taken_count> taken = nullptr)
      : to_(std::move(to)),
        make_(std::move(make)),
        key_of_(std::move(key_of)),
        taken_(std::move(taken)),
        block_max_(key_of_ ? 1 : options.block_max(to_->sends_jobs())),
        submit_timeout_(options.timeouts.submit),
        overflow_(options.overflow) {
    to_->entrance().gather_with([this] { return detach(); });
    if (options.rate.limits()) {
      pace_.emplace(options.rate);
      until_closed_.emplace(context::with_cancel(to_->ctx()));
      to_->entrance().when_closed([open = *until_closed_] { open.cancel("the door was closed"); });
    }
    if (taken_)
      fetch_slots_ = [this] { taken_->give_back(*to_); };
  }

  ~intake() {
    to_->entrance().gather_with({});
    to_->entrance().when_closed({});
  }

  /// The index of a job that was admitted, or why it was not.
  using placed = std::variant<std::uint64_t, caf::error>;

  /// Admits a job and stores it, or returns why not; then the arguments are untouched. `wait` is null, or the
  /// context within which to wait for room. What moving the job or asking for its key throws is passed on,
  /// and the job was never admitted.
  template <class... Ts>
  placed put(const context* wait, Job& job, Ts&... more) {
    if (const auto index = put_at_once(wait, job, more...))
      return *index;
    return put_with_care(wait, job, more...);
  }

private:
  /// What most jobs come to, and so without a call: a slot is free, the open block has memory for the job and
  /// stays open with it, and nobody waits for work. Does nothing for others.
  template <class... Ts>
  std::optional<std::uint64_t> put_at_once(const context* wait, Job& job, Ts&... more) {
    if constexpr (requires {
                    { open_->put(job, more...) } noexcept;
                  }) {
      if (key_of_ || pace_ || (wait && wait->canceled()))
        return std::nullopt;
      auto& door = to_->entrance();
      const auto held = door.hold();
      if (!open_ || !open_->has_room() || open_->size() + 1 >= limit_ || to_->fine() || door.hungry() ||
          !door.admit_at_once(held))
        return std::nullopt;
      const auto index = next_ + open_->size();
      open_->put(job, more...);
      return index;
    }
    return std::nullopt;
  }

  template <class... Ts>
  [[gnu::noinline]] placed put_with_care(const context* wait, Job& job, Ts&... more) {
    auto& door = to_->entrance();
    const auto key = key_of_ ? key_of_(std::as_const(job)) : 0;
    turn mine;
    if (pace_)
      if (auto refused = take_turn(wait, mine))
        return refused;
    auto held = door.lock();
    // Who has been canceled is refused even where there is room.
    if ((wait && wait->canceled()) || !door.admit_at_once(held))
      if (auto refused = admit_late(held, wait))
        return refused;
    try {
      if (!open_)
        open_block(key, door.capacity(held));
      open_->push(open_->size() == 0 || !to_->fine() ? open_->opened() : to_->ctx().time().now(), job,
                  more...);
    } catch (...) {
      take_back(held);
      throw;
    }
    mine.use();
    const auto size = open_->size();
    const auto index = next_ + size - 1;
    if (size == 1 && limit_ > 1)
      door.set_gathering(true);
    if (door.hungry() || size >= limit_)
      to_->offer(unlocked_detach(held));
    return index;
  }

  void open_block(std::uint64_t key, std::uint64_t capacity) {
    open_ = make_(next_);
    open_->set_key(key);
    open_->reserve(last_size_);
    limit_ = std::clamp<std::uint64_t>(capacity / 4, 1, block_max_);
  }

  /// The admission of a job that could not be stored.
  void take_back(std::unique_lock<biased_mutex>& held) {
    // Its key and its time are those of the job that did not come.
    if (open_ && open_->size() == 0)
      open_.reset();
    to_->entrance().undo(held);
    held.unlock();
    to_->look_for_rest();
  }

  caf::error take_turn(const context* wait, turn& mine) {
    return wait ? wait_for_turn(*wait, mine) : try_turn(mine);
  }

  caf::error try_turn(turn& mine) {
    if (!pace_->try_next(to_->ctx().time())) {
      count_refusal();
      return make_error(ec::rate_limited, "jobs come faster than the rate allows");
    }
    mine.take(*pace_);
    return {};
  }

  caf::error wait_for_turn(const context& wait, turn& mine) {
    const auto left = pace_->reserve(to_->ctx().time());
    mine.take(*pace_);
    if (left <= duration::zero())
      return {};
    try {
      // The end of the stage ends the wait too.
      const auto either = context::with_cancel(wait);
      const auto watch = until_closed_->on_cancel([&] { either.cancel(*until_closed_->why()); });
      // If the door closed meanwhile, it refuses with a reason of its own.
      if (!either.wait_for(left) || (until_closed_->canceled() && !to_->ctx().canceled()))
        return {};
      count_refusal();
      return either.error();
    } catch (const std::system_error&) {
      count_refusal();
      return make_error(ec::overloaded, "the system has no thread left to time the wait for a turn");
    }
  }

  void count_refusal() {
    auto& door = to_->entrance();
    door.refuse(door.lock());
  }

  caf::error admit_late(std::unique_lock<biased_mutex>& held, const context* wait) {
    auto& door = to_->entrance();
    if (!door.has_room(held))
      make_room(held, wait != nullptr);
    if (!wait || !may_wait(held, *wait))
      return door.admit(held);
    return submit_timeout_ ? wait_in_time(held, *wait) : wait_for_room(held, *wait);
  }

  /// As the door's `admit_or_wait`; `ec::deadlock` if the wait would never end.
  caf::error wait_for_room(std::unique_lock<biased_mutex>& held, const context& wait) {
    auto& door = to_->entrance();
    if (door.has_room(held) || wait.deadline())
      return door.admit_or_wait(held, wait, fetch_slots_);
    // The lock of the waits comes before the door's.
    held.unlock();
    std::optional<wait_entry> entry{std::in_place, awaited{awaited::what_t::room, to_->id()}};
    auto refused = entry->problem();
    held.lock();
    if (refused)
      door.refuse(held);
    else
      refused = door.admit_or_wait(held, wait, fetch_slots_);
    held.unlock();
    entry.reset();
    held.lock();
    return refused;
  }

  /// Whether there is room by now, or may be soon. An older job that is dropped for it frees its slot at
  /// once, or, where outcomes are collected, when its outcome has been taken.
  bool may_wait(std::unique_lock<biased_mutex>& held, const context& wait) {
    const auto& door = to_->entrance();
    if (overflow_ == policy::overflow::block || wait.canceled())
      return true;
    while (!door.has_room(held)) {
      if (overflow_ != policy::overflow::drop_oldest)
        return false;
      held.unlock();
      const auto dropped = to_->drop_oldest();
      held.lock();
      if (!dropped || fetch_slots_)
        return dropped;
    }
    return true;
  }

  caf::error wait_in_time(std::unique_lock<biased_mutex>& held, const context& wait) {
    // A context is made and let go without the lock: its end waits for callbacks that take it.
    held.unlock();
    caf::error refused;
    {
      const auto limited = context::with_timeout(wait, *submit_timeout_);
      held.lock();
      refused = to_->entrance().admit_or_wait(held, limited, fetch_slots_);
      held.unlock();
      if (refused && limited.explains(refused) && !wait.canceled())
        refused = make_error(ec::submit_timeout, "no slot became free in time: " + text_of(refused));
    }
    held.lock();
    return refused;
  }

  /// Fetches the slots of outcomes that have been taken. Who may have to wait also passes on what has
  /// gathered, as it may be what makes room.
  void make_room(std::unique_lock<biased_mutex>& held, bool may_wait) {
    auto gathered = may_wait ? detach() : job_span{};
    const auto owes = taken_ && taken_->owes();
    if (gathered.empty() && !owes)
      return;
    held.unlock();
    to_->offer(std::move(gathered));
    if (owes)
      fetch_slots_();
    held.lock();
  }

  /// The station's lock comes before the door's, so that one is let go first.
  job_span unlocked_detach(std::unique_lock<biased_mutex>& held) {
    auto jobs = detach();
    held.unlock();
    return jobs;
  }

  /// Under the door's lock.
  job_span detach() {
    if (!open_ || open_->size() == 0)
      return {};
    to_->entrance().set_gathering(false);
    last_size_ = open_->size();
    next_ += last_size_;
    return {std::exchange(open_, nullptr), 0, last_size_};
  }

  std::shared_ptr<station> to_;
  maker make_;
  key_function key_of_;
  const std::shared_ptr<taken_count> taken_;  // null where outcomes are not collected
  std::function<void()> fetch_slots_;         // likewise
  const std::uint64_t block_max_;
  const std::optional<duration> submit_timeout_;
  const policy::overflow overflow_;
  std::optional<pace> pace_;
  std::optional<context> until_closed_;  // canceled as the door closes
  std::uint64_t limit_ = 1;              // of the open block
  std::uint64_t last_size_ = 0;          // of the block before it, which is what to expect of the next
  std::shared_ptr<Block> open_;
  std::uint64_t next_ = 0;
};

}  // namespace weir::detail
