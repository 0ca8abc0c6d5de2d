#pragma once

/// When a run ends early because of its outcomes. A plain state machine: it is shown the counts and
/// answers once that the run should halt. The rules are GNU parallel's `--halt`, in its words.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::policy {

/// `never`, or: when `when` outcomes of kind `what` have been seen, or `percent` of at least
/// `sample_min` outcomes are of that kind, halt `how`.
struct halt_rule {
  enum class how_t : std::uint8_t { never, soon, now };
  enum class what_t : std::uint8_t { fail, success, done };

  how_t how = how_t::never;
  what_t what = what_t::fail;
  std::uint64_t count = 1;  ///< used when `percent` is 0
  unsigned percent = 0;     ///< 1 to 100
  /// For a count of `success`, where it is known how many jobs there are: so many. Then the run halts as well
  /// as soon as too many have failed for the count to be reached. 0: not known.
  std::uint64_t out_of = 0;

  /// With a percentage nothing is decided before this many outcomes, as one failure out of one
  /// would be 100 %.
  static constexpr std::uint64_t sample_min = 3;

  /// True if jobs that complete count too: then each must be looked at before the next starts.
  [[nodiscard]] bool counts_completed() const noexcept { return how != how_t::never && what != what_t::fail; }

  /// Reads "never", "now,fail=1", "soon,done=10%", …; nothing if the text is not a rule.
  [[nodiscard]] static std::optional<halt_rule> parse(std::string_view text);

  static constexpr const char* allowed =
      "\"never\" or \"now|soon,fail|success|done=N\" or \"…=N%\", e.g. \"now,fail=1\", \"soon,fail=10%\"";
};

/// The rule as `parse` reads it; and " of N" where `out_of` is set.
[[nodiscard]] std::string to_string(const halt_rule& r);

/// Errgroup's rule: the first failure cancels the rest.
inline constexpr halt_rule fail_fast{halt_rule::how_t::now, halt_rule::what_t::fail, 1, 0};
/// Every job runs, whatever the others did.
inline constexpr halt_rule collect{};

class halt {
public:
  enum class decision : std::uint8_t { go_on, stop_soon, stop_now };

  explicit halt(halt_rule rule = {}) : rule_(rule) {}

  /// Shows how many jobs have completed and failed so far. Answers other than `go_on` come once.
  decision observe(std::uint64_t completed, std::uint64_t failed) noexcept;

  /// False where no count matters, or no longer.
  [[nodiscard]] bool watches() const noexcept { return rule_.how != halt_rule::how_t::never && !decided_; }

private:
  [[nodiscard]] bool reached(std::uint64_t completed, std::uint64_t failed) const noexcept;

  halt_rule rule_;
  bool decided_ = false;
};

}  // namespace weir::policy
