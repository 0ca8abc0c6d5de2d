#include <weir/actors/error.hpp>

#include <boost/test/unit_test.hpp>

#include <future>
#include <latch>
#include <set>
#include <thread>

#include "task_helpers.hpp"

using namespace weir;
using namespace weir_test;
using namespace std::chrono_literals;

namespace {

/// A clock that stands still and tells when somebody waits on it, and until when.
class watched_clock final : public clock {
public:
  [[nodiscard]] time_point now() const noexcept override { return inner_.now(); }
  [[nodiscard]] timer at(time_point when, std::function<void()> call) override {
    auto made = inner_.at(when, std::move(call));
    asked_ = when - inner_.now();
    waiting_.count_down();
    return made;
  }

  duration wait_for_sleeper() {
    waiting_.wait();
    return asked_;
  }
  void advance(duration by) { inner_.advance(by); }

private:
  manual_clock inner_;
  duration asked_{};
  std::latch waiting_{1};
};

/// Runs one item to its end in virtual time; `slept` is how long that took.
caf::expected<record> after_its_time(const task_function& task, const value& input,
                                     duration* slept = nullptr) {
  watched_clock time;
  auto outcome = std::async(std::launch::async, [&] { return run(task, input, context::background(time)); });
  const auto asked = time.wait_for_sleeper();
  if (slept)
    *slept = asked;
  time.advance(asked);
  return outcome.get();
}

duration time_of(given values, std::int64_t n) {
  duration slept{};
  BOOST_REQUIRE(after_its_time(made(sleep_task(), values), n, &slept));
  return slept;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sleeps)

BOOST_AUTO_TEST_CASE(the_record_passes_the_item_on_and_says_the_time) {
  const auto r = after_its_time(made(sleep_task(), {{"min", duration{250ms}}}), std::int64_t{3});
  BOOST_REQUIRE(r);
  BOOST_TEST(names_of(*r) == "item seconds");
  BOOST_TEST(number(*r, "item") == 3);
  BOOST_TEST(std::get<double>(*r->find("seconds")) == 0.25);
}

BOOST_AUTO_TEST_CASE(the_time_lies_between_min_and_max_and_differs_from_item_to_item) {
  std::set<duration> times;
  for (std::int64_t n = 1; n <= 20; ++n) {
    const auto time = time_of({{"min", duration{200ms}}, {"max", duration{500ms}}}, n);
    BOOST_TEST((time >= 200ms && time <= 500ms));
    times.insert(time);
  }
  BOOST_TEST(times.size() == 20U);
  BOOST_TEST((*times.begin() < 250ms && *times.rbegin() > 450ms));
}

BOOST_AUTO_TEST_CASE(equal_seeds_give_equal_times_and_others_do_not) {
  const auto with_seed = [](std::int64_t seed) {
    return time_of({{"min", duration{0ms}}, {"max", duration{1h}}, {"seed", seed}}, 5);
  };
  BOOST_TEST((with_seed(4) == with_seed(4)));
  BOOST_TEST((with_seed(4) != with_seed(-4)));
}

BOOST_AUTO_TEST_CASE(the_multiples_of_fail_every_fail_by_name_after_their_time) {
  const auto task = made(sleep_task(), {{"min", duration{1ms}}, {"fail_every", std::int64_t{7}}});
  for (const auto& input : {value{std::int64_t{7}}, value{"14"}}) {
    const auto r = after_its_time(task, input);
    BOOST_REQUIRE(!r);
    BOOST_TEST(is(r.error(), ec::failed));
    BOOST_TEST(text_of(r.error()).starts_with("failed to process item " + to_text(input) + ","));
  }
  for (const auto& input : {value{std::int64_t{8}}, value{"seven"}, value{7.5}})
    BOOST_TEST(!!after_its_time(task, input), to_text(input));
}

BOOST_AUTO_TEST_CASE(a_cancel_ends_the_wait) {
  watched_clock time;
  const auto ctx = context::with_cancel(context::background(time));
  const auto task = made(sleep_task(), {{"min", duration{24h}}});
  auto outcome = std::async(std::launch::async, [&] { return run(task, std::int64_t{1}, ctx); });
  time.wait_for_sleeper();
  ctx.cancel("enough");
  const auto r = outcome.get();
  BOOST_REQUIRE(!r);
  BOOST_TEST(is(r.error(), ec::canceled));
}

BOOST_AUTO_TEST_CASE(no_time_at_all_is_allowed) {
  const auto task = made(sleep_task(), {{"min", duration{0ms}}});
  BOOST_TEST(!!run(task, std::int64_t{1}));
  const auto ctx = context::with_cancel(context::background());
  ctx.cancel("enough");
  BOOST_TEST(!run(task, std::int64_t{1}, ctx));
}

BOOST_AUTO_TEST_CASE(max_is_not_below_min) {
  const auto kind = sleep_task();
  const auto with_max = [&](duration max) {
    return kind.make(settings_of(kind.accepts, {{"min", duration{500ms}}, {"max", max}}));
  };
  const auto refused = with_max(200ms);
  BOOST_REQUIRE(!refused);
  BOOST_TEST(is(refused.error(), ec::invalid_option));
  BOOST_TEST(text_of(refused.error()) == "max: 200ms is less than min = 500ms; allowed: min or longer");
  BOOST_TEST(!!with_max(500ms));
}

BOOST_AUTO_TEST_SUITE_END()
