#include <boost/test/unit_test.hpp>

#include <random>

#include <unistd.h>

#include "../support/files.hpp"
#include "sink_helpers.hpp"

using namespace weir;
using namespace weir_test;
namespace fs = std::filesystem;

namespace {

const std::string digest = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

std::string line_for(const std::string& path) {
  const temporary_folder folder;
  const auto sink = made(sha256sum_sink(), folder.path("m"));
  REQUIRE_FINE(put(*sink, 0, path, {{{"sha256", digest}, {"path", path}, {"bytes", std::int64_t{1}}}}));
  REQUIRE_FINE(sink->finish());
  return content_of(folder.path("m"));
}

std::string refusal_of(const record& r) {
  const auto error = put(*made(sha256sum_sink(), "/dev/null"), 0, "a", r);
  BOOST_TEST(is(error, ec::failed));
  return text_of(error);
}

std::vector<std::string> odd_names() {
  std::vector<std::string> names{"plain", " lead", "trail ",   "*star", "back\\slash", "new\nline", "cr\rin",
                                 "cr\r",  "tab\t", "\xff\xfe", "a\\n",  "\\",          "#hash",     "\n",
                                 "-dash", "-",     "ümlaut",   "a  b",  "\x01\x7f",    "(x) = y"};
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  for (int i = 0; i < 200; ++i) {
    std::string name(1 + random() % 12, ' ');
    for (auto& c : name)
      do
        c = i % 2 == 0 ? static_cast<char>(random()) : "\\\n\r a*-n"[random() % 8];
      while (c == '\0' || c == '/');
    if (name != "." && name != "..")
      names.push_back(name);
  }
  return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manifests)

BOOST_AUTO_TEST_CASE(a_plain_name_stands_as_it_is) {
  BOOST_TEST(line_for("usr/a b") == digest + "  usr/a b\n");
  BOOST_TEST(line_for("\xff") == digest + "  \xff\n");
}

BOOST_AUTO_TEST_CASE(backslash_newline_and_carriage_return_are_escaped) {
  BOOST_TEST(line_for("a\\b") == '\\' + digest + "  a\\\\b\n");
  BOOST_TEST(line_for("a\nb") == '\\' + digest + "  a\\nb\n");
  BOOST_TEST(line_for("a\rb") == '\\' + digest + "  a\\rb\n");
}

BOOST_AUTO_TEST_CASE(odd_names_are_written_as_sha256sum_does_and_read_back_by_it) {
  const temporary_folder folder;
  const temporary_folder beside;
  fs::create_directory(folder.path("d"));
  const auto names = odd_names();
  for (const auto& name : names)
    write_file(folder.path("d/" + name), name);
  // The task is given paths as the shell's glob makes them, in the same order as sha256sum.
  int status = 0;
  const auto listed = printed_by(folder.path(), "printf '%s\\0' d/*", status);
  const auto task = sha256_task().make({});
  const auto sink = made(sha256sum_sink(), beside.path("m"));
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  std::size_t count = 0;
  for (std::size_t at = 0; at < listed.size(); at = listed.find('\0', at) + 1) {
    const item job{listed.substr(at, listed.find('\0', at) - at), "name"};
    const auto r = (*task)(context::background(), job);
    BOOST_REQUIRE_MESSAGE(r, (r ? std::string{} : text_of(r.error())));
    REQUIRE_FINE(put(*sink, count++, "name", *r));
  }
  fs::current_path(before);
  REQUIRE_FINE(sink->finish());
  BOOST_TEST(count >= 20U);
  BOOST_TEST((content_of(beside.path("m")) == printed_by(folder.path(), "sha256sum -- d/*", status)));
  const auto complaints =
      printed_by(folder.path(), "sha256sum -c --quiet --strict '" + beside.path("m") + "' 2>&1", status);
  BOOST_TEST(status == 0);
  BOOST_TEST(complaints == "");
}

BOOST_AUTO_TEST_CASE(a_file_called_dash_is_not_taken_for_standard_input) {
  BOOST_TEST(line_for("-") == digest + "  ./-\n");
}

BOOST_AUTO_TEST_CASE(a_record_without_a_digest_and_a_path_is_refused_with_what_it_has) {
  BOOST_TEST(refusal_of({{{"square", std::int64_t{4}}, {"x", true}}}).find("has square, x;") !=
             std::string::npos);
  BOOST_TEST(refusal_of({}).find("has none;") != std::string::npos);
  BOOST_TEST(refusal_of({{{"sha256", digest}}}).find("has sha256;") != std::string::npos);
  refusal_of({{{"sha256", "xyz"}, {"path", "a"}}});
  refusal_of({{{"sha256", std::string(64, 'Z')}, {"path", "a"}}});
  refusal_of({{{"sha256", digest}, {"path", std::int64_t{1}}}});
}

BOOST_AUTO_TEST_CASE(failures_are_not_in_the_manifest) {
  const temporary_folder folder;
  const auto sink = made(sha256sum_sink(), folder.path("m"));
  REQUIRE_FINE(fail(*sink, 0, "a", make_error(ec::io, "gone")));
  REQUIRE_FINE(sink->finish());
  BOOST_TEST(content_of(folder.path("m")).empty());
}

BOOST_AUTO_TEST_SUITE_END()
