#include <weir/runtime/spare_memory.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstring>
#include <latch>
#include <stdexcept>
#include <thread>

using namespace weir::detail;

namespace {

// Under AddressSanitizer nothing is kept.
bool keeps() {
  give_spare(take_spare(spare_piece_max), spare_piece_max);
  return spare_bytes() > 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(spare_memory)

BOOST_AUTO_TEST_CASE(piece_that_was_given_back_is_the_next_one_of_its_size) {
  if (!keeps())
    return;
  auto* const first = take_spare(5000);
  give_spare(first, 5000);
  // Sizes are kept by powers of two: 8,000 bytes fit where 5,000 were.
  auto* const second = take_spare(8000);
  BOOST_TEST(first == second);
  std::memset(second, 1, 8000);
  give_spare(second, 8000);
}

BOOST_AUTO_TEST_CASE(pieces_that_are_in_use_are_distinct) {
  auto* const first = take_spare(spare_piece_min);
  auto* const second = take_spare(spare_piece_min);
  BOOST_TEST(first != second);
  give_spare(first, spare_piece_min);
  give_spare(second, spare_piece_min);
}

BOOST_AUTO_TEST_CASE(small_and_huge_pieces_are_not_kept) {
  const auto before = spare_bytes();
  give_spare(take_spare(spare_piece_min - 1), spare_piece_min - 1);
  give_spare(take_spare(spare_piece_max + 1), spare_piece_max + 1);
  BOOST_TEST(spare_bytes() == before);
}

BOOST_AUTO_TEST_CASE(never_more_than_the_bound_is_kept) {
  std::vector<void*> pieces;
  for (std::size_t bytes = 0; bytes < 2 * spare_bytes_max; bytes += spare_piece_max)
    pieces.push_back(take_spare(spare_piece_max));
  for (auto* p : pieces)
    give_spare(p, spare_piece_max);
  BOOST_TEST(spare_bytes() <= spare_bytes_max);
  if (keeps())
    BOOST_TEST(spare_bytes() > spare_bytes_max - spare_piece_max);
}

BOOST_AUTO_TEST_CASE(no_piece_is_given_to_two_threads) {
  constexpr int threads = 4;
  constexpr int rounds = 5000;
  std::atomic<int> clashes{0};
  std::latch start{threads};
  const auto work = [&](std::uint64_t own) {
    start.arrive_and_wait();
    for (int i = 0; i < rounds; ++i) {
      auto* const p = static_cast<volatile std::uint64_t*>(take_spare(spare_piece_min));
      *p = own;
      clashes += *p != own;
      give_spare(const_cast<std::uint64_t*>(p), spare_piece_min);
    }
  };
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back(work, static_cast<std::uint64_t>(t));
  for (auto& t : all)
    t.join();
  BOOST_TEST(clashes == 0);
}

BOOST_AUTO_TEST_CASE(vector_grows_over_all_sizes) {
  spare_vector<std::uint64_t> numbers;
  for (std::uint64_t i = 0; i < 100'000; ++i)
    numbers.push_back(i);
  for (std::uint64_t i = 0; i < 100'000; ++i)
    BOOST_REQUIRE(numbers[i] == i);
}

namespace {

/// Counts how many there are; the copy or move that `fuse` counts down to throws.
struct counted {
  static inline int alive = 0;
  static inline int fuse = -1;
  int value = 0;

  explicit counted(int v) : value(v) { ++alive; }
  counted(const counted& other) : value(other.value) {
    if (fuse > 0 && --fuse == 0)
      throw std::runtime_error{"fuse"};
    ++alive;
  }
  counted& operator=(const counted&) = delete;
  ~counted() { --alive; }
};

}  // namespace

BOOST_AUTO_TEST_CASE(array_says_when_it_is_full_and_keeps_what_it_has_as_it_grows) {
  {
    spare_array<counted> all;
    BOOST_TEST(all.full());
    for (int i = 0; i < 1000; ++i) {
      if (all.full())
        all.grow();
      BOOST_TEST_REQUIRE(!all.full());
      BOOST_TEST(all.ahead(1'000'000) >= &all[0] + i);
      all.append(i);
    }
    BOOST_TEST(all.size() == 1000);
    BOOST_TEST(counted::alive == 1000);
    for (int i = 0; i < 1000; ++i)
      BOOST_TEST(all[static_cast<std::size_t>(i)].value == i);
    all.reserve(10);
    BOOST_TEST(all.size() == 1000);
  }
  BOOST_TEST(counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(array_that_can_not_grow_is_as_it_was) {
  {
    spare_array<counted> all;
    all.reserve(3);
    for (int i = 0; i < 3; ++i)
      all.append(i);
    counted::fuse = 2;
    BOOST_CHECK_THROW(all.grow(), std::runtime_error);
    BOOST_TEST(all.full());
    BOOST_TEST(counted::alive == 3);
    for (int i = 0; i < 3; ++i)
      BOOST_TEST(all[static_cast<std::size_t>(i)].value == i);
  }
  BOOST_TEST(counted::alive == 0);
}

BOOST_AUTO_TEST_SUITE_END()
