#include <weir/runtime/invoke.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/stream.hpp>

#include <boost/test/unit_test.hpp>

#include <deque>
#include <memory>
#include <string>

using namespace weir;

// Declared only, never called; so they need names that other files could know.
namespace weir::testing::task_types {

template <class F, class Job, class Result>
constexpr bool gives = std::is_same_v<task_result_t<F, Job>, Result>;

int plain_function(int);
struct two_arguments {
  int operator()(int, int) const;
};
struct needs_a_string {
  int operator()(const std::string&) const;
};
struct changes_its_job {
  void operator()(int&) const;
};
struct owns_its_job {
  int operator()(std::unique_ptr<int>) const;
};
struct with_context {
  double operator()(const context&, int) const;
};
struct with_a_mutable_context {
  double operator()(context&, int) const;
};
struct an_expected {
  caf::expected<std::string> operator()(int) const;
};
struct an_error {
  caf::error operator()(int) const;
};
struct a_reference {
  const std::string& operator()(int) const;
};
struct immovable {
  immovable() = default;
  immovable(const immovable&) = delete;
};
struct gives_an_immovable {
  immovable operator()(int) const;
};

// What is a task, and what its completed outcomes hold.
static_assert(task_for<decltype(plain_function), int>);
static_assert(task_for<decltype(&plain_function), int> && gives<decltype(&plain_function), int, int>);
static_assert(task_for<changes_its_job, int> && gives<changes_its_job, int, caf::unit_t>);
static_assert(task_for<owns_its_job, std::unique_ptr<int>>);
static_assert(task_for<with_context, int> && gives<with_context, int, double>);
static_assert(task_for<an_expected, int> && gives<an_expected, int, std::string>);
static_assert(task_for<an_error, int> && gives<an_error, int, caf::unit_t>);
static_assert(task_for<a_reference, int> && gives<a_reference, int, std::string>);

// And what is not: each twin of a good one.
static_assert(!task_for<two_arguments, int>);
static_assert(!task_for<needs_a_string, int>);
static_assert(!task_for<changes_its_job, const int>);
static_assert(!task_for<with_a_mutable_context, int>);
static_assert(!task_for<gives_an_immovable, int>);
static_assert(!task_for<int, int>);

// A pool takes the tasks of its own types only.
static_assert(std::is_constructible_v<pool<int, double>, engine&, with_context, pool_options>);
static_assert(!std::is_constructible_v<pool<int, int>, engine&, with_context, pool_options>);
static_assert(!std::is_constructible_v<pool<int, int>, engine&, needs_a_string, pool_options>);
static_assert(std::is_constructible_v<stream<int, double>, engine&, with_context, stream_options>);
static_assert(!std::is_constructible_v<stream<int, int>, engine&, with_context, stream_options>);

// What is handed over between threads must survive it.
struct breaks_when_moved {
  breaks_when_moved(breaks_when_moved&&) noexcept(false);
};
struct breaks_when_copied {
  breaks_when_copied(const breaks_when_copied&) noexcept(false);
};
static_assert(job_type<int> && job_type<std::unique_ptr<int>> && job_type<breaks_when_copied>);
static_assert(!job_type<breaks_when_moved> && !job_type<immovable> && !job_type<int&>);
static_assert(result_type<std::string> && result_type<caf::unit_t>);
static_assert(!result_type<std::deque<int>> && !result_type<breaks_when_copied>);

}  // namespace weir::testing::task_types

BOOST_AUTO_TEST_SUITE(tasks_as_types)

BOOST_AUTO_TEST_CASE(run_task_turns_all_ways_to_end_into_a_value_or_an_error) {
  const auto ctx = context::background();
  int job = 1;
  auto value = [](int i) { return i + 1; };
  BOOST_TEST(*run_task(value, ctx, job) == 2);
  auto nothing = [](int& i) { i = 7; };
  BOOST_TEST(static_cast<bool>(run_task(nothing, ctx, job)));
  BOOST_TEST(job == 7);
  auto error = [](int) { return make_error(ec::failed, "no"); };
  BOOST_TEST(text_of(run_task(error, ctx, job).error()) == "no");
  auto none = [](int) { return caf::error{}; };
  BOOST_TEST(static_cast<bool>(run_task(none, ctx, job)));
  auto thrown = [](int) -> int { throw 3; };
  BOOST_TEST(is(run_task(thrown, ctx, job).error(), ec::exception));
  auto empty = [](int) -> caf::expected<int> { return caf::no_error; };
  BOOST_TEST(is(run_task(empty, ctx, job).error(), ec::failed));
}

BOOST_AUTO_TEST_CASE(a_function_with_and_without_context_is_given_it) {
  struct both {
    int operator()(const context&, int) const { return 1; }
    int operator()(int) const { return 2; }
  } f;
  int job = 0;
  BOOST_TEST(*run_task(f, context::background(), job) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
