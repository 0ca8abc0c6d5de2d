#include <weir/runtime/sinks/table_text.hpp>

#include <boost/test/unit_test.hpp>

#include "../support/files.hpp"
#include "sink_helpers.hpp"

using namespace weir;
using namespace weir_test;
namespace fs = std::filesystem;

namespace {

struct file_of {
  explicit file_of(const sink_kind& kind) : sink(made(kind, folder.path("f"))) {}

  std::string finished() {
    REQUIRE_FINE(sink->finish());
    return content_of(folder.path("f"));
  }

  temporary_folder folder;
  std::unique_ptr<weir::sink> sink;
};

record numbered(std::int64_t n) {
  return {{{"n", n}}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tabs)

BOOST_AUTO_TEST_CASE(a_header_of_names_is_followed_by_a_line_for_each_job) {
  file_of tsv{tsv_sink()};
  REQUIRE_FINE(put(*tsv.sink, 0, "du /etc", {{{"stdout", "4\t/etc"}, {"exit", std::int64_t{0}}}}));
  REQUIRE_FINE(fail(*tsv.sink, 1, "du /x", make_error(ec::failed, "no")));
  REQUIRE_FINE(put(*tsv.sink, 2, "", {{{"exit", std::int64_t{1}}, {"stdout", {}}}}));
  BOOST_TEST(tsv.finished() == "name\tstdout\texit\ndu /etc\t4\\t/etc\t0\n\t\t1\n");
}

BOOST_AUTO_TEST_CASE(what_would_break_a_line_is_escaped_and_bytes_stay) {
  file_of tsv{tsv_sink()};
  REQUIRE_FINE(put(*tsv.sink, 0, "a", {{{"x\ty", "\t\n\r\\\xff\"ü"}}}));
  BOOST_TEST(tsv.finished() == "name\tx\\ty\na\t\\t\\n\\r\\\\\xff\"ü\n");
}

BOOST_AUTO_TEST_CASE(a_record_that_names_its_item_gets_no_column_for_it) {
  for (const auto* own : {"name", "path", "item"}) {
    file_of tsv{tsv_sink()};
    REQUIRE_FINE(put(*tsv.sink, 0, "a", {{{"n", std::int64_t{1}}, {own, "b"}}}));
    BOOST_TEST(tsv.finished() == "n\t" + std::string{own} + "\n1\tb\n");
  }
}

BOOST_AUTO_TEST_CASE(a_field_that_the_header_has_not_is_an_error_and_a_missing_one_is_empty) {
  file_of tsv{tsv_sink()};
  REQUIRE_FINE(put(*tsv.sink, 0, "a", {{{"n", std::int64_t{1}}, {"m", 0.5}}}));
  REQUIRE_FINE(put(*tsv.sink, 1, "b", {{{"m", 1.5}}}));
  const auto error = put(*tsv.sink, 2, "c", {{{"n", std::int64_t{1}}, {"k", true}}});
  BOOST_TEST(is(error, ec::failed));
  BOOST_TEST(text_of(error).starts_with("tsv: the record of \"c\" has the field \"k\""), text_of(error));
  BOOST_TEST(tsv.finished() == "name\tn\tm\na\t1\t0.5\nb\t\t1.5\n");
}

BOOST_AUTO_TEST_CASE(an_empty_record_still_has_its_name) {
  file_of tsv{tsv_sink()};
  REQUIRE_FINE(put(*tsv.sink, 0, "a", {}));
  BOOST_TEST(tsv.finished() == "name\na\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tables)

BOOST_AUTO_TEST_CASE(numbers_stand_right_texts_left_and_failures_in_their_row) {
  file_of table{table_sink()};
  REQUIRE_FINE(fail(*table.sink, 0, "7", make_error(ec::failed, "failed to process item 7")));
  for (std::int64_t n = 8; n <= 10; ++n)
    REQUIRE_FINE(put(*table.sink, 1, "x", {{{"item", n}, {"seconds", 0.25 * double(n)}, {"t", "ü\n"}}}));
  BOOST_TEST(table.finished() ==
             "item  seconds  t\n"
             "   7        -  -    failed: failed to process item 7\n"
             "   8        2  ü\\n\n"
             "   9     2.25  ü\\n\n"
             "  10      2.5  ü\\n\n");
}

BOOST_AUTO_TEST_CASE(the_name_of_the_item_leads_where_the_record_has_none) {
  file_of table{table_sink()};
  REQUIRE_FINE(put(*table.sink, 0, "a", numbered(1)));
  REQUIRE_FINE(put(*table.sink, 0, "long", numbered(100)));
  BOOST_TEST(table.finished() ==
             "name    n\n"
             "a       1\n"
             "long  100\n");
}

BOOST_AUTO_TEST_CASE(failures_alone_need_no_header) {
  file_of table{table_sink()};
  REQUIRE_FINE(fail(*table.sink, 0, "a", make_error(ec::io, "gone")));
  BOOST_TEST(table.finished() == "a  failed: gone\n");
}

BOOST_AUTO_TEST_CASE(a_header_that_comes_after_failures_were_shown_is_shown_then) {
  file_of table{table_sink()};
  REQUIRE_FINE(fail(*table.sink, 0, "a", make_error(ec::io, "gone")));
  REQUIRE_FINE(table.sink->flush());
  REQUIRE_FINE(put(*table.sink, 1, "b", {{{"n", std::int64_t{1}}, {"m", "x"}}}));
  BOOST_TEST(table.finished() == "a  failed: gone\nname  n  m\nb     1  x\n");
}

BOOST_AUTO_TEST_CASE(a_flush_shows_the_rows_so_far_and_later_ones_may_widen_a_column) {
  file_of table{table_sink()};
  REQUIRE_FINE(put(*table.sink, 0, "a", numbered(1)));
  BOOST_TEST(fs::is_empty(table.folder.path()));
  REQUIRE_FINE(table.sink->flush());
  BOOST_TEST(content_of(table.folder.path("f.partial")) == "name  n\na     1\n");
  REQUIRE_FINE(put(*table.sink, 1, "b", numbered(1000)));
  REQUIRE_FINE(table.sink->flush());
  REQUIRE_FINE(put(*table.sink, 2, "c", numbered(2)));
  BOOST_TEST(table.finished() == "name  n\na     1\nb     1000\nc        2\n");
}

BOOST_AUTO_TEST_CASE(rows_are_held_up_to_a_bound_in_number_and_in_bytes) {
  file_of many{table_sink()};
  for (std::int64_t n = 0; n < 999; ++n)
    REQUIRE_FINE(put(*many.sink, 0, std::string(100, 'x'), numbered(n)));
  BOOST_TEST(fs::is_empty(many.folder.path()));
  REQUIRE_FINE(put(*many.sink, 0, "x", numbered(1)));
  BOOST_TEST(!fs::is_empty(many.folder.path()));
  file_of large{table_sink()};
  record wide;
  for (int i = 0; i < 50; ++i)
    wide.fields.push_back({std::to_string(i), std::string(1000, 'x')});
  for (int rows = 0; rows < 100; ++rows)
    REQUIRE_FINE(put(*large.sink, 0, "x", wide));
  BOOST_TEST(!fs::is_empty(large.folder.path()));
}

BOOST_AUTO_TEST_CASE(a_field_without_a_column_stands_behind_its_row) {
  file_of table{table_sink()};
  REQUIRE_FINE(put(*table.sink, 0, "a", numbered(1)));
  REQUIRE_FINE(put(*table.sink, 1, "b", {{{"k", "v"}}}));
  BOOST_TEST(table.finished() == "name  n\na     1\nb        k=v\n");
}

BOOST_AUTO_TEST_CASE(a_long_cell_juts_out_and_does_not_widen_the_others) {
  file_of table{table_sink()};
  REQUIRE_FINE(put(*table.sink, 0, std::string(70, 'x'), numbered(1)));
  REQUIRE_FINE(put(*table.sink, 1, "b", numbered(2)));
  BOOST_TEST(table.finished() == "name" + std::string(56, ' ') + "  n\n" + std::string(70, 'x') + "  1\nb" +
                                     std::string(59, ' ') + "  2\n");
}

BOOST_AUTO_TEST_CASE(a_cell_is_one_printable_line) {
  using detail::table_text;
  BOOST_TEST(table_text("a\tb\nc\rd\\") == "a\\tb\\nc\\rd\\");
  BOOST_TEST(table_text("\x1b[31m\x7f") == "\\u001B[31m\\u007F");
  BOOST_TEST(table_text("\xc2\x9b|\xe2\x80\xae|ü€😀") == "\\u009B|\\u202E|ü€😀");
  BOOST_TEST(table_text("\xff\xc3") == "\\xFF\\xC3");
  BOOST_TEST(table_text(0.123456789) == "0.123457");
  BOOST_TEST(table_text({}) == "");
  BOOST_TEST(table_text(std::string(240, 'x')) == std::string(240, 'x'));
  BOOST_TEST(table_text(std::string(239, 'x') + "ü") == std::string(239, 'x') + "…");
}

BOOST_AUTO_TEST_SUITE_END()
