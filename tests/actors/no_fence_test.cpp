#include <weir/actors/asymmetric_fence.hpp>

#include <boost/test/unit_test.hpp>

#include "refuse_membarrier.hpp"

namespace {

struct no_fence {
  no_fence() { BOOST_REQUIRE(weir::test::refuse_membarrier()); }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(no_fence);

BOOST_AUTO_TEST_CASE(the_kernel_refuses_here) {
  BOOST_TEST(!weir::has_asymmetric_fence());
  BOOST_TEST(!weir::heavy_fence());
}
