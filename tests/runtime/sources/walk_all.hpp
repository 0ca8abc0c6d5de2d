#pragma once

/// A whole walk, with what it could not read.

#include <weir/actors/error.hpp>
#include <weir/runtime/sources/tree_walk.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace weir_test {

using texts = std::vector<std::string>;

inline weir::detail::glob_set patterns(const texts& all) {
  auto set = weir::detail::glob_set::parse("match", all);
  BOOST_REQUIRE(set);
  return std::move(*set);
}

/// Rules that take every file.
inline weir::detail::walk_rules every_file() {
  weir::detail::walk_rules rules;
  rules.match = patterns({"**/*"});
  return rules;
}

struct walked {
  texts files;       ///< below the root, without its path
  texts unreadable;  ///< likewise
  texts reasons;     ///< why not
};

inline walked walk_all(const std::string& root, weir::detail::walk_rules rules) {
  weir::detail::tree_walk walk{root, std::move(rules)};
  walked result;
  const auto below = [&](const std::string& path) {
    BOOST_TEST(path.starts_with(root + '/'));
    return path.substr(root.size() + 1);
  };
  while (true) {
    const auto found = walk.next(weir::context::background());
    if (!found)
      BOOST_FAIL(weir::text_of(found.error()));
    if (!*found)
      return result;
    const auto& [path, unreadable] = **found;
    if (!unreadable) {
      result.files.push_back(below(path));
      continue;
    }
    BOOST_TEST(weir::is(unreadable, weir::ec::io));
    result.unreadable.push_back(below(path));
    result.reasons.push_back(weir::text_of(unreadable));
  }
}

inline void check_texts(const texts& got, const texts& expected) {
  BOOST_TEST(got == expected, boost::test_tools::per_element());
}

}  // namespace weir_test
