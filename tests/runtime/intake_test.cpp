#include <weir/runtime/intake.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <stdexcept>

#include "../actors/crew.hpp"

using namespace weir;

namespace {

/// Jobs that do nothing.
class idle_block final : public job_block {
public:
  explicit idle_block(std::uint64_t sequence) : job_block(sequence) {}

  void reserve(std::uint64_t) {}
  void push(time_point, int&) { ++size_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  std::uint64_t run(std::uint64_t first, lane& on) noexcept override {
    for (; on.may_start(first); ++first) {
      on.passed(first);
      on.release_slot();
    }
    return first;
  }

private:
  std::uint64_t size_ = 0;
};

/// Can't store a job; `meanwhile` happens as one is on its way in.
class breaking_block final : public job_block {
public:
  breaking_block(std::uint64_t sequence, std::function<void()> meanwhile)
      : job_block(sequence), meanwhile_(std::move(meanwhile)) {}

  void push(time_point, int&) {
    meanwhile_();
    throw std::runtime_error{"broke on its way in"};
  }
  void reserve(std::uint64_t) {}
  [[nodiscard]] static std::uint64_t size() noexcept { return 0; }

  std::uint64_t run(std::uint64_t first, lane&) noexcept override { return first; }

private:
  std::function<void()> meanwhile_;
};

/// A way in to a station that has no lanes unless a test gives it some.
struct way_in {
  explicit way_in(std::uint64_t capacity, bool jobs_repeat = false)
      : at(test::make_station({.capacity = capacity})),
        gathering(
            at, [](std::uint64_t sequence) { return std::make_shared<idle_block>(sequence); },
            pool_options{.retry = {.attempts = jobs_repeat ? 2U : 1U}}) {}

  caf::error put(const context* wait = nullptr) {
    auto job = 0;
    auto placed = gathering.put(wait, job);
    auto* const refused = std::get_if<caf::error>(&placed);
    return refused ? std::move(*refused) : caf::error{};
  }

  void put_all(std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i)
      BOOST_REQUIRE(!put());
  }

  /// The jobs that have not been passed on. Takes them away.
  std::uint64_t gathered() {
    const auto jobs = at->entrance().take_open();
    return jobs.size();
  }

  std::shared_ptr<station> at;
  detail::intake<idle_block, int> gathering;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(intakes)

BOOST_AUTO_TEST_CASE(a_job_is_passed_on_at_once_while_a_lane_waits_and_gathers_while_none_does) {
  way_in in{64};
  in.at->entrance().set_hungry(true);
  in.put_all(1);
  BOOST_TEST(in.gathered() == 0u);
  in.at->entrance().set_hungry(false);
  in.put_all(1);
  BOOST_TEST(in.gathered() == 1u);
}

BOOST_AUTO_TEST_CASE(what_had_gathered_goes_with_the_job_that_finds_a_lane_waiting) {
  way_in in{64};
  in.put_all(2);
  in.at->entrance().set_hungry(true);
  in.put_all(1);
  BOOST_TEST(in.gathered() == 0u);
  in.at->stop({ec::canceled, "test", "enough"});
  BOOST_TEST(in.at->look().books.canceled == 3u);
}

BOOST_AUTO_TEST_CASE(a_lane_that_sleeps_gets_a_single_job) {
  way_in in{64};
  test::crew lanes{in.at, 1};
  for (std::uint64_t n = 1; n <= 3; ++n) {
    BOOST_REQUIRE(test::eventually([&] { return in.at->look().idle == 1; }));
    in.put_all(1);
    BOOST_REQUIRE(test::eventually([&] { return in.at->look().books.completed == n; }));
  }
}

BOOST_AUTO_TEST_CASE(a_block_is_passed_on_when_it_holds_a_quarter_of_the_slots) {
  way_in in{64};
  in.put_all(15);
  BOOST_TEST(in.gathered() == 15u);
  in.put_all(16);
  BOOST_TEST(in.gathered() == 0u);
  in.put_all(17);
  BOOST_TEST(in.gathered() == 1u);
}

BOOST_AUTO_TEST_CASE(where_jobs_may_be_tried_again_few_share_a_block) {
  way_in in{65'536, true};
  in.put_all(15);
  BOOST_TEST(in.gathered() == 15u);
  in.put_all(16);
  BOOST_TEST(in.gathered() == 0u);
}

BOOST_AUTO_TEST_CASE(a_block_is_full_with_one_job_at_least_and_with_4096_at_most) {
  way_in narrow{1};
  narrow.put_all(1);
  BOOST_TEST(narrow.gathered() == 0u);
  way_in wide{1'000'000};
  wide.put_all(4'095);
  BOOST_TEST(wide.gathered() == 4'095u);
  wide.put_all(4'096);
  BOOST_TEST(wide.gathered() == 0u);
}

BOOST_AUTO_TEST_CASE(who_may_wait_for_room_passes_on_what_has_gathered_and_who_does_not_wait_leaves_it) {
  const auto canceled = context::with_cancel(context::background());
  canceled.cancel("enough");
  for (const auto waits : {false, true}) {
    // Of nine slots a block holds two.
    way_in in{9};
    in.put_all(9);
    BOOST_TEST(is(in.put(waits ? &canceled : nullptr), waits ? ec::canceled : ec::overloaded));
    BOOST_TEST(in.gathered() == (waits ? 0u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(
    a_job_that_breaks_on_its_way_in_after_the_end_of_input_does_not_keep_the_station_from_rest) {
  for (const auto cancels : {false, true}) {
    const auto at = test::make_station({.capacity = 1});
    auto rested = false;
    at->on_rest([&] { rested = true; });
    // Who has waited for room lets go of the door's lock once more between its admission and the storing of
    // its job. That moment is too short to be met at will, so here it is made longer.
    auto* const lock_of_door = at->entrance().lock().mutex();
    const auto end_input = [&] {
      lock_of_door->unlock();
      if (cancels)
        at->ctx().cancel("enough");
      else
        test::close(*at);
      BOOST_TEST(!rested);
      lock_of_door->lock();
    };
    detail::intake<breaking_block, int> in{
        at, [&](std::uint64_t sequence) { return std::make_shared<breaking_block>(sequence, end_input); },
        pool_options{}};
    auto job = 0;
    BOOST_CHECK_THROW(static_cast<void>(in.put(nullptr, job)), std::runtime_error);
    BOOST_TEST(rested);
    BOOST_TEST(at->look().books.admitted == 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
