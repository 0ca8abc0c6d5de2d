#include <weir/runtime/launcher/job_function.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>
#include <stdexcept>

using weir::detail::as_task;

namespace {

caf::expected<weir::record> run(const weir::task_function& task, weir::value input) {
  return task(weir::context::background(), weir::item{std::move(input), "job"});
}

weir::value result(const weir::task_function& task, weir::value input) {
  const auto r = run(task, std::move(input));
  BOOST_REQUIRE(r);
  const auto* v = r->find("result");
  BOOST_REQUIRE(v);
  return *v;
}

std::int64_t twice(std::int64_t n) {
  return 2 * n;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(job_functions)

BOOST_AUTO_TEST_CASE(every_kind_of_job_is_taken_in_its_own_type) {
  const std::string text = "ab";
  BOOST_TEST((result(as_task([](const std::string& s) { return s + "c"; }), text) == weir::value{"abc"}));
  BOOST_TEST((result(as_task([](std::string_view s) { return s.substr(1); }), text) == weir::value{"b"}));
  BOOST_TEST((result(as_task(twice), std::int64_t{21}) == weir::value{std::int64_t{42}}));
  BOOST_TEST((result(as_task([](double d) { return d / 2; }), 3.0) == weir::value{1.5}));
  BOOST_TEST((result(as_task([](const weir::item& i) { return i.name; }), text) == weir::value{"job"}));
}

BOOST_AUTO_TEST_CASE(a_task_may_take_the_context) {
  const auto task = as_task([](const weir::context& ctx, std::int64_t) { return ctx.canceled(); });
  BOOST_TEST((result(task, std::int64_t{1}) == weir::value{false}));
}

BOOST_AUTO_TEST_CASE(text_that_is_a_number_is_taken_as_one) {
  BOOST_TEST((result(as_task(twice), std::string{"-4"}) == weir::value{std::int64_t{-8}}));
  BOOST_TEST((result(as_task(twice), 4.0) == weir::value{std::int64_t{8}}));
  BOOST_TEST((result(as_task([](double d) { return d; }), std::string{"2.5"}) == weir::value{2.5}));
  BOOST_TEST((result(as_task([](const std::string& s) { return s; }), std::int64_t{7}) == weir::value{"7"}));
}

BOOST_AUTO_TEST_CASE(a_job_of_another_type_is_a_failure_that_shows_it) {
  for (const auto& input :
       {weir::value{"x"}, weir::value{""}, weir::value{"4 "}, weir::value{"99999999999999999999"},
        weir::value{1.5}, weir::value{1e300}, weir::value{true}}) {
    const auto r = run(as_task(twice), input);
    BOOST_REQUIRE(!r);
    BOOST_TEST(weir::is(r.error(), weir::ec::failed));
    BOOST_TEST(weir::text_of(r.error()).find("is not a whole number") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(nothing_a_record_and_expected_are_results_too) {
  const auto none = run(as_task([](const std::string&) {}), "a");
  BOOST_REQUIRE(none);
  BOOST_TEST(none->fields.empty());
  const auto whole = run(as_task([](const std::string& s) { return weir::record{{{"x", s}}}; }), "a");
  BOOST_REQUIRE(whole);
  BOOST_TEST((*whole->find("x") == weir::value{"a"}));
  const auto maybe = as_task([](std::int64_t n) -> caf::expected<std::string> {
    if (n < 0)
      return weir::make_error(weir::ec::failed, "negative");
    return std::string{"fine"};
  });
  BOOST_TEST((result(maybe, std::int64_t{1}) == weir::value{"fine"}));
  const auto refused = run(maybe, std::int64_t{-1});
  BOOST_REQUIRE(!refused);
  BOOST_TEST(weir::text_of(refused.error()) == "negative");
}

BOOST_AUTO_TEST_CASE(a_result_that_fits_no_value_is_a_failure) {
  const auto task = as_task([](std::int64_t n) { return static_cast<std::uint64_t>(n); });
  BOOST_TEST((result(task, std::numeric_limits<std::int64_t>::max()) ==
              weir::value{std::numeric_limits<std::int64_t>::max()}));
  BOOST_TEST(!run(task, std::int64_t{-1}));
}

BOOST_AUTO_TEST_CASE(an_exception_passes_to_the_stage) {
  const auto task = as_task([](const std::string&) -> int { throw std::runtime_error{"no"}; });
  BOOST_CHECK_THROW((void)run(task, "a"), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
