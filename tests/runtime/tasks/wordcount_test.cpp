#include <weir/actors/error.hpp>
#include <weir/runtime/tasks/read_file.hpp>

#include <boost/test/unit_test.hpp>

#include <random>
#include <sstream>

#include "../support/files.hpp"
#include "task_helpers.hpp"

using namespace weir;
using namespace weir_test;

namespace {

std::vector<std::int64_t> counted(const std::string& path) {
  const auto r = run(made(wordcount_task()), path);
  BOOST_REQUIRE_MESSAGE(r, (r ? std::string{} : text_of(r.error())));
  return {number(*r, "lines"), number(*r, "words"), number(*r, "bytes")};
}

std::vector<std::int64_t> by_wc(const temporary_folder& folder) {
  int status = 0;
  std::istringstream out{printed_by(folder.path(), "wc < f", status)};
  std::vector<std::int64_t> counts(3);
  out >> counts[0] >> counts[1] >> counts[2];
  BOOST_REQUIRE(out);
  return counts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wordcount)

BOOST_AUTO_TEST_CASE(the_record_is_in_the_order_of_wc) {
  const temporary_folder folder;
  write_file(folder.path("f"), "one two\nthree");
  const auto r = run(made(wordcount_task()), folder.path("f"));
  BOOST_REQUIRE(r);
  BOOST_TEST(names_of(*r) == "lines words bytes path");
  BOOST_TEST(counted(folder.path("f")) == (std::vector<std::int64_t>{1, 3, 13}));
}

BOOST_AUTO_TEST_CASE(texts_of_every_sort_are_counted_as_wc_does) {
  const temporary_folder folder;
  for (const std::string& content :
       {std::string{}, std::string{"\n"}, std::string{"a"}, std::string{" a\tb\vc\fd\re\n\n"},
        std::string{"a \xc3\xa9 b\x01 \x01 \xa0 x\0y \0 ", 18}, std::string{"\xff"}}) {
    write_file(folder.path("f"), content);
    BOOST_TEST(counted(folder.path("f")) == by_wc(folder), content);
  }
}

BOOST_AUTO_TEST_CASE(random_bytes_of_several_blocks_are_counted_as_wc_does) {
  const temporary_folder folder;
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 6; ++round) {
    std::string content(detail::read_block_bytes * 2 + random() % 1000, ' ');
    for (auto& c : content)
      c = static_cast<char>(round % 2 == 0 ? random() : random() % 64);
    write_file(folder.path("f"), content);
    BOOST_TEST(counted(folder.path("f")) == by_wc(folder), "seed " << seed << ", round " << round);
  }
}

BOOST_AUTO_TEST_CASE(a_folder_is_a_failure) {
  const temporary_folder folder;
  const auto r = run(made(wordcount_task()), folder.path());
  BOOST_REQUIRE(!r);
  BOOST_TEST(is(r.error(), ec::io));
}

BOOST_AUTO_TEST_CASE(a_canceled_count_gives_the_cause) {
  const temporary_folder folder;
  write_file(folder.path("f"), "x");
  const auto ctx = context::with_cancel(context::background());
  ctx.cancel("enough");
  const auto r = run(made(wordcount_task()), folder.path("f"), ctx);
  BOOST_REQUIRE(!r);
  BOOST_TEST(is(r.error(), ec::canceled));
}

BOOST_AUTO_TEST_SUITE_END()
