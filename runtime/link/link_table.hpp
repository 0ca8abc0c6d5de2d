#pragma once

/// Which links there are, and which more there may be: one for each name, and one for each engine, as an
/// engine that is reached in two ways mixes them up. A later process of a name takes the place of an earlier
/// one; a process that comes again has lost its link and knows it before we do. Of two that dial each other
/// the link that came first stays, and who dials a process by two addresses has one link.
///
/// A plain state machine.

#include <weir/runtime/link/greeting.hpp>
#include <weir/runtime/link/record.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace weir::link {

class link_table {
public:
  explicit link_table(std::size_t accepted_max) : accepted_max_(accepted_max) {}

  /// Why there may be no link to this process, in which we have this role; none if there may.
  [[nodiscard]] std::optional<std::string> clash_of(const identity& who, role ours) const;

  /// The link whose place one to this process takes.
  [[nodiscard]] std::optional<std::uint64_t> predecessor_of(const identity& who) const;

  void add(std::uint64_t link, const identity& who, role ours);
  void remove(std::uint64_t link) { all_.erase(link); }

private:
  struct entry {
    identity who;
    role ours;
  };

  [[nodiscard]] static std::optional<std::string> clash_of(const entry& there, const identity& who,
                                                           role ours);

  std::size_t accepted_max_;
  std::map<std::uint64_t, entry> all_;
};

}  // namespace weir::link
