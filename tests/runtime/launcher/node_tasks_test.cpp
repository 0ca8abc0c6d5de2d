#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/node_tasks.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace weir;

BOOST_AUTO_TEST_SUITE(tasks_on_nodes)

BOOST_AUTO_TEST_CASE(a_lane_that_comes_when_the_run_has_ended_is_told_so) {
  const auto slot = std::make_shared<config::coordinator_slot>();
  const auto task = config::task_on_nodes({"sha256", "", {}, {}}, {}, "1", "/", slot);
  const auto batch = task(context::background(), {});
  BOOST_TEST(!batch);
  BOOST_TEST(is(batch.error(), ec::closed));
}

BOOST_AUTO_TEST_SUITE_END()
