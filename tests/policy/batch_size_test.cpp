#include <weir/actors/policy/batch_size.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::policy;
using namespace std::chrono_literals;

namespace {

batch_size measured(std::uint64_t jobs, batch_size::duration elapsed,
                    std::uint64_t limit = batch_size::jobs_max) {
  batch_size b{limit};
  b.observe(jobs, elapsed);
  return b;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(credit)

BOOST_AUTO_TEST_CASE(credit_starts_at_one_job) {
  batch_size b;
  BOOST_TEST(b.next(1'000'000, 2) == 1u);
  BOOST_TEST(!b.brief());
  BOOST_TEST(b.mean().count() == 0);
}

BOOST_AUTO_TEST_CASE(short_jobs_come_in_batches_of_the_target_time) {
  // 100 ns each: 1,000 of them take the target of 100 µs.
  BOOST_TEST(measured(10, 1us).next(1'000'000, 2) == 1'000u);
}

BOOST_AUTO_TEST_CASE(long_jobs_come_one_by_one) {
  BOOST_TEST(measured(1, 1ms).next(1'000'000, 2) == 1u);
  BOOST_TEST(measured(1, 100us).next(1'000'000, 2) == 1u);
}

BOOST_AUTO_TEST_CASE(near_the_end_credit_shrinks_to_a_fair_share) {
  const auto b = measured(10, 1us);
  BOOST_TEST(b.next(2'000, 2) == 500u);
  BOOST_TEST(b.next(1'200, 2) == 300u);
}

BOOST_AUTO_TEST_CASE(no_share_is_shorter_than_a_hand_over_is_worth) {
  // 200 jobs of 100 ns are the shortest batch of 20 µs.
  BOOST_TEST(measured(10, 1us).next(8, 2) == 200u);
}

BOOST_AUTO_TEST_CASE(credit_never_exceeds_its_limit) {
  BOOST_TEST(measured(1'000, 1us).next(1u << 30, 1) == 100'000u);
  BOOST_TEST(measured(1'000'000, 1ns).next(1u << 30, 1) == 1'000'000u);
  BOOST_TEST(measured(1'000, 1us, 64).next(1u << 30, 1) == 64u);
  BOOST_TEST(measured(1'000, 1us, 1).next(1u << 30, 1) == 1u);
}

BOOST_AUTO_TEST_CASE(credit_without_workers_or_jobs_is_still_a_job) {
  BOOST_TEST(measured(1, 1ms).next(0, 0) == 1u);
}

BOOST_AUTO_TEST_CASE(a_faster_batch_is_believed_at_three_quarters_at_once) {
  auto b = measured(1, 1'000ns);
  b.observe(1, 200ns);
  BOOST_TEST(b.mean().count() == 400);
}

BOOST_AUTO_TEST_CASE(a_slower_batch_lets_the_mean_grow_by_half_at_most) {
  auto b = measured(1, 1'000ns);
  b.observe(1, 1s);
  BOOST_TEST(b.mean().count() == 1'500);
  b.observe(1, 1'600ns);
  BOOST_TEST(b.mean().count() == 1'600);
}

BOOST_AUTO_TEST_CASE(a_batch_without_jobs_teaches_nothing) {
  batch_size b;
  b.observe(0, 1s);
  BOOST_TEST(b.next(1'000, 1) == 1u);
  BOOST_TEST(b.mean().count() == 0);
}

BOOST_AUTO_TEST_CASE(a_batch_that_took_no_time_does_not_make_credit_endless) {
  BOOST_TEST(measured(1'000, 0ns).next(1u << 31, 1) == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(jobs_known_to_be_shorter_than_five_microseconds_are_brief) {
  BOOST_TEST(measured(1, 4'999ns).brief());
  BOOST_TEST(!measured(1, 5us).brief());
}

BOOST_AUTO_TEST_SUITE_END()
