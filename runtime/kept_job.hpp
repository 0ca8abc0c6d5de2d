#pragma once

#include <optional>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// A job in its block. It goes as soon as it has run: the block stays until its last job has, and what
/// the others hold (memory, files, promises) must not wait for that. A job that holds nothing costs
/// nothing here.
template <class Job>
class kept_job {
public:
  explicit kept_job(Job&& job) : content_(std::move(job)) {}

  [[nodiscard]] Job& get() noexcept {
    if constexpr (holds_nothing)
      return content_;
    else
      return *content_;
  }

  [[nodiscard]] const Job& get() const noexcept {
    if constexpr (holds_nothing)
      return content_;
    else
      return *content_;
  }

  void drop() noexcept {
    if constexpr (!holds_nothing)
      content_.reset();
  }

private:
  static constexpr bool holds_nothing = std::is_trivially_destructible_v<Job>;

  std::conditional_t<holds_nothing, Job, std::optional<Job>> content_;
};

}  // namespace weir::detail
