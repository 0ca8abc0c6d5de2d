#include <weir/runtime/trace/trace_context.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using weir::trace_context;

namespace {

// The examples of the specification.
const std::string sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string not_sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

const std::vector<std::string> invalid{
    "",
    "00",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",       // without flags
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",     // too short
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",   // version 00 ends there
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-1",  // likewise
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",  // the version that never is
    "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",  // no trace
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",  // no parent
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",  // uppercase
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-FF",
    "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
    "00-4bf92f3577b34da6a3ce929d0e0e47-3600f067aa0ba902b7-01",
    " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",  // more of a later version begins with -
};

}  // namespace

BOOST_AUTO_TEST_SUITE(trace_contexts)

BOOST_AUTO_TEST_CASE(the_example_of_the_specification_is_read_and_written) {
  const auto c = trace_context::parse(sampled);
  BOOST_REQUIRE(c);
  BOOST_TEST(c->trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
  BOOST_TEST(c->span_id() == "00f067aa0ba902b7");
  BOOST_TEST(c->sampled());
  BOOST_TEST(c->traceparent() == sampled);
  BOOST_TEST(!trace_context::parse(not_sampled)->sampled());
  BOOST_TEST(trace_context::parse(not_sampled)->traceparent() == not_sampled);
}

BOOST_DATA_TEST_CASE(what_is_not_valid_is_no_context, boost::unit_test::data::make(invalid), text) {
  BOOST_TEST(!trace_context::parse(text));
}

BOOST_AUTO_TEST_CASE(a_later_version_is_read_as_far_as_it_is_known_and_passed_on_as_version_00) {
  for (const std::string more : {"", "-", "-what-the-future-will-be-like"}) {
    const auto c = trace_context::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff" + more);
    BOOST_REQUIRE(c);
    BOOST_TEST(c->traceparent() == sampled);
  }
}

BOOST_AUTO_TEST_CASE(the_flags_of_version_00_are_kept) {
  const auto c = trace_context::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02");
  BOOST_REQUIRE(c);
  BOOST_TEST(c->traceparent().ends_with("-02"));
}

BOOST_AUTO_TEST_CASE(a_state_is_passed_on_as_it_came) {
  for (const std::string state : {"congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
                                  "a=1, b=2 ,c=3", "a=1,,b=2", "fw529a3039@dt=FfffffCw2a3", "foo=a b"})
    BOOST_TEST(trace_context::parse(sampled, state)->state == state);
}

BOOST_AUTO_TEST_CASE(a_state_that_is_not_valid_is_dropped_and_the_trace_goes_on) {
  std::string many;
  for (std::size_t i = 0; i <= trace_context::state_members_max; ++i)
    many += (i == 0 ? "k" : ",k") + std::to_string(i) + "=v";
  for (const auto& state :
       {std::string{"no equals"}, std::string{"=1"}, std::string{"Upper=1"}, std::string{"a="},
        std::string{"a=b=c"}, std::string{"a=1,a=2"}, std::string{"a=\xC3\xA4"}, std::string{"a=1\nb=2"},
        std::string(257, 'k') + "=v", "a=" + std::string(257, 'v'), many}) {
    const auto c = trace_context::parse(sampled, state);
    BOOST_REQUIRE(c);
    BOOST_TEST(c->state == "");
  }
}

BOOST_AUTO_TEST_SUITE_END()
