#include <weir/runtime/pipeline.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>
#include <vector>

#include "../actors/crew.hpp"
#include "embedding_support.hpp"
#include "thread_starts.hpp"

using namespace weir;
using namespace weir::testing;
using namespace std::chrono_literals;

namespace {

using int_pool = pool<int, int>;

/// A pool whose one worker is busy, with `queued` more jobs behind it.
struct busy_pool : with_engine {
  gate hold;
  std::optional<int_pool> p;
  std::vector<ticket<int>> tickets;

  void fill(pool_options options, int queued) {
    options.parallelism = 1;
    options.capacity = static_cast<std::size_t>(queued) + 1;
    p.emplace(
        on, [this](int i) { return i == 0 ? hold.wait() : void(), i; }, options);
    for (int i = 0; i <= queued; ++i) {
      tickets.push_back(std::move(*p->try_submit(i)));
      if (i == 0)
        hold.wait_for_arrivals(1);
    }
  }

  void check_refusal(policy::overflow how) {
    fill({.overflow = how}, 1);
    auto offer = p->submit(ctx, 9);
    BOOST_TEST_REQUIRE(!offer);
    BOOST_TEST(is(offer.error(), ec::overloaded));
    BOOST_TEST(offer.job() == 9);
    BOOST_TEST(p->stats().books.rejected == 1u);
    hold.open();
    BOOST_TEST(p->drain(hopeless).books.completed == 2u);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(full_doors, busy_pool)

BOOST_AUTO_TEST_CASE(one_that_rejects_refuses_a_caller_who_could_wait) {
  check_refusal(policy::overflow::reject);
}

BOOST_AUTO_TEST_CASE(one_that_drops_the_newest_refuses_a_caller_who_could_wait) {
  check_refusal(policy::overflow::drop_newest);
}

BOOST_AUTO_TEST_CASE(one_that_drops_the_oldest_ends_it_as_canceled_and_takes_the_new_one) {
  fill({.overflow = policy::overflow::drop_oldest}, 2);
  auto offer = p->submit(ctx, 9);
  BOOST_REQUIRE(offer);
  BOOST_REQUIRE(tickets[1].ready());
  const auto dropped = tickets[1].get();
  BOOST_TEST((dropped.kind == outcome_kind::canceled));
  BOOST_TEST(is(dropped.result.error(), ec::overloaded));
  BOOST_TEST(text_of(dropped.result.error()) == "dropped to make room for a newer job");
  BOOST_TEST(dropped.attempt == 0u);
  BOOST_TEST(p->stats().dropped == 1u);
  BOOST_TEST(p->stats().used == 3u);
  hold.open();
  BOOST_TEST(*tickets[0].get().result == 0);
  BOOST_TEST(*tickets[2].get().result == 2);
  BOOST_TEST(*offer->get().result == 9);
  const auto books = p->drain(hopeless).books;
  BOOST_TEST(books.balanced());
  BOOST_TEST(books.canceled == 1u);
}

BOOST_AUTO_TEST_CASE(what_runs_is_never_dropped_so_that_the_new_job_is_refused) {
  fill({.overflow = policy::overflow::drop_oldest}, 0);
  BOOST_TEST(is(p->submit(ctx, 9).error(), ec::overloaded));
  BOOST_TEST(p->stats().dropped == 0u);
  hold.open();
}

BOOST_AUTO_TEST_CASE(who_does_not_want_to_wait_is_refused_and_drops_nobody) {
  fill({.overflow = policy::overflow::drop_oldest}, 2);
  BOOST_TEST(is(p->try_submit(9).error(), ec::overloaded));
  BOOST_TEST(p->stats().dropped == 0u);
  hold.open();
}

BOOST_AUTO_TEST_CASE(who_has_been_canceled_drops_nobody) {
  fill({.overflow = policy::overflow::drop_oldest}, 2);
  const auto given_up = context::with_cancel(ctx);
  given_up.cancel("enough");
  BOOST_TEST(is(p->submit(given_up, 9).error(), ec::canceled));
  BOOST_TEST(p->stats().dropped == 0u);
  hold.open();
}

BOOST_AUTO_TEST_CASE(only_a_flow_has_another_stage_to_redirect_to) {
  for (const auto& [how, name] : policy::overflow_names) {
    const auto problem = pool_options{.overflow = how}.validate();
    BOOST_TEST(is(problem, ec::invalid_option) == (how == policy::overflow::redirect), name);
  }
}

BOOST_AUTO_TEST_CASE(many_who_drop_at_once_lose_no_job_and_the_books_balance) {
  fill({.overflow = policy::overflow::drop_oldest}, 15);
  std::mutex mutex;
  std::vector<ticket<int>> more;
  std::atomic<std::uint64_t> refused{0};
  std::vector<std::jthread> callers;
  for (int t = 0; t < 4; ++t)
    callers.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        auto offer = p->submit(ctx, 1);
        if (!offer) {
          ++refused;
          continue;
        }
        std::lock_guard guard{mutex};
        more.push_back(std::move(*offer));
      }
    });
  callers.clear();
  hold.open();
  std::uint64_t completed = 0;
  std::uint64_t dropped = 0;
  for (auto* all : {&tickets, &more})
    for (auto& t : *all)
      ++(t.get().completed() ? completed : dropped);
  const auto books = p->drain(hopeless).books;
  BOOST_TEST(books.balanced());
  BOOST_TEST(books.completed == completed);
  BOOST_TEST(books.canceled == dropped);
  BOOST_TEST(books.rejected == refused);
  BOOST_TEST(completed + dropped + refused == 2'016u);
}

BOOST_AUTO_TEST_CASE(in_a_stream_the_dropped_jobs_keep_their_place_among_the_outcomes) {
  std::vector<std::string> got;
  stream<int, int> s{
      on,
      [&](int i) { return i == 0 ? hold.wait() : void(), i; },
      {.parallelism = 1, .capacity = 3, .order = order::completed, .overflow = policy::overflow::drop_oldest},
      [&](outcome<int>& o) { got.push_back(o.completed() ? std::to_string(*o.result) : "dropped"); }};
  BOOST_REQUIRE(s.submit(ctx, 0));
  hold.wait_for_arrivals(1);
  for (int i = 1; i <= 4; ++i)
    BOOST_REQUIRE(s.submit(ctx, i));
  hold.open();
  const auto books = s.drain(hopeless).books;
  BOOST_TEST(books.canceled == 2u);
  BOOST_TEST((got == std::vector<std::string>{"dropped", "dropped", "0", "3", "4"}));
}

BOOST_AUTO_TEST_CASE(a_full_stage_of_a_pipeline_fails_or_drops_the_item_as_it_was_told) {
  for (const auto how :
       {policy::overflow::reject, policy::overflow::drop_newest, policy::overflow::drop_oldest}) {
    gate slow;
    std::vector<int> got;
    std::vector<int> numbers(50);
    std::iota(numbers.begin(), numbers.end(), 0);
    auto source = std::views::all(numbers) | std::views::transform([&](int i) {
                    if (i == 1)
                      slow.wait_for_arrivals(1);
                    if (i == 49)
                      slow.open();
                    return i;
                  });
    const auto summary =
        (from(source) |
         stage(
             [&](int i) { return i == 0 ? slow.wait() : void(), i; },
             {.name = "slow", .parallelism = 1, .capacity = 4, .order = order::completed, .overflow = how}) |
         into([&](int i) {
           got.push_back(i);
         })).run(on, ctx, {.on_error = policy::collect});
    const auto& s = summary.stages[0];
    BOOST_TEST(summary.read == 50u);
    BOOST_TEST(s.books.balanced());
    BOOST_TEST(got.front() == 0);
    BOOST_TEST(s.books.completed == got.size());
    if (how == policy::overflow::reject) {
      BOOST_TEST(summary.failed + got.size() == 50u);
      BOOST_TEST(summary.failed > 0u);
      BOOST_TEST(is(summary.failures.front().why, ec::overloaded));
      BOOST_TEST(summary.failures.front().index == 4u);
    } else {
      BOOST_TEST(summary.clean());
      BOOST_TEST(s.dropped + got.size() == 50u);
    }
    // Of the last ones, those that came when the slow one was let go may have found nothing left to displace.
    if (how == policy::overflow::drop_oldest)
      BOOST_TEST(got.back() > 40);
  }
}

BOOST_AUTO_TEST_CASE(a_stage_that_gets_no_thread_ends_the_run_and_is_not_taken_for_a_full_one) {
  for (const auto how : {policy::overflow::block, policy::overflow::reject, policy::overflow::drop_newest}) {
    engine fresh;                    // that keeps no thread
    const few_threads collector{1};  // and none for a worker
    const auto summary =
        (from(std::views::iota(0, 1'000'000)) |
         stage([](int i) { return i; }, {.parallelism = 1, .capacity = 4, .overflow = how}) | into([](int) {
         })).run(fresh, ctx, {.on_error = policy::collect});
    BOOST_TEST(summary.read < 1'000'000u);
    BOOST_TEST(summary.failed + summary.stages[0].dropped <= summary.read);
    if (how == policy::overflow::block)
      BOOST_TEST(summary.stages[0].dropped == 0u);
    BOOST_REQUIRE(summary.ended_by.has_value());
    BOOST_TEST(summary.ended_by->why.find("no thread left") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(paced_doors, with_engine)

BOOST_AUTO_TEST_CASE(what_comes_faster_than_the_rate_is_refused_and_handed_back) {
  manual_clock time;
  const auto now = context::background(time);
  int_pool p{on,
             [](int i) { return i; },
             {.parallelism = 1, .capacity = 16, .rate = {.per_second = 2, .burst = 2}},
             now};
  BOOST_TEST(p.try_submit(1)->get().completed());
  BOOST_TEST(p.try_submit(2)->get().completed());
  auto third = p.try_submit(3);
  BOOST_TEST(is(third.error(), ec::rate_limited));
  BOOST_TEST(third.job() == 3);
  BOOST_TEST(p.stats().books.rejected == 1u);
  time.advance(500ms);
  BOOST_TEST(p.try_submit(4)->get().completed());
}

BOOST_AUTO_TEST_CASE(an_offer_that_finds_no_room_uses_up_no_turn) {
  manual_clock time;
  const auto now = context::background(time);
  gate hold;
  int_pool p{on,
             [&](int i) { return i == 0 ? hold.wait() : void(), i; },
             {.parallelism = 1, .rate = {.per_second = 1, .burst = 2}},
             now};
  auto first = p.try_submit(0);
  hold.wait_for_arrivals(1);
  BOOST_TEST(is(p.try_submit(1).error(), ec::overloaded));
  hold.open();
  BOOST_TEST(first->get().completed());
  BOOST_TEST(p.try_submit(1)->get().completed());
}

BOOST_AUTO_TEST_CASE(who_may_wait_is_let_in_at_exactly_its_turn) {
  manual_clock time;
  const auto now = context::background(time);
  int_pool p{
      on, [](int i) { return i; }, {.parallelism = 1, .capacity = 16, .rate = {.per_second = 10}}, now};
  BOOST_REQUIRE(p.submit(now, 0));
  std::atomic<bool> in{false};
  std::jthread waiting{[&] {
    BOOST_TEST(static_cast<bool>(p.submit(now, 1)));
    in = true;
  }};
  BOOST_TEST(test::eventually([&] {
    time.advance(in ? 0ms : 1ms);
    return in.load();
  }));
  BOOST_TEST((time.now() >= time_point{100ms}));
}

BOOST_AUTO_TEST_CASE(the_end_of_the_pool_ends_the_wait_for_a_turn) {
  manual_clock time;
  const auto now = context::background(time);
  int_pool p{
      on, [](int i) { return i; }, {.parallelism = 1, .capacity = 16, .rate = {.per_second = 0.001}}, now};
  BOOST_REQUIRE(p.submit(now, 0));
  std::jthread waiting{[&] { BOOST_TEST(is(p.submit(now, 1).error(), ec::canceled)); }};
  p.cancel("enough");
  waiting.join();
  BOOST_TEST(p.drain(hopeless).books.balanced());
}

BOOST_AUTO_TEST_CASE(a_rate_out_of_range_is_refused_before_anything_starts) {
  for (const auto& wrong : {policy::rate_rule{.per_second = -1}, policy::rate_rule{.per_second = 1e10},
                            policy::rate_rule{.per_second = 1, .burst = 0}})
    BOOST_CHECK_THROW((int_pool{on, [](int i) { return i; }, {.rate = wrong}}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_turn_hears_that_the_door_has_closed) {
  manual_clock time;
  const auto now = context::background(time);
  int_pool p{on,
             [](int i) { return i; },
             {.name = "slow door", .parallelism = 1, .rate = {.per_second = 0.1, .burst = 1}},
             now};
  BOOST_TEST(p.submit(now, 1)->get().completed());
  std::jthread closes{[&] {
    BOOST_TEST(test::eventually([&] { return p.stats().books.offered == 1; }));
    p.close();
  }};
  const auto refused = p.submit(now, 2);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(is(refused.error(), ec::closed));
  BOOST_TEST(text_of(refused.error()) == "slow door takes no more jobs");
}

BOOST_AUTO_TEST_CASE(a_turn_whose_job_could_not_be_stored_is_the_next_ones) {
  struct breaks {
    bool bad;
    int copies = 0;
    explicit breaks(bool is_bad) : bad(is_bad) {}
    breaks(const breaks& other) : bad(other.bad), copies(other.copies + 1) {
      if (bad && copies == 2)
        throw std::runtime_error{"can't be copied twice"};
    }
  };
  manual_clock time;
  pool<breaks, int> p{on,
                      [](breaks&) { return 0; },
                      {.parallelism = 1, .rate = {.per_second = 0.01, .burst = 1}},
                      context::background(time)};
  const breaks bad{true};
  BOOST_CHECK_THROW(static_cast<void>(p.try_submit(bad)), std::runtime_error);
  BOOST_TEST(p.try_submit(breaks{false})->get().completed());
}

BOOST_AUTO_TEST_CASE(without_a_thread_to_time_its_turn_a_job_is_refused_and_the_turn_is_kept) {
  struct clock_without_threads final : weir::clock {
    [[nodiscard]] time_point now() const noexcept override { return at_; }
    [[nodiscard]] timer at(time_point, std::function<void()>) override {
      throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again)};
    }
    time_point at_{};
  } time;
  const auto now = context::background(time);
  int_pool p{on, [](int i) { return i; }, {.parallelism = 1, .rate = {.per_second = 1, .burst = 1}}, now};
  BOOST_TEST(p.try_submit(0)->get().completed());
  for (int i = 0; i < 3; ++i) {
    auto refused = p.submit(now, 7);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(is(refused.error(), ec::overloaded));
    BOOST_TEST(refused.job() == 7);
  }
  time.at_ += 1s;
  BOOST_TEST(p.try_submit(1)->get().completed());
  BOOST_TEST(p.stats().books.offered == 5u);
  BOOST_TEST(p.stats().books.rejected == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
