#pragma once

/// A caller's claim to the outcome of one job that it submitted. Movable, shared by nobody: the one
/// who holds it gets the outcome once. Dropping it does not cancel the job; it may outlive its pool.
/// For one thread at a time.

#include <weir/actors/sync.hpp>
#include <weir/actors/waits.hpp>
#include <weir/runtime/outcome.hpp>

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace weir {

namespace detail {

/// Where the outcome is put. Exactly one side may put it: the lane that ran the job, or whoever
/// canceled it.
template <class Result>
class ticket_state {
public:
  /// An outcome of many that ended together: it gets an error of its own only once it is taken.
  struct common_end {
    std::uint64_t index = 0;
    unsigned attempt = 0;
    duration queue_time{};
    duration run_time{};
    outcome_kind kind = outcome_kind::canceled;
    std::shared_ptr<const caf::error> why;
  };

  /// True for the first who asks; it then has to `fulfil`, or `end`.
  bool claim() noexcept { return (bits_.fetch_or(claimed, std::memory_order_acq_rel) & claimed) == 0; }

  void fulfil(outcome<Result> o) { put(std::move(o)); }
  void end(common_end e) noexcept { put(std::move(e)); }

  [[nodiscard]] bool is_ready() const noexcept {
    return (bits_.load(std::memory_order_acquire) & ready) != 0;
  }

  /// Waits until the outcome is there, or until `ctx` is canceled if one is given.
  void wait(const context* ctx) {
    context::subscription watch;
    if (ctx && !is_ready())
      watch = ctx->on_cancel([this] {
        bits_.fetch_add(poke, std::memory_order_acq_rel);
        bits_.notify_all();
      });
    for (auto seen = bits_.load(std::memory_order_acquire); (seen & ready) == 0 && !(ctx && ctx->canceled());
         seen = bits_.load(std::memory_order_acquire))
      bits_.wait(seen, std::memory_order_acquire);
  }

  [[nodiscard]] outcome<Result> take() {
    if (const auto* const e = std::get_if<common_end>(&content_))
      return {e->index, e->attempt, e->queue_time, e->run_time, e->kind, *e->why};
    return std::move(std::get<outcome<Result>>(content_));
  }

private:
  template <class T>
  void put(T content) {
    content_.template emplace<T>(std::move(content));
    bits_.fetch_or(ready, std::memory_order_release);
    bits_.notify_all();
  }

  static constexpr std::uint32_t claimed = 1;
  static constexpr std::uint32_t ready = 2;
  static constexpr std::uint32_t poke = 4;  // counted above the flags, so that a waiter wakes up

  sync::waitable<std::uint32_t> bits_{0};
  std::variant<std::monostate, outcome<Result>, common_end> content_;
};

}  // namespace detail

template <class Result>
class ticket {
public:
  /// `station_id`: where the job is.
  ticket(std::uint64_t station_id, std::uint64_t index, std::shared_ptr<detail::ticket_state<Result>> state)
      : station_id_(station_id), index_(index), state_(std::move(state)) {}
  ticket(ticket&&) noexcept = default;
  ticket& operator=(ticket&&) noexcept = default;

  /// The job's place in the order of submission, from 0.
  [[nodiscard]] std::uint64_t index() const noexcept { return index_; }

  /// True until the outcome has been taken.
  [[nodiscard]] bool valid() const noexcept { return state_ != nullptr; }

  /// Whether `get` returns without waiting. Needs a valid ticket, as `get` does.
  [[nodiscard]] bool ready() const noexcept {
    assert(valid() && "its outcome has been taken");
    return state_->is_ready();
  }

  /// Waits for the outcome, takes it and ends the ticket. Blocks until the job has ended, whoever
  /// has given up on it. In a job it may close a cycle of waits that no worker is left to end: then it throws
  /// a `thrown_error` with `ec::deadlock`, at once, and the ticket stays.
  [[nodiscard]] outcome<Result> get() {
    if (auto problem = wait(nullptr))
      throw thrown_error{std::move(problem)};
    return std::exchange(state_, nullptr)->take();
  }

  /// Waits at most until `ctx` is canceled, which is then the error; the job goes on, and `get` may
  /// be called again. An outcome that is there is taken, whatever became of `ctx`. A wait without a deadline
  /// that would never end fails with `ec::deadlock`. Blocks.
  [[nodiscard]] caf::expected<outcome<Result>> get(const context& ctx) {
    if (auto problem = wait(&ctx))
      return problem;
    if (!state_->is_ready())
      return ctx.error();
    return std::exchange(state_, nullptr)->take();
  }

private:
  caf::error wait(const context* ctx) {
    assert(valid() && "its outcome has been taken");
    if (state_->is_ready())
      return {};
    std::optional<wait_entry> entry;
    // A deadline ends the wait, whoever waits for whom.
    if (!ctx || !ctx->deadline()) {
      const auto over = [s = state_.get()] { return s->is_ready(); };
      entry.emplace(awaited{awaited::what_t::job, station_id_, index_, over});
      if (entry->problem())
        return entry->problem();
    }
    state_->wait(ctx);
    return {};
  }

  std::uint64_t station_id_;
  std::uint64_t index_;
  std::shared_ptr<detail::ticket_state<Result>> state_;
};

}  // namespace weir
