#include <weir/actors/asymmetric_fence.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace {

/// Makes the kernel refuse membarrier(2) to this process for good.
struct refuse_membarrier {
  refuse_membarrier() {
    sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{sizeof(rules) / sizeof(rules[0]), rules};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(refuse_membarrier);

BOOST_AUTO_TEST_CASE(the_kernel_refuses_here) {
  BOOST_TEST(!weir::has_asymmetric_fence());
  BOOST_TEST(!weir::heavy_fence());
}
