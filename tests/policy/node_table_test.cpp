#include <weir/actors/policy/node_table.hpp>

#include <boost/test/unit_test.hpp>

#include <random>

using weir::policy::node_table;

namespace {

const node_table::task_id resize = "resize";
const node_table::task_id hash = "hash";

node_table::node_id node_of(const std::optional<node_table::assignment>& a) {
  BOOST_TEST_REQUIRE(a.has_value());
  return a->node;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(table_of_nodes)

BOOST_AUTO_TEST_CASE(a_job_goes_to_a_node_that_has_its_task) {
  node_table t;
  t.join(1, {1, 10, {resize}});
  t.join(2, {1, 10, {hash}});
  BOOST_TEST(node_of(t.take(hash, 1)) == 2u);
  BOOST_TEST(node_of(t.take(resize, 1)) == 1u);
  BOOST_TEST(!t.take("other", 1));
  BOOST_TEST(t.any_for(hash));
  BOOST_TEST(!t.any_for("other"));
}

BOOST_AUTO_TEST_CASE(the_node_with_the_least_to_do_for_what_it_can_do_is_taken) {
  node_table t;
  t.join(1, {1, 100, {hash}});
  t.join(2, {3, 100, {hash}});
  std::map<node_table::node_id, int> got;
  for (int i = 0; i < 8; ++i)
    ++got[node_of(t.take(hash, 1))];
  BOOST_TEST(got[1] == 2);
  BOOST_TEST(got[2] == 6);
}

BOOST_AUTO_TEST_CASE(a_node_has_no_more_calls_than_keep_it_busy) {
  node_table t;
  t.join(1, {2, 1000, {hash}});
  for (unsigned i = 0; i < 2 * node_table::calls_for_each_worker; ++i)
    BOOST_TEST(t.take(hash, 1).has_value());
  BOOST_TEST(!t.take(hash, 1));
}

BOOST_AUTO_TEST_CASE(a_call_has_no_more_than_its_share_of_what_its_node_may_hold) {
  node_table t;
  t.join(1, {2, 1000, {hash}});
  BOOST_TEST(t.take(hash, 100'000)->jobs == 250u);
  BOOST_TEST(t.take(hash, 7)->jobs == 7u);
}

BOOST_AUTO_TEST_CASE(who_does_not_want_to_go_to_a_node_goes_to_another_or_nowhere) {
  node_table t;
  t.join(1, {1, 100, {hash}, "a"});
  t.join(2, {1, 100, {hash}, "b"});
  BOOST_TEST(node_of(t.take(hash, 1, "a")) == 2u);
  BOOST_TEST(node_of(t.take(hash, 1, "a")) == 2u);
  BOOST_TEST(!t.take(hash, 1, "a"));
  BOOST_TEST(node_of(t.take(hash, 1)) == 1u);
  BOOST_TEST(node_of(t.take(hash, 1, "c")) == 1u);
}

BOOST_AUTO_TEST_CASE(a_node_holds_no_more_jobs_than_its_credit) {
  node_table t;
  t.join(1, {2, 3, {hash}});
  const auto first = t.take(hash, 10);
  BOOST_TEST(first->jobs == 1u);
  BOOST_TEST(t.take(hash, 10).has_value());
  BOOST_TEST(t.take(hash, 10).has_value());
  BOOST_TEST(!t.take(hash, 1));
  BOOST_TEST(t.finish(1, first->call));
  BOOST_TEST(t.take(hash, 1).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_call_did_not_need_is_there_for_others) {
  node_table t;
  t.join(1, {1, 10, {hash}});
  const auto first = t.take(hash, 5);
  BOOST_TEST(first->jobs == 5u);
  t.shrink(first->call, 2);
  BOOST_TEST(t.load_of(1).jobs == 2u);
  BOOST_TEST(t.finish(1, first->call));
  BOOST_TEST(t.load_of(1).jobs == 0u);
  // One that was lost meanwhile.
  t.shrink(first->call, 1);
}

BOOST_AUTO_TEST_CASE(the_calls_of_a_node_that_goes_are_lost_once) {
  node_table t;
  t.join(1, {2, 10, {hash}});
  const auto a = t.take(hash, 1)->call;
  const auto b = t.take(hash, 1)->call;
  const auto c = t.take(hash, 1)->call;
  BOOST_TEST(t.finish(1, b));
  BOOST_TEST((t.remove(1) == std::vector{a, c}));
  BOOST_TEST(t.remove(1).empty());
  BOOST_TEST(!t.take(hash, 1));
}

BOOST_AUTO_TEST_CASE(an_answer_that_comes_late_or_twice_or_from_another_node_is_none) {
  node_table t;
  t.join(1, {2, 10, {hash}});
  const auto a = t.take(hash, 1)->call;
  BOOST_TEST(!t.finish(2, a));
  BOOST_TEST(t.finish(1, a));
  BOOST_TEST(!t.finish(1, a));
  const auto b = t.take(hash, 1)->call;
  t.remove(1);
  t.join(1, {2, 10, {hash}});
  BOOST_TEST(!t.finish(1, b));
  BOOST_TEST(t.take(hash, 1)->call > b);
}

BOOST_AUTO_TEST_CASE(a_node_that_drains_is_given_nothing_and_keeps_what_it_has) {
  node_table t;
  t.join(1, {2, 10, {hash}});
  const auto a = t.take(hash, 1)->call;
  t.drain(1);
  BOOST_TEST(!t.take(hash, 1));
  BOOST_TEST(!t.any_for(hash));
  BOOST_TEST(!t.drained(1));
  BOOST_TEST(t.finish(1, a));
  BOOST_TEST(t.drained(1));
}

BOOST_AUTO_TEST_CASE(whatever_happens_no_node_has_more_than_it_offered_and_no_call_is_forgotten) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::minstd_rand random{seed};
    node_table t;
    std::map<node_table::node_id, node_table::offer> there;
    std::map<node_table::call_id, std::pair<node_table::node_id, std::uint64_t>> open;
    node_table::node_id last = 0;
    for (int step = 0; step < 300; ++step) {
      const auto what = random() % 10;
      if (what == 0) {
        const node_table::offer o{1 + random() % 4, 1 + random() % 20, {hash}};
        there[++last] = o;
        t.join(last, o);
      } else if (what == 1 && !there.empty()) {
        const auto gone = there.begin()->first;
        for (const auto call : t.remove(gone)) {
          BOOST_TEST_REQUIRE(open.at(call).first == gone);
          open.erase(call);
        }
        there.erase(gone);
        for (const auto& [call, of] : open)
          BOOST_TEST_REQUIRE(of.first != gone);
      } else if (what < 7) {
        const auto most = 1 + random() % 5;
        if (const auto a = t.take(hash, most)) {
          BOOST_TEST_REQUIRE((a->jobs >= 1 && a->jobs <= most));
          const auto jobs = 1 + random() % a->jobs;
          t.shrink(a->call, jobs);
          BOOST_TEST_REQUIRE(open.emplace(a->call, std::pair{a->node, jobs}).second);
        }
      } else if (!open.empty()) {
        const auto of = open.begin();
        BOOST_TEST_REQUIRE(t.finish(of->second.first, of->first));
        open.erase(of);
      }
      for (const auto& [id, o] : there) {
        std::uint64_t calls = 0;
        std::uint64_t jobs = 0;
        for (const auto& [call, of] : open)
          if (of.first == id) {
            ++calls;
            jobs += of.second;
          }
        const auto has = t.load_of(id);
        BOOST_TEST_REQUIRE((has.calls == calls && has.jobs == jobs), "seed " << seed);
        BOOST_TEST_REQUIRE(jobs <= o.credit);
        BOOST_TEST_REQUIRE(calls <= node_table::calls_for_each_worker * o.workers);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
