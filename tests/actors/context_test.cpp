#include <weir/actors/context.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/sec.hpp>

#include <optional>

#include "crew.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(contexts)

BOOST_AUTO_TEST_CASE(a_parent_cancels_its_children_with_its_cause_and_never_the_reverse) {
  const auto root = context::background();
  const auto parent = context::with_cancel(root);
  const auto child = context::with_cancel(parent);
  const auto sibling = context::with_cancel(parent);
  child.cancel({ec::failed, "child", "alone"});
  BOOST_TEST(child.canceled());
  BOOST_TEST(!parent.canceled());
  BOOST_TEST(!sibling.canceled());
  parent.cancel({ec::canceled, "signal", "SIGINT"});
  BOOST_TEST(sibling.canceled());
  BOOST_TEST(sibling.why()->who == "signal");
  BOOST_TEST(to_string(*sibling.why()) == "SIGINT (signal)");
  BOOST_TEST(child.why()->why == "alone");
  BOOST_TEST(!root.canceled());
}

BOOST_AUTO_TEST_CASE(the_first_cause_stays) {
  const auto c = context::with_cancel(context::background());
  BOOST_TEST(!c.why().has_value());
  BOOST_TEST(!c.error());
  c.cancel("first");
  c.cancel("second");
  BOOST_TEST(c.why()->why == "first");
  BOOST_TEST(is(c.error(), ec::canceled));
  BOOST_TEST(text_of(c.error()) == "first (caller)");
}

BOOST_AUTO_TEST_CASE(copies_name_the_same_context) {
  auto c = std::optional{context::with_cancel(context::background())};
  const auto copy = *c;
  copy.cancel("by the copy");
  BOOST_TEST(c->canceled());
  c.reset();
  BOOST_TEST(copy.canceled());
}

BOOST_AUTO_TEST_CASE(a_child_of_a_canceled_parent_is_born_canceled) {
  const auto parent = context::with_cancel(context::background());
  parent.cancel({ec::failed, "x", "y"});
  const auto child = context::with_deadline(parent, time_point::max());
  BOOST_TEST(child.canceled());
  BOOST_TEST(is(child.error(), ec::failed));
}

BOOST_AUTO_TEST_CASE(a_grandparent_reaches_past_a_parent_whose_handle_was_dropped) {
  const auto top = context::with_cancel(context::background());
  std::optional<context> middle{context::with_cancel(top)};
  const auto leaf = context::with_cancel(*middle);
  middle.reset();
  BOOST_TEST(!leaf.canceled());
  top.cancel("from above");
  BOOST_TEST(leaf.why()->why == "from above");
}

BOOST_AUTO_TEST_CASE(a_deadline_cancels_at_its_instant) {
  manual_clock time;
  const auto c = context::with_timeout(context::background(time), 3s);
  BOOST_TEST((*c.deadline() == time.now() + 3s));
  time.advance(3s - 1ns);
  BOOST_TEST(!c.canceled());
  time.advance(1ns);
  BOOST_TEST(is(c.error(), ec::deadline_exceeded));
  BOOST_TEST(c.why()->why == "the time limit of 3000 ms has passed");
}

BOOST_AUTO_TEST_CASE(the_earlier_of_the_parents_and_the_own_deadline_counts) {
  manual_clock time;
  const auto parent = context::with_timeout(context::background(time), 5s);
  const auto longer = context::with_timeout(parent, 9s);
  const auto shorter = context::with_timeout(parent, 2s);
  BOOST_TEST((longer.deadline() == parent.deadline()));
  BOOST_TEST((*shorter.deadline() == time.now() + 2s));
  time.advance(2s);
  BOOST_TEST(shorter.canceled());
  BOOST_TEST(!longer.canceled());
  time.advance(3s);
  BOOST_TEST(parent.canceled());
  BOOST_TEST(is(longer.error(), ec::deadline_exceeded));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_has_passed_cancels_at_once) {
  manual_clock time;
  time.advance(10s);
  BOOST_TEST(context::with_timeout(context::background(time), 0s).canceled());
  BOOST_TEST(context::with_timeout(context::background(time), -1s).canceled());
  BOOST_TEST(context::with_deadline(context::background(time), time.now() - 1s).canceled());
}

BOOST_AUTO_TEST_CASE(the_longest_timeout_does_not_overflow) {
  manual_clock time;
  time.advance(10s);
  const auto c = context::with_timeout(context::background(time), duration::max());
  BOOST_TEST(!c.canceled());
  BOOST_TEST((*c.deadline() == time_point::max()));
  BOOST_TEST(!context::with_timeout(context::background(), duration::max()).canceled());
}

BOOST_AUTO_TEST_CASE(a_dropped_context_leaves_no_timer) {
  manual_clock time;
  { const auto c = context::with_timeout(context::background(time), 1s); }
  time.advance(2s);
  BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(a_stop_token_cancels_a_context_and_a_context_stops_a_token) {
  std::stop_source source;
  const auto c = context::with_token(context::background(), source.get_token());
  const auto token = c.token();
  BOOST_TEST(!token.stop_requested());
  source.request_stop();
  BOOST_TEST(c.canceled());
  BOOST_TEST(c.why()->who == "stop token");
  BOOST_TEST(token.stop_requested());
  BOOST_TEST(context::with_token(context::background(), source.get_token()).canceled());
}

BOOST_AUTO_TEST_CASE(a_callback_runs_once_or_never_once_it_was_revoked) {
  const auto c = context::with_cancel(context::background());
  auto calls = 0;
  const auto kept = c.on_cancel([&] { ++calls; });
  auto revoked = c.on_cancel([&] { calls += 100; });
  revoked.reset();
  c.cancel("now");
  c.cancel("again");
  BOOST_TEST(calls == 1);
  const auto late = c.on_cancel([&] { ++calls; });
  BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(whoever_sees_the_cancel_sees_its_cause) {
  const auto c = context::with_cancel(context::background());
  std::string seen;
  const auto s = c.on_cancel([&] { seen = c.why()->why; });
  c.cancel("because");
  BOOST_TEST(seen == "because");
}

BOOST_AUTO_TEST_CASE(a_callback_may_let_go_of_the_last_handle) {
  auto c = std::make_unique<context>(context::with_cancel(context::background()));
  context::subscription s;
  s = c->on_cancel([&] { c.reset(); });
  c->cancel("the end");
  BOOST_TEST((c == nullptr));
}

BOOST_AUTO_TEST_CASE(a_wait_ends_at_its_time_or_with_the_cancel) {
  manual_clock time;
  const auto c = context::with_cancel(context::background(time));
  // The waiting thread sets its timer at some moment; time goes on until it has come back.
  std::atomic<int> answer{-1};
  std::thread waiter{[&] { answer = c.wait_for(5s) ? 1 : 0; }};
  BOOST_TEST(eventually([&] {
    time.advance(1s);
    return answer >= 0;
  }));
  waiter.join();
  BOOST_TEST(answer == 0);
  std::thread other{[&] { answer = c.wait_for(duration::max()) ? 1 : 0; }};
  c.cancel("enough");
  other.join();
  BOOST_TEST(answer == 1);
  BOOST_TEST(c.wait_for(duration::max()));
}

BOOST_AUTO_TEST_CASE(a_context_explains_its_own_cause_once_it_is_canceled) {
  const auto c = context::with_cancel(context::background());
  const auto early = make_error(ec::canceled, "somebody else gave up");
  BOOST_TEST(!c.explains(early));
  c.cancel("enough");
  BOOST_TEST(c.explains(c.error()));
  BOOST_TEST(c.explains(early));
}

BOOST_AUTO_TEST_CASE(a_context_explains_a_passed_deadline_its_own_or_that_of_a_context_below_it) {
  manual_clock time;
  const auto c = context::with_timeout(context::background(time), 3s);
  const auto child = context::with_timeout(c, 1s);
  time.advance(1s);
  // Only the job's own limit has passed: that is the job's failure.
  BOOST_TEST(child.explains(child.error()));
  BOOST_TEST(!c.explains(child.error()));
  time.advance(2s);
  BOOST_TEST(c.explains(c.error()));
  BOOST_TEST(c.explains(child.error()));
}

BOOST_AUTO_TEST_CASE(a_canceled_context_explains_a_deadline_that_was_met_below_it) {
  manual_clock time;
  const auto c = context::with_cancel(context::background(time));
  const auto child = context::with_timeout(c, 1s);
  time.advance(1s);
  BOOST_TEST(!c.explains(child.error()));
  c.cancel("enough");
  BOOST_TEST(c.explains(child.error()));
}

BOOST_AUTO_TEST_CASE(a_context_explains_what_a_child_was_canceled_with_by_its_cancel) {
  const auto c = context::with_cancel(context::background());
  const auto child = context::with_cancel(c);
  const auto alone = context::with_cancel(c);
  alone.cancel({ec::canceled, "task", "the other half failed"});
  BOOST_TEST(!c.explains(alone.error()));
  c.cancel({ec::overloaded, "engine", "no thread was left"});
  BOOST_TEST(is(child.error(), ec::overloaded));
  BOOST_TEST(c.explains(child.error()));
  BOOST_TEST(child.explains(c.error()));
}

BOOST_AUTO_TEST_CASE(a_context_explains_no_failure_of_another_kind_before_or_after_its_cancel) {
  const auto c = context::with_cancel(context::background());
  const auto foreign = make_error(ec::failed, "no such row");
  const auto of_caf = caf::make_error(caf::sec::runtime_error);
  BOOST_TEST(!c.explains(foreign));
  c.cancel("enough");
  BOOST_TEST(!c.explains(foreign));
  BOOST_TEST(!c.explains(of_caf));
  BOOST_TEST(!c.explains(caf::error{}));
}

BOOST_AUTO_TEST_CASE(a_context_explains_the_failure_that_is_behind_its_cancel) {
  const auto c = context::with_cancel(context::background());
  c.cancel({ec::failed, "halt", "job 7 failed: no such row"});
  BOOST_TEST(c.explains(make_error(ec::failed, "no such row")));
  BOOST_TEST(!c.explains(make_error(ec::io, "no such file")));
}

BOOST_AUTO_TEST_CASE(a_chain_of_a_thousand_is_canceled_and_destroyed) {
  const auto top = context::with_cancel(context::background());
  std::vector<context> chain{top};
  for (int i = 0; i < 1'000; ++i)
    chain.push_back(context::with_cancel(chain.back()));
  const auto leaf = chain.back();
  chain.clear();
  top.cancel("all of you");
  BOOST_TEST(leaf.why()->why == "all of you");
}

BOOST_AUTO_TEST_CASE(a_cancel_may_meet_the_destruction_of_children) {
  for (int round = 0; round < 500; ++round) {
    const auto top = context::with_cancel(context::background());
    std::latch go{2};
    std::thread canceler{[&] {
      go.arrive_and_wait();
      top.cancel("now");
    }};
    std::vector<context> children;
    for (int i = 0; i < 8; ++i)
      children.push_back(context::with_timeout(i == 0 ? top : children.back(), 1h));
    go.arrive_and_wait();
    children.clear();
    const auto born_meanwhile = context::with_cancel(top);
    canceler.join();
    BOOST_REQUIRE(born_meanwhile.canceled());
  }
}

BOOST_AUTO_TEST_SUITE_END()
