#include <weir/runtime/spare_memory.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <cstring>
#include <latch>
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

BOOST_AUTO_TEST_SUITE_END()
