#pragma once

/// The memory of this process that is in use, in MiB.

#include <fstream>

#include <unistd.h>

namespace weir::test {

inline double resident_mib() {
  std::ifstream in{"/proc/self/statm"};
  double all = 0;
  double pages = 0;
  in >> all >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

}  // namespace weir::test
