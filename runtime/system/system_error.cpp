#include <weir/runtime/system/system_error.hpp>

#include <cerrno>
#include <system_error>

namespace weir::detail {

namespace {

const char* remedy(int error) {
  switch (error) {
    case EMFILE:
      return "; raise the limit of open files (ulimit -n) or lower the parallelism";
    case ENFILE:
      return "; the system has no descriptor left: lower the parallelism";
    case EAGAIN:
      return "; the limit of processes is reached: raise it (ulimit -u, or pids.max of the control group) "
             "or lower the parallelism";
    case ENOMEM:
      return "; lower the parallelism or the output limit";
    case E2BIG:
      return "; the arguments and the environment together are too long (one argument may have 128 KiB)";
    case ENOEXEC:
      return "; it is not a program: a script needs a first line such as #!/bin/sh";
    case ENOSYS:
      return "; running commands needs Linux 5.11 or newer";
    default:
      return "";
  }
}

}  // namespace

std::string system_error_text(const char* call, int error) {
  return std::string{call} + ": " + std::generic_category().message(error) + remedy(error);
}

}  // namespace weir::detail
