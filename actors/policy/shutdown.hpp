#pragma once

/// The way to rest (P7): drain, then cancel, then kill (jobs first, then who receives their outcomes),
/// within one budget. A plain state machine: it is told the time and whether the work is at rest, and
/// answers with what to do now and when to be asked again.

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::policy {

class shutdown {
public:
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<std::chrono::steady_clock, duration>;

  enum class phase : std::uint8_t { running, drain, cancel, hand_over, rest };

  /// What to do on entering a phase.
  enum class action : std::uint8_t {
    nothing,
    close,    ///< admit no more, finish what was admitted
    cancel,   ///< cancel what is queued and what runs
    abandon,  ///< name the jobs that still run and write off their threads
    leave,    ///< write off the receiver of the outcomes too, and end the actors
    finish,   ///< all is at rest: end the actors
  };

  /// The part of the budget that is kept for the cancel phase, at most `cancel_share_max`.
  static constexpr int cancel_share = 4;
  static constexpr duration cancel_share_max = std::chrono::seconds{2};
  /// The part of that which is kept for the receiver to take the outcomes of what was written off.
  static constexpr int hand_over_share = 4;
  /// A receiver gets this long whatever the budget: one that works needs much less.
  static constexpr duration hand_over_min = std::chrono::milliseconds{50};

  /// How much of `budget` is kept for the cancel phase.
  [[nodiscard]] static duration cancel_part(duration budget) noexcept;

  /// Starts the way down. A later call can only shorten the time that is left.
  action begin(time_point now, duration budget);

  /// Tells the time and whether every admitted job has its outcome. Call it at `due()` and whenever
  /// the work came to rest.
  action advance(time_point now, bool at_rest);

  [[nodiscard]] phase current() const noexcept { return phase_; }

  /// When `advance` must be called at the latest; nothing if no time limit is running.
  [[nodiscard]] std::optional<time_point> due() const noexcept;

private:
  phase phase_ = phase::running;
  time_point cancel_at_{};
  time_point abandon_at_{};
  time_point leave_at_{};
};

}  // namespace weir::policy
