#include <weir/runtime/link/link_table.hpp>

#include <algorithm>

namespace weir::link {

std::optional<std::string> link_table::clash_of(const entry& there, const identity& who, role ours) {
  if (there.who.name != who.name) {
    if (there.who.engine == who.engine)
      return "its engine has the same id as that of '" + there.who.name + "', " + who.engine;
    return std::nullopt;
  }
  if (there.who.incarnation > who.incarnation)
    return "a later process of '" + who.name + "' is connected: give each a name of its own";
  if (there.who.incarnation < who.incarnation)
    return std::nullopt;
  if (there.who.engine != who.engine)
    return "another process is '" + who.name + "' already: give each a name of its own";
  if (ours == role::dialer || there.ours == role::dialer)
    return "there is a link to it already";
  return std::nullopt;
}

std::optional<std::string> link_table::clash_of(const identity& who, role ours) const {
  std::size_t accepted = 0;
  for (const auto& [link, there] : all_) {
    if (auto clash = clash_of(there, who, ours))
      return clash;
    accepted += there.ours == role::acceptor && there.who.name != who.name ? 1 : 0;
  }
  if (ours == role::acceptor && accepted >= accepted_max_)
    return "there are " + std::to_string(accepted) + " links, and no more are allowed";
  return std::nullopt;
}

std::optional<std::uint64_t> link_table::predecessor_of(const identity& who) const {
  const auto found =
      std::find_if(all_.begin(), all_.end(), [&](const auto& e) { return e.second.who.name == who.name; });
  return found != all_.end() ? std::optional{found->first} : std::nullopt;
}

void link_table::add(std::uint64_t link, const identity& who, role ours) {
  all_.insert_or_assign(link, entry{who, ours});
}

}  // namespace weir::link
