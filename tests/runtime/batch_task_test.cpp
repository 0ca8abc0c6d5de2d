/// Tasks that do several jobs together.

#include <weir/runtime/parallel_map.hpp>
#include <weir/runtime/pipeline.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <numeric>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include "../support/event.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

/// Squares numbers; what else happens is up to its test.
struct sent_squares {
  std::uint64_t limit = 1'000'000;
  /// Of the jobs of a batch, as it is run; may change what they come to.
  std::function<void(const std::vector<int>&, std::vector<caf::expected<int>>&)> run = {};
  duration each = 1us;  // what a job takes over there
  std::string place = {};
  std::function<void(const batch_wish&)> begins = {};

  class batch {
  public:
    explicit batch(const sent_squares& of) : of_(&of) {}

    [[nodiscard]] std::uint64_t limit() const noexcept { return of_->limit; }
    bool add(int x) {
      jobs_.push_back(x);
      return true;
    }
    void run() {
      for (const auto x : jobs_)
        results_.emplace_back(x * x);
      if (of_->run)
        of_->run(jobs_, results_);
    }
    caf::expected<int> next() { return std::move(results_[next_++]); }
    [[nodiscard]] std::optional<duration> busy() const {
      return of_->each * static_cast<std::int64_t>(jobs_.size());
    }
    [[nodiscard]] const std::string& place() const { return of_->place; }

  private:
    const sent_squares* of_;
    std::vector<int> jobs_;
    std::vector<caf::expected<int>> results_;
    std::size_t next_ = 0;
  };

  caf::expected<batch> begin_batch(const context&, const batch_wish& wish) const {
    if (begins)
      begins(wish);
    return batch{*this};
  }
  caf::expected<int> operator()(const context&, const int& x) const { return x * x; }
};

/// How many jobs each batch had.
struct sizes {
  std::mutex mutex;
  std::vector<std::size_t> all;

  auto note() {
    return [this](const std::vector<int>& jobs, std::vector<caf::expected<int>>&) {
      const std::lock_guard guard{mutex};
      all.push_back(jobs.size());
    };
  }
  std::size_t most() { return *std::max_element(all.begin(), all.end()); }
  std::size_t sum() { return std::accumulate(all.begin(), all.end(), std::size_t{0}); }
};

std::vector<int> numbers(int n) {
  std::vector<int> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void check_squares(const std::vector<int>& results, int n) {
  BOOST_TEST_REQUIRE(results.size() == static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i)
    BOOST_TEST_REQUIRE(results[static_cast<std::size_t>(i)] == i * i);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(jobs_that_are_sent)

BOOST_AUTO_TEST_CASE(short_jobs_of_a_map_go_together_and_their_results_come_in_order) {
  engine on;
  sizes seen;
  const auto results = parallel_map(on, context::background(), numbers(20'000),
                                    sent_squares{.run = seen.note()}, {.parallelism = 3});
  BOOST_TEST_REQUIRE(static_cast<bool>(results));
  check_squares(*results, 20'000);
  BOOST_TEST(seen.sum() == 20'000u);
  BOOST_TEST(seen.most() > 100u);
}

BOOST_AUTO_TEST_CASE(long_jobs_go_alone) {
  engine on;
  sizes seen;
  const auto all = parallel_map(on, context::background(), numbers(50),
                                sent_squares{.run = seen.note(), .each = 2ms}, {.parallelism = 2});
  check_squares(*all, 50);
  BOOST_TEST(seen.most() == 1u);
}

BOOST_AUTO_TEST_CASE(the_time_that_a_lane_waits_for_its_batch_is_none_of_its_jobs) {
  engine on;
  sizes seen;
  const auto note = seen.note();
  const auto all = parallel_map(on, context::background(), numbers(2'000),
                                sent_squares{.run =
                                                 [&](const auto& jobs, auto& results) {
                                                   note(jobs, results);
                                                   std::this_thread::sleep_for(2ms);
                                                 }},
                                {.parallelism = 2});
  check_squares(*all, 2'000);
  BOOST_TEST(seen.most() > 50u);
}

BOOST_AUTO_TEST_CASE(a_batch_has_no_more_jobs_than_it_takes_and_the_rest_is_sent_too) {
  engine on;
  sizes seen;
  const auto all = parallel_map(on, context::background(), numbers(5'000),
                                sent_squares{.limit = 7, .run = seen.note()}, {.parallelism = 3});
  check_squares(*all, 5'000);
  BOOST_TEST(seen.most() <= 7u);
}

BOOST_AUTO_TEST_CASE(the_outcomes_of_a_stream_come_in_order) {
  engine on;
  sizes seen;
  std::vector<int> results;
  stream<int, int> s{on,
                     sent_squares{.run = seen.note()},
                     {.parallelism = 3, .capacity = 8'192},
                     [&](const outcome<int>& o) { results.push_back(*o.result); }};
  for (int i = 0; i < 20'000; ++i)
    BOOST_TEST_REQUIRE(static_cast<bool>(s.submit(context::background(), i)));
  s.close();
  s.wait();
  check_squares(results, 20'000);
  BOOST_TEST(seen.most() > 100u);
}

BOOST_AUTO_TEST_CASE(each_ticket_of_a_pool_has_its_own_outcome) {
  engine on;
  pool<int, int> p{on, sent_squares{}, {.parallelism = 2, .capacity = 2'000}};
  std::vector<ticket<int>> tickets;
  for (int i = 0; i < 2'000; ++i)
    tickets.push_back(std::move(*p.submit(context::background(), i)));
  for (int i = 0; i < 2'000; ++i)
    BOOST_TEST_REQUIRE(*tickets[static_cast<std::size_t>(i)].get().result == i * i);
}

BOOST_AUTO_TEST_CASE(a_job_that_fails_is_tried_again_and_those_that_went_with_it_are_not) {
  engine on;
  std::mutex mutex;
  std::map<int, int> sent;
  const auto all = parallel_outcomes(on, context::background(), numbers(3'000),
                                     sent_squares{.run =
                                                      [&](const auto& jobs, auto& results) {
                                                        const std::lock_guard guard{mutex};
                                                        for (std::size_t i = 0; i < jobs.size(); ++i)
                                                          if (++sent[jobs[i]] == 1 && jobs[i] % 100 == 50)
                                                            results[i] =
                                                                make_error(ec::failed, "the first time");
                                                      }},
                                     {.parallelism = 2, .retry = {.attempts = 2, .backoff = 1ms}});
  BOOST_TEST_REQUIRE(static_cast<bool>(all));
  for (const auto& o : *all) {
    const auto x = static_cast<int>(o.index);
    BOOST_TEST_REQUIRE((o.result && *o.result == x * x), "job " << x);
    BOOST_TEST_REQUIRE(o.attempt == (x % 100 == 50 ? 2u : 1u));
    BOOST_TEST_REQUIRE(sent[x] == (x % 100 == 50 ? 2 : 1));
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_is_tried_again_asks_for_another_place) {
  engine on;
  std::atomic<int> failures{0};
  std::atomic<int> elsewhere{0};
  sent_squares task{.run =
                        [&](const auto& jobs, auto& results) {
                          for (std::size_t i = 0; i < jobs.size(); ++i)
                            if (jobs[i] % 100 == 50 && failures < 7) {
                              ++failures;
                              results[i] = make_error(ec::failed, "not here");
                            }
                        },
                    .place = "here",
                    .begins =
                        [&](const batch_wish& wish) {
                          if (wish.not_at == "here")
                            ++elsewhere;
                        }};
  const auto all = parallel_map(on, context::background(), numbers(3'000), std::move(task),
                                {.parallelism = 1, .retry = {.attempts = 10, .backoff = 1ms}});
  check_squares(*all, 3'000);
  BOOST_TEST(failures == 7);
  BOOST_TEST(elsewhere == 7);
}

BOOST_AUTO_TEST_CASE(jobs_of_a_stage_of_a_pipeline_go_together) {
  engine on;
  sizes seen;
  std::vector<int> results;
  const auto s =
      (from(std::views::iota(0, 5'000)) |
       stage(sent_squares{.run = seen.note()}, {.parallelism = 2, .capacity = 2'000}) | into([&](int x) {
         results.push_back(x);
       })).run(on, context::background());
  BOOST_TEST(s.clean());
  check_squares(results, 5'000);
  BOOST_TEST(seen.most() > 10u);
}

BOOST_AUTO_TEST_CASE(a_stage_that_filters_has_its_jobs_go_together_too) {
  engine on;
  sizes seen;
  std::vector<int> passed;
  const auto s =
      (from(std::views::iota(0, 1'000)) |
       filter(sent_squares{.run = seen.note()}, {.parallelism = 2, .capacity = 500}) | into([&](int x) {
         passed.push_back(x);
       })).run(on, context::background());
  BOOST_TEST(s.clean());
  BOOST_TEST(passed.size() == 999u);
  BOOST_TEST(passed.front() == 1);
  BOOST_TEST(seen.sum() == 1'000u);
}

BOOST_AUTO_TEST_CASE(all_jobs_of_a_batch_that_is_lost_run_again) {
  engine on;
  std::atomic<int> losses{0};
  const auto all = parallel_map(on, context::background(), numbers(3'000),
                                sent_squares{.run =
                                                 [&](const auto& jobs, auto& results) {
                                                   if (jobs.size() < 10 || losses++ >= 3)
                                                     return;
                                                   std::fill(results.begin(), results.end(),
                                                             make_error(ec::worker_lost, "lost"));
                                                 }},
                                {.parallelism = 2});
  check_squares(*all, 3'000);
  BOOST_TEST(losses >= 3);
}

BOOST_AUTO_TEST_CASE(a_range_that_throws_for_a_job_fails_that_job) {
  engine on;
  const auto inputs = std::views::iota(0, 300) | std::views::transform([](int x) {
                        if (x == 150)
                          throw std::runtime_error{"not to be had"};
                        return x;
                      });
  const auto results = parallel_outcomes(on, context::background(), inputs, sent_squares{},
                                         {.parallelism = 2, .on_error = policy::collect});
  BOOST_TEST_REQUIRE(static_cast<bool>(results));
  for (const auto& o : *results)
    BOOST_TEST_REQUIRE(static_cast<bool>(o.result) == (o.index != 150));
  BOOST_TEST(text_of((*results)[150].result.error()) == "not to be had");
}

BOOST_AUTO_TEST_CASE(what_was_sent_when_a_pool_is_canceled_ends_as_it_ends_and_the_rest_unstarted) {
  engine on;
  event sent;
  event go_on;
  pool<int, int> p{on,
                   sent_squares{.limit = 5,
                                .run =
                                    [&](const auto&, auto&) {
                                      sent.set();
                                      go_on.wait();
                                    }},
                   {.parallelism = 1, .capacity = 100}};
  std::vector<ticket<int>> tickets;
  for (int i = 0; i < 50; ++i)
    tickets.push_back(std::move(*p.submit(context::background(), i)));
  sent.wait();
  p.cancel("enough");
  go_on.set();
  const auto report = p.drain(duration::max());
  BOOST_TEST(report.books.balanced());
  BOOST_TEST(report.books.completed >= 1u);
  BOOST_TEST(report.books.completed <= 5u);
  BOOST_TEST(report.books.completed + report.books.canceled == 50u);
}

BOOST_AUTO_TEST_CASE(a_batch_that_does_not_come_back_is_written_off_as_a_whole) {
  event sent;
  event go_on;
  {
    engine on;
    std::vector<ticket<int>> tickets;
    {
      pool<int, int> p{on,
                       sent_squares{.run =
                                        [&](const auto& jobs, auto&) {
                                          if (jobs.size() < 2)
                                            return;
                                          sent.set();
                                          go_on.wait();
                                        }},
                       {.parallelism = 1, .capacity = 1000}};
      for (int i = 0; i < 1000; ++i)
        tickets.push_back(std::move(*p.submit(context::background(), i)));
      sent.wait();
      const auto report = p.drain(50ms);
      BOOST_TEST(report.books.balanced());
      BOOST_TEST(report.stragglers.size() == 1u);
    }
    std::size_t abandoned = 0;
    for (auto& t : tickets) {
      const auto o = t.get();
      abandoned += !o.result && is(o.result.error(), ec::abandoned) ? 1 : 0;
    }
    BOOST_TEST(abandoned >= 2u);
    go_on.set();
  }
}

BOOST_AUTO_TEST_SUITE_END()
