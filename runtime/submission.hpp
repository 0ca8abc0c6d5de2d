#pragma once

/// What a caller gets back for a job that it offered: a ticket, or the job itself and the reason.

#include <caf/error.hpp>

#include <utility>
#include <variant>

namespace weir {

template <class Job, class Admitted>
class [[nodiscard]] submission {
public:
  submission(Admitted ticket) : content_(std::in_place_index<0>, std::move(ticket)) {}
  submission(caf::error why, Job job)
      : content_(std::in_place_index<1>, refusal{std::move(why), std::move(job)}) {}

  /// True if the job was admitted.
  explicit operator bool() const noexcept { return content_.index() == 0; }

  /// The ticket of an admitted job.
  Admitted& operator*() noexcept { return *std::get_if<0>(&content_); }
  Admitted* operator->() noexcept { return std::get_if<0>(&content_); }

  /// Why it was refused: `ec::overloaded`, `ec::closed`, or the cause of a cancel.
  [[nodiscard]] const caf::error& error() const noexcept { return std::get_if<1>(&content_)->why; }

  /// The refused job, untouched; the caller may move from it.
  [[nodiscard]] Job& job() noexcept { return std::get_if<1>(&content_)->job; }

private:
  struct refusal {
    caf::error why;
    Job job;
  };

  std::variant<Admitted, refusal> content_;
};

}  // namespace weir
