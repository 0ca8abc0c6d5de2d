#include <weir/actors/error.hpp>
#include <weir/runtime/link/authority.hpp>
#include <weir/runtime/link/tls.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>

#include "link_support.hpp"

using namespace weir;
using namespace weir::link;
using weir::test::value_of;

namespace {

bool is_refused(const caf::expected<tls_context>& loaded, const std::string& naming) {
  return !loaded && is(loaded.error(), ec::invalid_option) &&
         text_of(loaded.error()).find(naming) != std::string::npos;
}

struct some_certificates {
  test::certificates made;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(certificate_authority, some_certificates)

BOOST_AUTO_TEST_CASE(a_certificate_of_the_authority_loads) {
  BOOST_TEST(static_cast<bool>(load_tls(made.of("node-1"), "node-1")));
}

BOOST_AUTO_TEST_CASE(only_its_owner_may_read_a_key) {
  const auto files = made.of("node-1");
  namespace fs = std::filesystem;
  BOOST_TEST((fs::status(files.key).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  fs::permissions(files.key, fs::perms::others_read, fs::perm_options::add);
  BOOST_TEST(is_refused(load_tls(files, "node-1"), "chmod 600"));
}

BOOST_AUTO_TEST_CASE(a_folder_keeps_its_authority) {
  const auto again = value_of(authority::in(made.at("ours")));
  const auto files = value_of(again.issue("late"));
  BOOST_TEST(static_cast<bool>(load_tls({made.ours().file(), files.certificate, files.key}, "late")));
}

BOOST_AUTO_TEST_CASE(what_is_not_an_authority_is_refused_when_it_is_opened) {
  const weir_test::scratch_folder folder;
  folder.file("authority.pem", "no certificate");
  const auto opened = authority::in(folder.path());
  BOOST_TEST_REQUIRE(!opened);
  BOOST_TEST(is(opened.error(), ec::invalid_option));
}

BOOST_AUTO_TEST_CASE(an_authority_whose_key_others_may_read_is_refused) {
  std::filesystem::permissions(made.at("ours/authority.key"), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  BOOST_TEST(!authority::in(made.at("ours")));
  BOOST_TEST(!made.ours().issue("late"));
}

BOOST_AUTO_TEST_CASE(no_certificate_is_written_over_another) {
  const auto again = made.ours().issue("node-1");
  BOOST_TEST(!again);
  BOOST_TEST(static_cast<bool>(load_tls(made.of("node-1"), "node-1")));
}

BOOST_AUTO_TEST_CASE(a_name_that_can_not_be_one_is_refused) {
  for (const std::string name : {"", "a b", "../x", "a,DNS:b", "authority"})
    BOOST_TEST(!made.ours().issue(name), name);
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_refused_at_the_start) {
  BOOST_TEST(is_refused(load_tls(made.of("node-1"), "node-2"), "it is for node-1, not for node-2"));
}

BOOST_AUTO_TEST_CASE(a_name_is_certified_to_the_letter) {
  const auto files = value_of(made.ours().issue("a.example"));
  const link::tls_files own{made.ours().file(), files.certificate, files.key};
  BOOST_TEST(static_cast<bool>(load_tls(own, "a.example")));
  for (const std::string name : {".example", "A.Example", "example", "b.example", "a.example."})
    BOOST_TEST(is_refused(load_tls(own, name), "it is for a.example"), name);
}

BOOST_AUTO_TEST_CASE(one_of_another_authority_is_refused_at_the_start) {
  BOOST_TEST(is_refused(load_tls(made.of_another_authority("node-1"), "node-1"), "certificate: "));
}

BOOST_AUTO_TEST_CASE(one_that_has_expired_is_refused_at_the_start) {
  BOOST_TEST(is_refused(load_tls(made.of("expired"), "expired"), "expired"));
}

BOOST_AUTO_TEST_CASE(the_key_of_another_certificate_is_refused_at_the_start) {
  auto files = made.of("node-1");
  files.key = made.of("node-2").key;
  BOOST_TEST(is_refused(load_tls(files, "node-1"), files.key));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_named) {
  for (const auto member : {&tls_files::authority, &tls_files::certificate, &tls_files::key}) {
    auto files = made.of("node-1");
    files.*member = made.at("nothing.pem");
    BOOST_TEST(is_refused(load_tls(files, "node-1"), "nothing.pem"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
