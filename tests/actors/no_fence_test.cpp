#include <weir/actors/asymmetric_fence.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>

#include <unistd.h>

#include "refuse_membarrier.hpp"

namespace {

/// The program again, where the kernel refuses from the start.
struct no_fence {
  no_fence() {
    if (std::getenv("WEIR_TEST_NO_FENCE"))
      return;
    BOOST_REQUIRE(weir::test::refuse_membarrier());
    ::setenv("WEIR_TEST_NO_FENCE", "1", 1);
    ::execv("/proc/self/exe", boost::unit_test::framework::master_test_suite().argv);
    BOOST_FAIL("the program can't start itself again");
  }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(no_fence);

BOOST_AUTO_TEST_CASE(the_kernel_refuses_here) {
  BOOST_TEST(!weir::has_asymmetric_fence());
  BOOST_TEST(!weir::heavy_fence());
}
