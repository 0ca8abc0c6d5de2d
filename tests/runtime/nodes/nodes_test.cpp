#include <weir/runtime/engine.hpp>
#include <weir/runtime/nodes/call.hpp>
#include <weir/runtime/nodes/coordinator.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/nodes/remote.hpp>
#include <weir/runtime/parallel_map.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/trace/trace_span.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "../../support/event.hpp"
#include "../link/link_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

const nodes::task_name square{"square", "1", nodes::shape_of<std::uint64_t, std::uint64_t>()};

nodes::task_registry squares() {
  nodes::task_registry r;
  r.add<std::uint64_t>("square", "1", [](std::uint64_t x) { return x * x; });
  return r;
}

link::link_options of_coordinator() {
  auto o = options_of("coordinator", "*");
  o.heartbeat = 20ms;
  return o;
}

/// Where a trace goes.
class span_list final : public span_exporter {
public:
  explicit span_list(std::shared_ptr<std::vector<span_record>> to) : to_(std::move(to)) {}

  caf::error open(const trace_origin&) override { return {}; }
  caf::error put(std::span<const span_record> spans) override {
    to_->insert(to_->end(), spans.begin(), spans.end());
    return {};
  }
  caf::error finish(std::uint64_t) override { return {}; }

private:
  std::shared_ptr<std::vector<span_record>> to_;
};

/// A node with an engine of its own, as if it were another process.
class some_node {
public:
  some_node(const nodes::coordinator& of, const std::string& name, nodes::task_registry tasks,
            std::uint32_t workers = 2, std::uint32_t credit = 16, std::shared_ptr<tracer> trace = nullptr)
      : node_(value_of(nodes::node::make(engine_,
                                         {.link = options_of(name, "coordinator"),
                                          .coordinator = loopback(of.port()),
                                          .workers = workers,
                                          .credit = credit,
                                          .trace = std::move(trace)},
                                         std::move(tasks)))) {}

  nodes::node* operator->() { return node_.get(); }
  void end() { node_.reset(); }

private:
  engine engine_;
  std::unique_ptr<nodes::node> node_;
};

struct coordinated {
  engine here;
  std::unique_ptr<nodes::coordinator> coordinator =
      value_of(nodes::coordinator::make(of_coordinator(), loopback(0)));

  std::vector<std::uint64_t> numbers(std::uint64_t n) {
    std::vector<std::uint64_t> all(n);
    std::iota(all.begin(), all.end(), 0);
    return all;
  }

  void check_squares(const std::vector<std::uint64_t>& results, std::uint64_t n) {
    BOOST_TEST_REQUIRE(results.size() == n);
    for (std::uint64_t i = 0; i < n; ++i)
      BOOST_TEST_REQUIRE(results[i] == i * i);
  }

  void wait_for_nodes(std::size_t count) {
    BOOST_TEST_REQUIRE(!coordinator->wait_for_nodes(count, context::background()));
  }

  nodes::node_state state_of(const std::string& name) {
    for (auto& s : coordinator->nodes())
      if (s.name == name)
        return s;
    return {};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(work_on_nodes, coordinated)

BOOST_AUTO_TEST_CASE(a_map_is_done_by_nodes_and_its_results_come_in_order) {
  some_node one{*coordinator, "one", squares()};
  some_node two{*coordinator, "two", squares()};
  const auto results =
      parallel_map(here, context::background(), numbers(2000),
                   nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square), {.parallelism = 8});
  check_squares(value_of(results), 2000);
  BOOST_TEST(state_of("one").done + state_of("two").done == 2000u);
}

BOOST_AUTO_TEST_CASE(short_jobs_go_together_and_those_of_many_bytes_in_parts) {
  nodes::task_registry r;
  r.add<std::string>("ten_times", "1", [](const std::string& text) {
    std::string all;
    for (int i = 0; i < 10; ++i)
      all += text;
    return all;
  });
  some_node one{*coordinator, "one", std::move(r), 1, 2000};
  std::vector<std::string> jobs;
  for (int i = 0; i < 3000; ++i)
    jobs.emplace_back(static_cast<std::size_t>(i % 2000), static_cast<char>('a' + i % 26));
  const auto results = value_of(parallel_map(
      here, context::background(), jobs,
      nodes::remote<std::string, std::string>(*coordinator, {"ten_times", "1"}), {.parallelism = 4}));
  for (std::size_t i = 0; i < jobs.size(); ++i)
    BOOST_TEST_REQUIRE(results[i] == std::string(10 * jobs[i].size(), static_cast<char>('a' + i % 26)));
}

BOOST_AUTO_TEST_CASE(one_job_that_cant_be_sent_or_whose_result_cant_is_the_only_one_that_fails) {
  nodes::task_registry r;
  r.add<std::string>("grow", "1", [](const std::string& text) {
    return text == "grow" ? std::string(std::size_t{2} << 20, 'x') : text;
  });
  some_node one{*coordinator, "one", std::move(r), 1, 2000};
  std::vector<std::string> jobs(500, "small");
  jobs[100] = std::string(std::size_t{2} << 20, 'x');
  jobs[300] = "grow";
  const auto results = value_of(parallel_outcomes(
      here, context::background(), jobs, nodes::remote<std::string, std::string>(*coordinator, {"grow", "1"}),
      {.parallelism = 2, .on_error = policy::collect}));
  for (std::size_t i = 0; i < jobs.size(); ++i)
    BOOST_TEST_REQUIRE(static_cast<bool>(results[i].result) == (i != 100 && i != 300), "job " << i);
  for (const auto i : {100u, 300u})
    BOOST_TEST(text_of(results[i].result.error()).find("frame_bytes_max") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(jobs_wait_for_a_node_that_is_not_there_yet) {
  pool<std::uint64_t, std::uint64_t> p{here,
                                       nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square),
                                       {.parallelism = 2, .capacity = 10}};
  auto ticket = std::move(*p.try_submit(7));
  some_node one{*coordinator, "one", squares()};
  BOOST_TEST(value_of(ticket.get().result) == 49u);
}

BOOST_AUTO_TEST_CASE(what_a_task_says_and_throws_over_there_is_its_outcome_here_with_the_name_of_the_node) {
  nodes::task_registry r;
  r.add<std::string>("fail", "1", [](const std::string& how) -> caf::expected<std::string> {
    if (how == "throw")
      throw std::runtime_error{"thrown over there"};
    if (how == "fail")
      return make_error(ec::failed, "failed over there");
    return how;
  });
  some_node one{*coordinator, "one", std::move(r)};
  pool<std::string, std::string> p{here,
                                   nodes::remote<std::string, std::string>(*coordinator, {"fail", "1"}),
                                   {.parallelism = 2, .capacity = 10}};
  auto thrown = std::move(*p.try_submit("throw")).get();
  BOOST_TEST(is(thrown.result.error(), ec::exception));
  BOOST_TEST(text_of(thrown.result.error()) == "thrown over there (node one)");
  auto failed = std::move(*p.try_submit("fail")).get();
  BOOST_TEST(is(failed.result.error(), ec::failed));
  BOOST_TEST(text_of(failed.result.error()) == "failed over there (node one)");
  BOOST_TEST(value_of(std::move(*p.try_submit("ok")).get().result) == "ok");
}

BOOST_AUTO_TEST_CASE(a_cancel_and_its_cause_reach_the_job_over_there) {
  event started;
  std::string cause_there;
  nodes::task_registry r;
  r.add<int>("wait", "1", [&](const context& ctx, int) -> caf::expected<int> {
    started.set();
    static_cast<void>(ctx.wait_for(1h));
    cause_there = to_string(*ctx.why());
    return ctx.error();
  });
  some_node one{*coordinator, "one", std::move(r)};
  {
    pool<int, int> p{
        here, nodes::remote<int, int>(*coordinator, {"wait", "1"}), {.parallelism = 1, .capacity = 1}};
    auto ticket = std::move(*p.try_submit(0));
    started.wait();
    p.cancel("it has seen enough");
    BOOST_TEST((ticket.get().kind == outcome_kind::canceled));
  }
  BOOST_TEST(cause_there.find("it has seen enough") == 0u, cause_there);
  BOOST_TEST(state_of("one").done == 0u);
}

BOOST_AUTO_TEST_CASE(a_trace_goes_on_over_there) {
  const auto mine = std::make_shared<std::vector<span_record>>();
  const auto theirs = std::make_shared<std::vector<span_record>>();
  const auto to_mine = std::make_shared<tracer>(std::make_unique<span_list>(mine));
  const auto to_theirs = std::make_shared<tracer>(std::make_unique<span_list>(theirs));
  nodes::task_registry r;
  r.add<std::uint64_t>("square", "1", [](std::uint64_t x) -> caf::expected<std::uint64_t> {
    trace_event("squares");
    if (x == 3)
      return make_error(ec::failed, "three");
    return x * x;
  });
  some_node one{*coordinator, "one", std::move(r), 2, 16, to_theirs};
  {
    const auto traced = with_tracer(context::background(), to_mine);
    const auto results = value_of(parallel_outcomes(
        here, traced, numbers(5), nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square),
        {.parallelism = 2, .on_error = policy::collect}));
    BOOST_TEST(results.size() == 5u);
  }
  one.end();
  BOOST_TEST(!to_mine->finish());
  BOOST_TEST(!to_theirs->finish());
  BOOST_TEST_REQUIRE(theirs->size() == 5u);
  for (const auto& span : *theirs) {
    const auto parent = std::find_if(mine->begin(), mine->end(), [&](const auto& m) {
      return m.role == span_role::attempt && m.at.span == span.parent;
    });
    BOOST_TEST_REQUIRE((parent != mine->end()));
    BOOST_TEST(span.at.trace_id() == parent->at.trace_id());
    BOOST_TEST(span.name == "square");
    BOOST_TEST(!span.events.empty());
    BOOST_TEST((span.status == span_status::error) == (parent->status == span_status::error));
    const auto at_node = [](const span_attribute& a) {
      return a.key == "weir.node" && a.content == span_value{"one"};
    };
    BOOST_TEST(std::any_of(parent->attributes.begin(), parent->attributes.end(), at_node));
  }
}

BOOST_AUTO_TEST_CASE(the_time_that_is_left_crosses_over) {
  nodes::task_registry r;
  r.add<int>("left", "1", [](const context& ctx, int) { return ctx.deadline().has_value(); });
  some_node one{*coordinator, "one", std::move(r)};
  const auto with = parallel_map(here, context::with_timeout(context::background(), 1h), std::vector{1},
                                 nodes::remote<int, bool>(*coordinator, {"left", "1"}), {.parallelism = 1});
  BOOST_TEST(value_of(with).front());
  const auto without =
      parallel_map(here, context::background(), std::vector{1},
                   nodes::remote<int, bool>(*coordinator, {"left", "1"}), {.parallelism = 1});
  BOOST_TEST(!value_of(without).front());
}

BOOST_AUTO_TEST_CASE(the_jobs_of_a_node_that_goes_run_elsewhere_and_none_is_lost_or_doubled) {
  auto one = std::make_unique<some_node>(*coordinator, "one", squares());
  some_node two{*coordinator, "two", squares()};
  std::atomic<int> ended{0};
  std::vector<ticket<std::uint64_t>> tickets;
  pool<std::uint64_t, std::uint64_t> p{here,
                                       nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square),
                                       {.parallelism = 8, .capacity = 5000}};
  for (std::uint64_t i = 0; i < 5000; ++i)
    tickets.push_back(std::move(*p.try_submit(i)));
  for (int i = 0; i < 5; ++i) {
    // Somewhere in between.
    while (state_of("one").done < std::uint64_t{200} * static_cast<std::uint64_t>(i + 1) && ended < 5000)
      ended = static_cast<int>(p.stats().books.completed);
    one = nullptr;
    one = std::make_unique<some_node>(*coordinator, "one", squares());
  }
  for (std::uint64_t i = 0; i < 5000; ++i)
    BOOST_TEST_REQUIRE(value_of(tickets[i].get().result) == i * i);
  BOOST_TEST(p.stats().books.completed == 5000u);
}

BOOST_AUTO_TEST_CASE(a_node_without_the_task_or_with_another_version_of_it_is_not_asked) {
  nodes::task_registry other;
  other.add<std::uint64_t>("square", "2", [](std::uint64_t x) { return x; });
  some_node one{*coordinator, "one", std::move(other)};
  some_node two{*coordinator, "two", squares()};
  const auto results =
      parallel_map(here, context::background(), numbers(100),
                   nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square), {.parallelism = 4});
  check_squares(value_of(results), 100);
  BOOST_TEST(state_of("one").done == 0u);
  BOOST_TEST(state_of("two").done == 100u);
}

BOOST_AUTO_TEST_CASE(a_node_that_has_the_task_for_other_types_is_not_asked) {
  nodes::task_registry other;
  other.add<double>("square", "1", [](double x) { return x * x; });
  some_node one{*coordinator, "one", std::move(other)};
  some_node two{*coordinator, "two", squares()};
  wait_for_nodes(2);
  const auto results =
      parallel_map(here, context::background(), numbers(100),
                   nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square), {.parallelism = 4});
  check_squares(value_of(results), 100);
  BOOST_TEST(state_of("two").done == 100u);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_tried_again_goes_to_another_node) {
  nodes::task_registry broken;
  broken.add<std::uint64_t>("square", "1", [](std::uint64_t) -> caf::expected<std::uint64_t> {
    return make_error(ec::failed, "not on this machine");
  });
  // Of two with nothing to do the one that came first is asked first.
  some_node one{*coordinator, "one", std::move(broken)};
  wait_for_nodes(1);
  some_node two{*coordinator, "two", squares()};
  wait_for_nodes(2);
  const auto results = parallel_map(here, context::background(), numbers(20),
                                    nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square),
                                    {.parallelism = 1, .retry = {.attempts = 2, .backoff = 1ms}});
  check_squares(value_of(results), 20);
  BOOST_TEST(state_of("one").done > 0u);
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_finishes_what_it_has_and_is_given_nothing_more) {
  std::latch begun{2};
  event go_on;
  nodes::task_registry r;
  std::atomic<int> runs{0};
  r.add<int>("hold", "1", [&](int x) {
    ++runs;
    if (x < 2) {
      begun.count_down();
      go_on.wait();
    }
    return x;
  });
  some_node one{*coordinator, "one", r, 2};
  pool<int, int> p{
      here, nodes::remote<int, int>(*coordinator, {"hold", "1"}), {.parallelism = 8, .capacity = 10}};
  std::vector<ticket<int>> tickets;
  for (int i = 0; i < 2; ++i)
    tickets.push_back(std::move(*p.try_submit(i)));
  begun.wait();
  one->leave("a test");
  while (!state_of("one").leaving)
    std::this_thread::yield();
  some_node two{*coordinator, "two", r, 2};
  for (int i = 2; i < 10; ++i)
    tickets.push_back(std::move(*p.submit(context::background(), i)));
  for (int i = 2; i < 10; ++i)
    BOOST_TEST(value_of(tickets[static_cast<std::size_t>(i)].get().result) == i);
  go_on.set();
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(value_of(tickets[static_cast<std::size_t>(i)].get().result) == i);
  BOOST_TEST(one->wait_until_left(context::background()));
  while (state_of("one").connected)
    std::this_thread::yield();
  BOOST_TEST(runs == 10);
  BOOST_TEST(state_of("one").lost == 0u);
  BOOST_TEST(state_of("two").done == 8u);
}

BOOST_AUTO_TEST_CASE(a_node_with_as_little_credit_as_may_be_misses_no_job) {
  some_node one{*coordinator, "one", squares(), 4, 8};
  const auto results =
      parallel_map(here, context::background(), numbers(5000),
                   nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square), {.parallelism = 16});
  check_squares(value_of(results), 5000);
}

BOOST_AUTO_TEST_CASE(a_job_or_a_result_that_is_too_long_fails_and_says_so) {
  nodes::task_registry r;
  r.add<std::string>("repeat", "1", [](const std::string& s) { return s + s + s; });
  some_node one{*coordinator, "one", std::move(r)};
  pool<std::string, std::string> p{here,
                                   nodes::remote<std::string, std::string>(*coordinator, {"repeat", "1"}),
                                   {.parallelism = 2, .capacity = 10}};
  for (const auto kib : {400, 1100}) {
    auto t = std::move(*p.try_submit(std::string(static_cast<std::size_t>(kib) * 1024, 'x')));
    const auto o = t.get();
    BOOST_TEST(text_of(o.result.error()).find("frame_bytes_max") != std::string::npos);
  }
  BOOST_TEST(value_of(std::move(*p.try_submit("ab")).get().result) == "ababab");
}

BOOST_AUTO_TEST_CASE(room_that_is_given_back_goes_to_whoever_waits) {
  some_node one{*coordinator, "one", squares(), 1, 2};
  const auto room = [&] {
    return value_of(nodes::call::begin(*coordinator, context::background(), square, {}, {.most = 10}));
  };
  auto first = std::make_unique<nodes::call>(room());
  auto second = std::make_unique<nodes::call>(room());
  BOOST_TEST(first->limit() == 1u);
  std::thread third{[&] { static_cast<void>(room()); }};
  first.reset();
  third.join();
  second.reset();
  BOOST_TEST(state_of("one").in_flight == 0u);
}

BOOST_AUTO_TEST_CASE(a_coordinator_that_ends_loses_the_calls_that_wait) {
  event started;
  nodes::task_registry r;
  r.add<int>("wait", "1", [&](const context& ctx, int) {
    started.set();
    static_cast<void>(ctx.wait_for(1h));
    return ctx.error();
  });
  some_node one{*coordinator, "one", std::move(r)};
  std::thread caller{[&] {
    const auto end = nodes::remote<int, caf::unit_t>(*coordinator, {"wait", "1"})(context::background(), 1);
    BOOST_TEST(is(end.error(), ec::worker_lost));
  }};
  started.wait();
  coordinator.reset();
  caller.join();
}

BOOST_AUTO_TEST_CASE(a_node_that_leaves_without_a_link_has_left_and_does_not_come) {
  std::uint16_t port = coordinator->port();
  some_node one{*coordinator, "one", squares()};
  wait_for_nodes(1);
  coordinator.reset();
  one->leave("a test");
  BOOST_TEST(one->wait_until_left(context::background()));
  coordinator = value_of(nodes::coordinator::make(of_coordinator(), loopback(port)));
  some_node two{*coordinator, "two", squares()};
  const auto results =
      parallel_map(here, context::background(), numbers(200),
                   nodes::remote<std::uint64_t, std::uint64_t>(*coordinator, square), {.parallelism = 4});
  check_squares(value_of(results), 200);
  BOOST_TEST(state_of("one").name.empty());
}

BOOST_AUTO_TEST_CASE(a_node_says_whom_it_works_for_since_when_and_what_it_has) {
  event started;
  event go_on;
  nodes::task_registry r;
  r.add<int>("hold", "1", [&](int x) {
    started.set();
    go_on.wait();
    return x;
  });
  const auto before = steady_clock().now();
  some_node one{*coordinator, "one", std::move(r)};
  pool<int, int> p{
      here, nodes::remote<int, int>(*coordinator, {"hold", "1"}), {.parallelism = 1, .capacity = 1}};
  auto ticket = std::move(*p.try_submit(0));
  started.wait();
  auto seen = one->look();
  BOOST_TEST(seen.is_up);
  BOOST_TEST(seen.with == "coordinator");
  BOOST_TEST(seen.why_down == "");
  BOOST_TEST(seen.held == 1u);
  BOOST_TEST((seen.since >= before && seen.since <= steady_clock().now()));
  BOOST_TEST(!seen.leaving);
  while (seen.round_trip == duration::zero())
    seen = one->look();
  one->leave("a test");
  BOOST_TEST(one->look().leaving);
  go_on.set();
  BOOST_TEST(one->wait_until_left(context::background()));
  seen = one->look();
  BOOST_TEST(!seen.is_up);
  BOOST_TEST(seen.held == 0u);
  BOOST_TEST(seen.why_down == "we left: all that it had is done");
}

BOOST_AUTO_TEST_CASE(a_node_says_why_it_has_nobody_to_work_for) {
  const auto port = coordinator->port();
  some_node one{*coordinator, "one", squares()};
  while (!one->look().is_up)
    std::this_thread::yield();
  const auto up_since = one->look().since;
  coordinator.reset();
  while (one->look().is_up)
    std::this_thread::yield();
  const auto down_since = one->look().since;
  BOOST_TEST((down_since >= up_since));
  const auto await_reason = [&](const std::string& why) {
    while (one->look().why_down != why)
      std::this_thread::yield();
  };
  await_reason("can't connect: Connection refused");
  BOOST_TEST(one->look().with == "coordinator");
  auto picky = options_of("coordinator", "another");
  coordinator = value_of(nodes::coordinator::make(picky, loopback(port)));
  await_reason(
      "it refused us: \"it is 'one', which is not among the peers that may connect: add it to `peers`, or "
      "have it use the name and the certificate of one that is\"");
  // It is one time without a link, however many tries there are.
  BOOST_TEST((one->look().since == down_since));
  BOOST_TEST(!one->look().is_up);
  coordinator = nullptr;
  coordinator = value_of(nodes::coordinator::make(of_coordinator(), loopback(port)));
  while (!one->look().is_up)
    std::this_thread::yield();
  BOOST_TEST(one->look().why_down == "");
}

BOOST_AUTO_TEST_CASE(a_node_that_nobody_answers_says_so) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor mute{io, {boost::asio::ip::address_v4::loopback(), 0}};
  auto options = options_of("one", "coordinator");
  options.handshake_time = 20ms;
  const auto one = value_of(nodes::node::make(
      here,
      {.link = options, .coordinator = loopback(mute.local_endpoint().port()), .workers = 1, .credit = 2},
      squares()));
  BOOST_TEST(one->look().why_down == "");
  while (one->look().why_down.empty())
    std::this_thread::yield();
  BOOST_TEST(one->look().why_down ==
             "it did not admit us within 20.0 ms: it may want TLS; then set authority, "
             "certificate and private_key");
  BOOST_TEST(!one->look().is_up);
  BOOST_TEST(one->look().with == "");
}

BOOST_AUTO_TEST_SUITE_END()
