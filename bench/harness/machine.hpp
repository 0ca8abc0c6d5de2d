#pragma once

/// The conditions under which figures came about: without them they say nothing.

#include <string>
#include <vector>

#include "family.hpp"

namespace bench {

/// One line each: commit, date, machine, load, versions of all contestants.
[[nodiscard]] std::vector<std::string> conditions(const places& at);

}  // namespace bench
