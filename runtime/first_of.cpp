#include <weir/runtime/first_of.hpp>

#include <string>
#include <utility>

namespace weir::detail {

caf::error too_few(const map_end& end, std::uint64_t wanted, std::uint64_t failed, std::uint64_t n) {
  // A rule that halts for want of hope has a failure behind it; what else ended the run is its own reason.
  if (!end.root || failed + wanted <= n)
    return make_error(end.stopped_by->code, to_string(*end.stopped_by));
  return with_text(end.root->why, std::to_string(failed) + " of " + std::to_string(n) + " jobs failed, " +
                                      std::to_string(wanted) + " had to complete; the first was job " +
                                      std::to_string(end.root->index) + ": " + text_of(end.root->why));
}

caf::expected<map_options> quorum_options(map_options options, std::uint64_t wanted, std::uint64_t n) {
  if (wanted == 0 || wanted > n)
    return make_error(ec::invalid_option, "a quorum of " + std::to_string(wanted) + " of " +
                                              std::to_string(n) +
                                              " jobs; allowed: from 1 to as many as there are jobs");
  options.on_error = {policy::halt_rule::how_t::now, policy::halt_rule::what_t::success, wanted, 0, n};
  options.order = order::completed;
  return options;
}

}  // namespace weir::detail
