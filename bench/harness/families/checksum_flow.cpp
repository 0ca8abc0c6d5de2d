#include "families.hpp"

namespace bench {

namespace {

constexpr double ns_in_s = 1e9;

}  // namespace

family checksum_flow(const places& at) {
  const std::string xargs = "find | xargs -0 -P2 -n64 sha256sum";
  return {.id = "F",
          .title = "SHA-256 of every file under /usr/share, warm cache, 2 at a time",
          .unit = "s",
          .divisor = ns_in_s,
          .contestants = {
              {"weir run config/checksum.toml",
               {{at.launcher, "run", at.root + "/config/checksum.toml", "--set", "source.root=/usr/share",
                 "--set", "stage.parallelism=2", "--quiet"},
                true},
               figure::wall_time,
               1,
               {faster_than(xargs, 1 / 1.05)}},
              {xargs,
               shell("find /usr/share -type f -print0 | xargs -0 -P2 -n64 sha256sum"),
               figure::wall_time,
               1,
               {}},
          }};
}

}  // namespace bench
