#pragma once

/// What a caller gets back for a job that it offered: a ticket, or the job itself and the reason.

#include <caf/error.hpp>

#include <cassert>
#include <cstdint>
#include <utility>
#include <variant>

namespace weir {

template <class Job, class Admitted>
class [[nodiscard]] submission {
public:
  submission(Admitted ticket) : content_(std::in_place_index<0>, std::move(ticket)) {}
  submission(caf::error&& why, Job&& job)
      : content_(std::in_place_index<1>, std::move(why), std::move(job)) {}

  /// True if the job was admitted.
  explicit operator bool() const noexcept { return content_.index() == 0; }

  /// What the caller got for an admitted job: a ticket of a pool's, the job's index of a stream's.
  [[nodiscard]] Admitted& operator*() noexcept {
    assert(*this && "a refused job has no ticket");
    return *std::get_if<0>(&content_);
  }
  [[nodiscard]] Admitted* operator->() noexcept { return &**this; }

  /// Why it was refused: `ec::overloaded` (no slot was free), `ec::closed`, the cause if the pool was
  /// canceled, or the cause of the context in which the caller waited.
  [[nodiscard]] const caf::error& error() const noexcept { return refused().why; }

  /// The refused job, untouched; the caller may move from it.
  [[nodiscard]] Job& job() noexcept { return refused().job; }

private:
  struct refusal {
    refusal(caf::error&& w, Job&& j) : why(std::move(w)), job(std::move(j)) {}
    caf::error why;
    Job job;
  };

  [[nodiscard]] const refusal& refused() const noexcept {
    assert(!*this && "an admitted job was not refused");
    return *std::get_if<1>(&content_);
  }
  [[nodiscard]] refusal& refused() noexcept {
    assert(!*this && "an admitted job is no longer here");
    return *std::get_if<1>(&content_);
  }

  std::variant<Admitted, refusal> content_;
};

}  // namespace weir
