#pragma once

/// A path against a set of patterns, name by name as the walk does it.

#include <weir/runtime/sources/glob.hpp>

#include <string>

namespace weir_test {

inline bool matches_path(const weir::detail::glob_set& set, const std::string& path) {
  auto at = set.start();
  std::size_t from = 0;
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', from)) {
    at = set.below(at, path.substr(from, slash - from));
    from = slash + 1;
  }
  return set.matches(at, path.substr(from));
}

}  // namespace weir_test
