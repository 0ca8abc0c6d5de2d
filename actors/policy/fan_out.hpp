#pragma once

/// Where an item goes when each goes to one of several: to the next in turn that has said that it has room.
/// Nobody is sent more than the credit that it has given, so whoever feeds them never waits for one that is
/// full while another is not. A plain state machine: it is shown credit and answers with a choice.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weir::policy {

class fan_out {
public:
  /// `branches` of them, from 1; none has given credit yet.
  explicit fan_out(std::size_t branches) : credit_(branches, 0) {}

  /// Branch `to` has room for `n` items more.
  void grant(std::size_t to, std::uint64_t n) { credit_[to] += n; }

  /// The branch that the next item is for, whose credit is one less now; nothing while none has any.
  [[nodiscard]] std::optional<std::size_t> next() {
    for (std::size_t tried = 0; tried < credit_.size(); ++tried) {
      const auto branch = turn_;
      turn_ = (turn_ + 1) % credit_.size();
      if (credit_[branch] == 0)
        continue;
      --credit_[branch];
      return branch;
    }
    return std::nullopt;
  }

private:
  std::vector<std::uint64_t> credit_;
  std::size_t turn_ = 0;
};

}  // namespace weir::policy
