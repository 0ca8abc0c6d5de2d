#pragma once

#include <weir/runtime/testing/explore.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>

/// Explores `body` and says how much that was. WEIR_SEED is the first seed, WEIR_SCHEDULES how many.
inline void explored(const weir::testing::test_body& body) {
  weir::testing::explore_options options;
  options.schedules = 20'000;
  // Where one finding is enough.
  static bool found = false;
  if (found && std::getenv("WEIR_STOP_EARLY"))
    return;
  const auto from_environment = [](const char* name, std::uint64_t otherwise) {
    const auto* text = std::getenv(name);
    const auto given = text ? std::strtoull(text, nullptr, 10) : otherwise;
    BOOST_REQUIRE_MESSAGE(given > 0, name << " is \"" << text << "\", allowed is a number from 1");
    return given;
  };
  options.first_seed = from_environment("WEIR_SEED", options.first_seed);
  options.schedules = from_environment("WEIR_SCHEDULES", options.schedules);
  const auto begin = std::chrono::steady_clock::now();
  const auto seen = weir::testing::explore(options, body);
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  BOOST_TEST(seen.ok(), seen.text());
  found |= !seen.ok();
  std::cout << boost::unit_test::framework::current_test_case().p_name << ": seeds " << options.first_seed
            << " to " << options.first_seed + seen.schedules - 1 << ", " << seen.steps << " steps, "
            << static_cast<std::uint64_t>(static_cast<double>(seen.schedules) / took)
            << " schedules a second, hash " << std::hex << seen.hash << std::dec << '\n';
}
