#pragma once

/// Admitted jobs that wait for a worker, oldest first. Its length is bounded by the capacity of the
/// stage, as every job in it holds a slot. Jobs that a worker gave back go to the front: they are
/// the oldest.

#include <weir/actors/policy/span.hpp>

#include <algorithm>
#include <deque>
#include <vector>

namespace weir::policy {

template <class Block>
class work_queue {
public:
  using span_type = span<Block>;

  void push(span_type s) {
    jobs_ += s.size();
    if (!s.empty())
      spans_.push_back(std::move(s));
  }

  /// Puts a span where it belongs by `age`, behind those of the same. All others are in that order already.
  template <class Age>
  void insert(span_type s, Age age) {
    jobs_ += s.size();
    const auto at = std::upper_bound(spans_.begin(), spans_.end(), age(s),
                                     [&](const auto& of, const span_type& other) { return of < age(other); });
    spans_.insert(at, std::move(s));
  }

  void give_back(span_type s) {
    jobs_ += s.size();
    if (!s.empty())
      spans_.push_front(std::move(s));
  }

  /// The oldest jobs. Needs a queue that is not empty.
  [[nodiscard]] const span_type& front() const { return spans_.front(); }

  /// At most `n` consecutive jobs from the front. Needs a queue that is not empty and `n > 0`.
  span_type take(std::uint64_t n) {
    auto& front = spans_.front();
    n = std::min(n, front.size());
    jobs_ -= n;
    auto taken = front.take_front(n);
    if (front.empty())
      spans_.pop_front();
    return taken;
  }

  /// Everything, oldest first; the queue is empty then.
  std::vector<span_type> take_all() {
    std::vector<span_type> all(std::make_move_iterator(spans_.begin()),
                               std::make_move_iterator(spans_.end()));
    spans_.clear();
    jobs_ = 0;
    return all;
  }

  [[nodiscard]] bool empty() const noexcept { return spans_.empty(); }
  [[nodiscard]] std::uint64_t jobs() const noexcept { return jobs_; }

private:
  std::deque<span_type> spans_;
  std::uint64_t jobs_ = 0;
};

}  // namespace weir::policy
