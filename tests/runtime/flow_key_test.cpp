#include <weir/runtime/flow_run.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <utility>

#include "flow_graph_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;

namespace {

/// These items, one after the other.
struct texts final : source {
  std::vector<std::string> all;
  std::size_t at = 0;
  explicit texts(std::vector<std::string> a) : all(std::move(a)) {}
  caf::expected<std::optional<item>> next(const context&) override {
    if (at == all.size())
      return std::optional<item>{};
    const auto& text = all[at++];
    return std::optional{item{text, text}};
  }
};

/// Remembers in which order the jobs of each key began, and whether two of them ever ran at once.
struct by_key {
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> begun;
  std::map<std::string, int> inside;
  bool alone = true;

  caf::expected<record> run(const std::string& key, const std::string& what) {
    {
      std::lock_guard guard{mutex};
      begun[key].push_back(what);
      alone = alone && ++inside[key] == 1;
    }
    std::this_thread::yield();
    std::lock_guard guard{mutex};
    --inside[key];
    return of(0);
  }
};

stage_plan by(flow_key key, stage_plan s) {
  s.key = std::move(key);
  return s;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(flow_keys, graphs)

BOOST_AUTO_TEST_CASE(a_key_is_the_item_or_its_folder_or_a_field_and_nothing_else) {
  BOOST_TEST((flow_key::parse("item") == flow_key{flow_key::by::item}));
  BOOST_TEST((flow_key::parse("folder") == flow_key{flow_key::by::folder}));
  BOOST_TEST((flow_key::parse("field:a b") == flow_key{flow_key::by::field, "a b"}));
  for (const auto* wrong : {"", "name", "Item", "field", "field:", "folder:x"})
    BOOST_TEST(!flow_key::parse(wrong).has_value(), wrong);
}

BOOST_AUTO_TEST_CASE(a_key_is_taken_from_the_item_or_from_what_the_stage_before_made) {
  const item from{"a/b/c.txt", "the name"};
  const record made{{{"n", std::int64_t{7}}, {"s", "text"}}};
  BOOST_TEST(flow_key{flow_key::by::item}.of(from, nullptr) == "a/b/c.txt");
  BOOST_TEST(flow_key{flow_key::by::item}.of({std::int64_t{5}, ""}, &made) == "5");
  BOOST_TEST(flow_key{flow_key::by::folder}.of(from, &made) == "a/b");
  BOOST_TEST(flow_key{flow_key::by::folder}.of({"c.txt", ""}, &made) == "");
  BOOST_TEST((flow_key{flow_key::by::field, "n"}.of(from, &made)) == "7");
  BOOST_TEST((flow_key{flow_key::by::field, "x"}.of(from, &made)) == "");
  BOOST_TEST((flow_key{flow_key::by::field, "n"}.of(from, nullptr)) == "");
}

BOOST_AUTO_TEST_CASE(jobs_of_one_folder_run_one_after_the_other_as_they_came_in) {
  by_key seen;
  std::vector<std::string> items;
  std::map<std::string, std::vector<std::string>> wanted;
  for (int i = 0; i < 600; ++i) {
    const auto folder = "f" + std::to_string(i % 7);
    items.push_back(folder + '/' + std::to_string(i));
    wanted[folder].push_back(items.back());
  }
  add(std::make_unique<texts>(items));
  add(by({flow_key::by::folder}, stage(
                                     "a",
                                     [&](const context&, const item& i) {
                                       return seen.run(i.name.substr(0, i.name.find('/')), i.name);
                                     },
                                     8, 64)));
  out = add_sink({});
  const auto s = run();
  BOOST_TEST((s.books == policy::books{600, 600, 0, 600, 0, 0}));
  BOOST_TEST(seen.alone);
  BOOST_TEST((seen.begun == wanted));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_stuck_holds_up_no_other_and_a_field_of_the_stage_before_is_one) {
  const auto shut = std::make_shared<event>();
  add(std::make_unique<numbers>(20));
  add(stage("parity", [](const context&, const item& i) -> caf::expected<record> {
    return record{{{"n", number(i)}, {"odd", number(i) % 2}}};
  }));
  add(by({flow_key::by::field, "odd"}, stage(
                                           "a",
                                           [shut](const context& c, const item& i) {
                                             if (number(i) == 0)
                                               shut->wait();
                                             return same(c, i);
                                           },
                                           2, 32)));
  p.stages[1].order = order::completed;
  out = add_sink({});
  flow_run run{on, ctx, std::move(p)};
  until(run, [&] { return out->count() == 10; });
  BOOST_TEST(!run.wait_for(20ms));
  BOOST_TEST(out->count() == 10U, "the even ones wait for the first of them");
  shut->set();
  BOOST_TEST(run.wait().books.completed == 20U);
  for (std::size_t i = 0; i < 10; ++i) {
    BOOST_TEST(out->lines[i] == lines(20)[2 * i + 1]);
    BOOST_TEST(out->lines[10 + i] == lines(20)[2 * i]);
  }
}

BOOST_AUTO_TEST_CASE(without_a_key_the_same_jobs_do_not_wait_for_each_other) {
  const auto shut = std::make_shared<event>();
  add(std::make_unique<texts>(std::vector<std::string>{"x", "x"}));
  add(stage("a", [shut, n = std::make_shared<std::atomic<int>>(0)](const context&, const item&) {
    if (n->fetch_add(1) == 0)
      shut->wait();
    else
      shut->set();
    return caf::expected<record>{of(0)};
  }));
  out = add_sink({});
  BOOST_TEST(run().books.completed == 2U);
}

BOOST_AUTO_TEST_CASE(a_burst_comes_at_once_and_the_rest_at_the_rate) {
  manual_clock clock;
  add(std::make_unique<numbers>(6));
  add(stage("a", same));
  p.stages[0].rate = {.per_second = 1, .burst = 4};
  out = add_sink({});
  flow_run run{on, context::background(clock), std::move(p)};
  until(run, [&] { return out->count() == 4; });
  BOOST_TEST(!run.wait_for(20ms));
  BOOST_TEST(out->count() == 4U);
  BOOST_TEST(advance_to_end(clock, run, 100ms).books.completed == 6U);
}

BOOST_AUTO_TEST_SUITE_END()
