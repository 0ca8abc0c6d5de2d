#pragma once

/// Where outcomes come together again. In input order, what is early waits here until all before it
/// have come; every job that waits still holds its slot, so the buffer is bounded by the capacity of
/// the stage. Otherwise outcomes pass in the order in which they ended.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

namespace weir::policy {

/// `Piece` stands for the outcomes of consecutive jobs.
template <class Piece>
class fan_in {
public:
  explicit fan_in(bool ordered) : ordered_(ordered) {}

  /// Adds the outcomes of the jobs with sequence numbers [sequence, sequence + size), none of which
  /// was added before.
  void add(std::uint64_t sequence, std::uint64_t size, Piece piece) {
    held_ += size;
    if (!ordered_ || sequence == next_) {
      next_ += size;
      ready_.emplace_back(size, std::move(piece));
      release_followers();
      return;
    }
    early_.emplace(sequence, std::pair{size, std::move(piece)});
  }

  [[nodiscard]] bool ready() const noexcept { return !ready_.empty(); }

  /// Moves everything that may be handed over now to `out`, in order.
  void take(std::vector<Piece>& out) {
    for (auto& [size, piece] : ready_) {
      held_ -= size;
      out.push_back(std::move(piece));
    }
    ready_.clear();
  }

  /// Moves out everything, also what waits for its turn; for when nobody wants the order any more.
  void take_all(std::vector<Piece>& out) {
    take(out);
    for (auto& [sequence, piece] : early_) {
      held_ -= piece.first;
      out.push_back(std::move(piece.second));
    }
    early_.clear();
  }

  /// Jobs whose outcomes are inside.
  [[nodiscard]] std::uint64_t held() const noexcept { return held_; }

  /// Of those, the ones that may be handed over. Costs a look at each piece.
  [[nodiscard]] std::uint64_t held_ready() const noexcept {
    std::uint64_t n = 0;
    for (const auto& [size, piece] : ready_)
      n += size;
    return n;
  }

private:
  void release_followers() {
    while (!early_.empty() && early_.begin()->first == next_) {
      auto first = early_.extract(early_.begin());
      next_ += first.mapped().first;
      ready_.push_back(std::move(first.mapped()));
    }
  }

  bool ordered_;
  std::uint64_t next_ = 0;
  std::uint64_t held_ = 0;
  std::deque<std::pair<std::uint64_t, Piece>> ready_;
  std::map<std::uint64_t, std::pair<std::uint64_t, Piece>> early_;
};

}  // namespace weir::policy
