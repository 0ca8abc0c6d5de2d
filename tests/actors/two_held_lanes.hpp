#pragma once

/// A station whose lanes are both in a job, with others behind it.

#include "crew.hpp"

namespace weir::test {

/// Two lanes that each hold a long span and are held by its first job: the jobs 0 and 50 of 100.
struct two_held_lanes {
  explicit two_held_lanes(const std::shared_ptr<station>& where) : at(where), lanes(where, 2) {
    teach_short_jobs(*at);
    block = std::make_shared<scripted_block>(20'000, 100, [this](std::uint64_t i, lane&) {
      const auto place = started.fetch_add(1);
      if (place > 1)
        return caf::error{};
      job[place] = i;
      both.count_down();
      release[place].wait();
      return caf::error{};
    });
    offer_all(*at, block);
    both.wait();
  }
  ~two_held_lanes() {
    release[0].set();
    release[1].set();
  }

  std::shared_ptr<station> at;
  std::shared_ptr<scripted_block> block;
  std::atomic<std::size_t> started{0};
  std::uint64_t job[2] = {};
  std::latch both{2};
  event release[2];
  crew lanes;
};

}  // namespace weir::test
