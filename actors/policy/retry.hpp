#pragma once

/// Whether and when a job that has failed is tried again: a number of attempts, waits that grow from one to
/// the next and are drawn at random so that jobs that failed together do not come back together, and a budget
/// for the run, so that retries never become most of the load on something that is down for all.
/// A plain state machine: it is shown failures and ends, and answers with a wait.
/// From: "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015); the budget is Finagle's.

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace weir::policy {

struct retry_rule {
  using duration = std::chrono::nanoseconds;

  static constexpr unsigned attempts_max = 1000;
  static constexpr unsigned losses_max = 1000;
  static constexpr duration backoff_limit = std::chrono::hours{24 * 365};

  unsigned attempts = 1;  ///< executions of one job at most, the first included
  /// The wait before the second attempt; up to `backoff_max`.
  duration backoff = std::chrono::milliseconds{100};
  double growth = 2;                                ///< how much longer each further wait is, from 1
  duration backoff_max = std::chrono::seconds{30};  ///< no wait is longer
  double jitter =
      0.5;  ///< the part of each wait that is drawn at random, 0 to 1: the rest is waited for sure
  /// So many retries for each job that has ended, at most, over the whole run, beside `budget_free` that are
  /// always allowed. None: `attempts` is the only bound.
  std::optional<double> budget = {};
  double budget_free = 10;
  std::uint64_t seed = 0;  ///< of the jitter; 0: another one in each run
  /// Workers that one job may cost, from 1: an attempt that was lost with its worker runs again at once and
  /// is none of `attempts`; with the last one the job has failed, as its workers seem to die of it. Also one
  /// that died as the job came to it counts.
  unsigned losses = 3;

  [[nodiscard]] bool repeats() const noexcept { return attempts > 1; }
};

class retry {
public:
  using duration = retry_rule::duration;

  /// `seed` is used where the rule has none.
  retry(const retry_rule& rule, std::uint64_t seed)
      : rule_(rule), random_(static_cast<std::minstd_rand::result_type>(rule.seed != 0 ? rule.seed : seed)) {}

  /// The wait before the next attempt of a job whose attempt number `failed` (from 1) has failed, while
  /// `ended` jobs of the run have their outcome; nothing if it has failed for good.
  [[nodiscard]] std::optional<duration> next(unsigned failed, std::uint64_t ended);

  /// Retries so far.
  [[nodiscard]] std::uint64_t given() const noexcept { return given_; }

private:
  retry_rule rule_;
  std::minstd_rand random_;
  std::uint64_t given_ = 0;
};

}  // namespace weir::policy
