#include <boost/test/unit_test.hpp>

#include <random.hpp>

#include "crew.hpp"

using namespace weir;
using namespace weir::test;

namespace {

/// One run at random: blocks of all sizes from two submitters, jobs that do nothing, take a while, fail
/// or give up; meanwhile somebody resizes, and perhaps cancels, stops or writes off.
class random_run {
public:
  explicit random_run(std::uint64_t seed) : random_(seed, false) {}

  void operator()() {
    options_.capacity = 1u << 30;
    options_.collected = random_.one_in(2);
    options_.ordered = random_.one_in(2);
    if (random_.one_in(3))
      options_.batch_max = random_.between(1, 8);
    at_ = make_station(options_);
    lanes_max_ = 1 + random_.below(4);
    crew lanes{at_, lanes_max_};
    std::thread receiver;
    if (options_.collected)
      receiver = std::thread{[this] { receive(); }};
    make_blocks();
    std::thread other{[this] { offer(1); }};
    std::thread meddler{[this, &lanes, seed = random_.engine()()] { meddle(lanes, seed); }};
    offer(0);
    other.join();
    close(*at_);
    meddler.join();
    at_->wait_for_rest();
    at_->wait_for_lost_lanes();
    if (receiver.joinable())
      receiver.join();
    check();
  }

private:
  void make_blocks() {
    std::uint64_t sequence = 0;
    const auto n = random_.between(1, 30);
    const auto failing = random_.one_in(2);
    const auto long_jobs = random_.one_in(2) ? random_.between(2, 200) : 0;
    for (std::uint64_t b = 0; b < n; ++b) {
      const auto size = random_.one_in(3) ? random_.between(1, 2'000) : random_.between(1, 30);
      blocks_.push_back(std::make_shared<scripted_block>(
          sequence, size,
          [failing, long_jobs, sequence](std::uint64_t i, lane& on) {
            const auto hash = (sequence + i) * 0x9e3779b97f4a7c15u >> 32;
            if (long_jobs > 0 && hash % long_jobs == 0) {
              const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds{hash % 200};
              while (std::chrono::steady_clock::now() < until) {
              }
            }
            if (failing && hash % 7 == 0)
              return make_error(ec::failed, "bad");
            return hash % 5 == 0 ? on.ctx().error() : caf::error{};
          },
          options_.collected));
      sequence += size;
    }
    jobs_ = sequence;
    outcomes_ = std::vector<std::atomic<int>>(jobs_);
    in_ = std::vector<std::atomic<bool>>(jobs_);
  }

  /// Two offer at a time; where the order matters, one offers all in that order.
  void offer(std::size_t which) {
    if (options_.ordered && which == 1)
      return;
    for (auto b = which; b < blocks_.size(); b += options_.ordered ? 1 : 2)
      if (admit(*blocks_[b]))
        at_->offer({blocks_[b], 0, blocks_[b]->size()});
      else
        return;
  }

  /// All jobs of the block, or none if the door is closed.
  bool admit(const scripted_block& block) {
    const auto held = at_->entrance().lock();
    for (std::uint64_t i = 0; i < block.size(); ++i)
      if (at_->entrance().admit(held))
        return false;
    admitted_ += block.size();
    in_[block.sequence()] = true;
    return true;
  }

  void meddle(crew& lanes, std::uint64_t seed) {
    seeded random{seed, false};
    const auto pause = [&] {
      for (auto n = random.below(2'000); n > 0; --n)
        std::atomic_signal_fence(std::memory_order_seq_cst);
      if (random.one_in(4))
        std::this_thread::yield();
    };
    for (auto steps = random.below(20); steps > 0; --steps) {
      pause();
      lanes.resize(random.between(1, lanes_max_));
      static_cast<void>(at_->look());
      static_cast<void>(at_->running());
    }
    pause();
    const auto end = random.below(4);
    if (end == 1)
      at_->ctx().cancel("at random");
    if (end == 2)
      at_->stop({ec::canceled, "test", "at random"});
    if (end == 3) {
      lost_ = at_->abandon().size();
      pause();
    }
    if (options_.collected && random.one_in(4)) {
      at_->discard();
      discarded_ = true;
    }
  }

  void receive() {
    std::vector<finished_span> out;
    std::uint64_t next = 0;
    while (at_->collect(out)) {
      for (const auto& s : out) {
        for (auto i = s.jobs.first; i < s.jobs.last; ++i)
          ++outcomes_[s.jobs.block->sequence() + i];
        if (options_.ordered && s.jobs.block->sequence() + s.jobs.first < next)
          out_of_order_ = true;
        next = s.jobs.block->sequence() + s.jobs.last;
        at_->taken(s.jobs.size());
      }
      out.clear();
    }
  }

  void check() {
    const auto s = at_->look();
    BOOST_TEST_INFO_SCOPE("collected " << options_.collected << ", ordered " << options_.ordered << ", lost "
                                       << lost_ << ", discarded " << discarded_ << ", stopped "
                                       << at_->stopped_by().has_value() << ", admitted " << s.books.admitted);
    BOOST_REQUIRE(s.books.balanced());
    BOOST_REQUIRE_EQUAL(s.books.admitted, admitted_);
    BOOST_REQUIRE_EQUAL(s.used, 0u);
    BOOST_REQUIRE_EQUAL(s.running, 0u);
    BOOST_REQUIRE_LE(s.peak_running, lanes_max_);
    BOOST_REQUIRE(!out_of_order_);
    std::uint64_t started = 0;
    for (const auto& b : blocks_) {
      const auto expected = in_[b->sequence()] ? 1 : 0;
      for (std::uint64_t i = 0; i < b->size(); ++i) {
        BOOST_REQUIRE_LE(b->starts(i), 1);
        started += static_cast<std::uint64_t>(b->starts(i));
        if (!options_.collected)
          BOOST_REQUIRE_EQUAL(b->outcomes(i), expected);
        else if (!discarded_)
          BOOST_REQUIRE_EQUAL(outcomes_[b->sequence() + i], expected);
        else
          BOOST_REQUIRE_LE(outcomes_[b->sequence() + i], 1);
        if (b->cancels(i) > 0 && lost_ == 0)
          BOOST_REQUIRE_EQUAL(b->starts(i), 0);
      }
    }
    if (!at_->stopped_by())
      BOOST_REQUIRE_EQUAL(started, jobs_);
    // What ran has ended by itself, or was given up when its lane was written off.
    BOOST_REQUIRE_LE(s.books.completed + s.books.failed, started);
  }

  seeded random_;
  station_options options_;
  std::shared_ptr<station> at_;
  std::size_t lanes_max_ = 1;
  std::uint64_t jobs_ = 0;
  std::uint64_t admitted_ = 0;         // under the lock of the door
  std::vector<std::atomic<bool>> in_;  // by the sequence number of a block
  std::size_t lost_ = 0;
  bool discarded_ = false;
  std::atomic<bool> out_of_order_{false};
  std::vector<std::shared_ptr<scripted_block>> blocks_;
  std::vector<std::atomic<int>> outcomes_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(station_at_random)

BOOST_AUTO_TEST_CASE(no_job_is_lost_or_run_twice_whatever_happens_when) {
  seeded seeds;
  for (int round = 0; round < 150; ++round) {
    const auto seed = seeds.engine()();
    BOOST_TEST_CONTEXT("round " << round << ", seed of the round " << seed)
    random_run{seed}();
  }
}

BOOST_AUTO_TEST_CASE(takeovers_that_race_with_the_end_of_a_span_run_no_job_twice) {
  const auto at = make_station({.capacity = 1u << 30});
  crew lanes{at, 3};
  teach_short_jobs(*at);
  std::uint64_t sequence = 20'000;
  for (int round = 0; round < 3'000; ++round) {
    // A span that takes longer than a takeover is worth, so that its last jobs are fought for.
    const auto block = std::make_shared<scripted_block>(sequence, 300, nothing_wrong);
    sequence += block->size();
    offer_all(*at, block);
    BOOST_REQUIRE(eventually([&] { return at->look().books.ended() == sequence; }));
    for (std::uint64_t i = 0; i < block->size(); ++i)
      BOOST_REQUIRE_EQUAL(block->starts(i), 1);
  }
}

BOOST_AUTO_TEST_CASE(nothing_starts_after_a_cancel_has_returned_but_what_was_let_through) {
  seeded random;
  for (int round = 0; round < 100; ++round) {
    const auto at = make_station({.capacity = 1u << 30});
    std::atomic<bool> canceled{false};
    std::atomic<int> late{0};
    const auto lanes_n = 1 + random.below(3);
    crew lanes{at, lanes_n};
    const auto block = std::make_shared<scripted_block>(0, 200'000, [&](std::uint64_t, lane&) {
      if (canceled)
        ++late;
      return caf::error{};
    });
    offer_all(*at, block);
    for (auto n = random.below(20'000); n > 0; --n)
      std::atomic_signal_fence(std::memory_order_seq_cst);
    at->ctx().cancel("at random");
    canceled = true;
    at->wait_for_rest();
    BOOST_REQUIRE_LE(late.load(), static_cast<int>(lanes_n));
    BOOST_REQUIRE(at->look().books.balanced());
  }
}

BOOST_AUTO_TEST_SUITE_END()
