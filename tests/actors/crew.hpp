#pragma once

/// A station driven without actors: plain threads that serve it, and a block whose jobs are a test's.

#include <weir/actors/station.hpp>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "../support/event.hpp"

namespace weir::test {

/// Polls for what no event tells. Gives up after a minute, so that a broken promise fails a test
/// instead of hanging it.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::yield();
  }
  return true;
}

/// Jobs whose body is a function of their index. Counts what became of each.
class scripted_block : public job_block {
public:
  /// No error: the job completed.
  using body = std::function<caf::error(std::uint64_t, lane&)>;

  scripted_block(std::uint64_t sequence, std::uint64_t n, body what, bool collected = false,
                 time_point opened = {})
      : job_block(sequence, opened), fates_(n), what_(std::move(what)), collected_(collected) {}

  std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
    auto i = first;
    for (; on.may_start(i); ++i) {
      fates_[i].starts.fetch_add(1);
      const auto now = running_.fetch_add(1) + 1;
      for (auto peak = peak_.load(); peak < now && !peak_.compare_exchange_weak(peak, now);) {
      }
      auto why = what_(i, on);
      running_.fetch_sub(1);
      if (on.overran())
        why = on.timeout_error();
      if (why && on.repeats(why, true))
        break;
      if (why)
        on.ended_with(i, why);
      if (collected_)
        continue;
      on.passed(i);
      if (!fates_[i].claimed.exchange(true)) {
        on.release_slot();
        ++fates_[i].outcomes;
      }
    }
    return i;
  }

  std::uint64_t end(std::uint64_t first, std::uint64_t last, const forced_end& how,
                    const std::shared_ptr<const caf::error>&) noexcept override {
    if (collected_)
      return last - first;
    std::uint64_t ended = 0;
    for (auto i = first; i < last; ++i)
      if (!fates_[i].claimed.exchange(true)) {
        ++fates_[i].outcomes;
        fates_[i].cancels += how.kind == outcome_kind::canceled ? 1 : 0;
        ++ended;
      }
    return ended;
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return fates_.size(); }
  [[nodiscard]] int starts(std::uint64_t i) const { return fates_[i].starts; }
  [[nodiscard]] int outcomes(std::uint64_t i) const { return fates_[i].outcomes; }
  [[nodiscard]] int cancels(std::uint64_t i) const { return fates_[i].cancels; }
  [[nodiscard]] int peak() const { return peak_; }
  [[nodiscard]] int started() const {
    auto all = 0;
    for (const auto& f : fates_)
      all += f.starts;
    return all;
  }

private:
  struct fate {
    std::atomic<int> starts{0};
    std::atomic<int> outcomes{0};
    std::atomic<int> cancels{0};
    std::atomic<bool> claimed{false};
  };

  std::vector<fate> fates_;
  body what_;
  bool collected_;
  std::atomic<int> running_{0};
  std::atomic<int> peak_{0};
};

inline caf::error nothing_wrong(std::uint64_t, lane&) {
  return {};
}

/// Threads that serve a station. The destructor retires the lanes and waits for their threads.
class crew {
public:
  crew(std::shared_ptr<station> at, std::size_t parallelism) : at_(std::move(at)) { resize(parallelism); }
  ~crew() {
    at_->retire();
    join();
  }
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;

  void resize(std::size_t parallelism) {
    for (auto missing = at_->resize(parallelism); missing > 0; --missing)
      threads_.emplace_back([at = at_] { at->serve(); });
  }

  void join() {
    for (auto& t : threads_)
      if (t.joinable())
        t.join();
  }

private:
  std::shared_ptr<station> at_;
  std::vector<std::thread> threads_;
};

inline std::shared_ptr<station> make_station(const station_options& options,
                                             const context& ctx = context::background()) {
  return std::make_shared<station>(options, ctx);
}

/// Offers a whole block of jobs that are all known.
inline void offer_all(station& at, const std::shared_ptr<scripted_block>& block) {
  at.entrance().admit_all(block->size());
  at.offer({block, 0, block->size()});
}

inline void close(station& at) {
  at.close(make_error(ec::closed, "the test has offered all"));
}

/// Runs so many jobs that do nothing that a lane's next span is long.
inline void teach_short_jobs(station& at) {
  const auto before = at.look().books.ended();
  offer_all(at, std::make_shared<scripted_block>(before, 20'000, nothing_wrong));
  static_cast<void>(eventually([&] { return at.look().books.ended() == before + 20'000; }));
}

}  // namespace weir::test
