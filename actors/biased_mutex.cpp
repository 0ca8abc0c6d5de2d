#include <weir/actors/biased_mutex.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace weir {

namespace {

/// Of turns.
constexpr auto never = std::numeric_limits<std::uint32_t>::max();

constexpr int looks_max = 30;
constexpr int offers_max = 100;
constexpr std::chrono::microseconds pause{50};

/// A bias that lasts so long has saved more than it costs to take it away.
constexpr std::chrono::microseconds pays_from{200};

/// Instead of a fence that the kernel refuses though it has had it (a sandbox, no memory): no store takes
/// longer to be seen. Once for each lock, which is biased no more.
constexpr std::chrono::milliseconds fence_substitute{1};

}  // namespace

/// All that there are, and those without a thread.
class biased_mutex::holders {
public:
  /// Throws std::bad_alloc.
  holder& lend() {
    const std::lock_guard guard{mutex_};
    if (free_.empty()) {
      free_.reserve(all_.size() + 1);
      return *all_.emplace_back(std::make_unique<holder>());
    }
    auto* const lent = free_.back();
    free_.pop_back();
    return *lent;
  }

  void give_back(holder* h) noexcept {
    const std::lock_guard guard{mutex_};
    free_.push_back(h);
  }

private:
  sync::mutex mutex_;
  std::vector<std::unique_ptr<holder>> all_;
  std::vector<holder*> free_;  // has room for all
};

/// A thread's, until it ends. What else ends with the thread, and later, does without bias.
struct biased_mutex::loan {
  loan() noexcept {
    try {
      holder::of_this_thread = &sync::of_this_process<holders>().lend();
    } catch (const std::bad_alloc&) {
      // Without memory it goes without bias.
    }
  }
  ~loan() {
    if (auto* const own = std::exchange(holder::of_this_thread, nullptr))
      sync::of_this_process<holders>().give_back(own);
  }
  loan(const loan&) = delete;
  loan& operator=(const loan&) = delete;
};

void biased_mutex::lock_by_mutex() noexcept {
  mutex_.lock();
  take_bias_away();
  count_turn();
}

void biased_mutex::take_bias_away() noexcept {
  const auto* const favoured = favoured_.load(std::memory_order_relaxed);
  if (!favoured)
    return;
  favoured_.store(nullptr, std::memory_order_relaxed);
  const auto paid = sync::now() - biased_at_ >= pays_from;
  turns_to_bias_ = paid ? std::max(turns_to_bias_ / 2, turns_min_) : std::min(2 * turns_to_bias_, turns_max_);
  // Its own, while it is inside another lock by that one's bias.
  if (favoured == holder::of_this_thread)
    return;
  if (!heavy_fence()) {
    turns_to_bias_ = turns_min_ = turns_max_ = never;
    std::this_thread::sleep_for(fence_substitute);
  }
  // Who is inside leaves within some ten nanoseconds, unless it waits for a core.
  for (int i = 0; favoured->inside.load(std::memory_order_acquire) == this; ++i)
    if (i < looks_max)
      sync::breathe();
    else if (i < looks_max + offers_max)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(pause);
}

void biased_mutex::count_turn() noexcept {
  const auto* const self = &holder::of_this_thread;
  if (std::exchange(last_, self) != self)
    turns_ = 0;
  if (turns_to_bias_ == never || ++turns_ < turns_to_bias_ || !has_asymmetric_fence())
    return;
  turns_ = 0;
  biased_at_ = sync::now();
  thread_local const loan own;
  favoured_.store(holder::of_this_thread, std::memory_order_relaxed);
}

}  // namespace weir
