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

BOOST_AUTO_TEST_CASE(half_an_authority_says_where_the_other_half_is_to_be_found) {
  for (const std::string gone : {"ours/authority.key", "ours/authority.pem"}) {
    const test::certificates all;
    std::filesystem::remove(all.at(gone));
    const auto opened = authority::in(all.at("ours"));
    BOOST_TEST_REQUIRE(!opened);
    BOOST_TEST(is(opened.error(), ec::invalid_option));
    BOOST_TEST(text_of(opened.error()).starts_with(all.at(gone) + " is missing beside "));
  }
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
  for (const std::string name : {"", "a b", "../x", "a,DNS:b", "authority"}) {
    BOOST_TEST(!made.ours().issue(name), name);
    BOOST_TEST(is(authority::check_name(name), ec::invalid_option), name);
  }
  BOOST_TEST(!authority::check_name("node-1"));
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
  const auto files = made.of_another_authority("node-1");
  BOOST_TEST(is_refused(load_tls(files, "node-1"), "certificate: " + files.certificate +
                                                       ": nobody in the authority " + files.authority +
                                                       " has signed it"));
}

BOOST_AUTO_TEST_CASE(one_that_has_expired_is_refused_at_the_start) {
  BOOST_TEST(is_refused(load_tls(made.of("expired"), "expired"), "it has expired on 20"));
}

BOOST_AUTO_TEST_CASE(whoever_asks_what_a_node_has_hears_that_it_has_expired) {
  const auto has_expired = [&](const std::string& name) {
    static_cast<void>(made.of(name));
    return made.ours().issued_to(name)->has_expired;
  };
  BOOST_TEST(!has_expired("node-1"));
  BOOST_TEST(has_expired("expired"));
}

BOOST_AUTO_TEST_CASE(the_key_of_another_certificate_is_refused_at_the_start) {
  auto files = made.of("node-1");
  files.key = made.of("node-2").key;
  BOOST_TEST(is_refused(
      load_tls(files, "node-1"),
      "private_key: " + files.key + ": it is not the key of the certificate " + files.certificate));
}

/// Each of the files by the name of its option, and what stands in it.
struct one_file {
  std::string tls_files::*member;
  std::string key;
  std::string wanted;
};
const one_file each_file[] = {{&tls_files::authority, "authority: ", "a certificate"},
                              {&tls_files::certificate, "certificate: ", "a certificate"},
                              {&tls_files::key, "private_key: ", "a private key"}};

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_named) {
  for (const auto& one : each_file) {
    auto files = made.of("node-1");
    files.*one.member = made.at("nothing.pem");
    BOOST_TEST(is_refused(load_tls(files, "node-1"),
                          one.key + made.at("nothing.pem") + ": it can't be read: stat: No such file"));
  }
}

BOOST_AUTO_TEST_CASE(a_relative_path_that_leads_nowhere_says_where_it_was_looked_for) {
  auto files = made.of("node-1");
  files.certificate = "no/such.pem";
  BOOST_TEST(is_refused(load_tls(files, "node-1"),
                        "it is looked for in " + std::filesystem::current_path().string()));
}

BOOST_AUTO_TEST_CASE(a_folder_is_no_file_in_pem) {
  for (const auto& one : each_file) {
    auto files = made.of("node-1");
    files.*one.member = made.at("ours");
    BOOST_TEST(is_refused(load_tls(files, "node-1"),
                          one.key + made.at("ours") + ": it is a folder; a file in PEM with " + one.wanted));
  }
}

BOOST_AUTO_TEST_CASE(a_file_without_what_it_is_for_says_what_it_has_and_what_is_allowed) {
  const weir_test::scratch_folder folder;
  const auto junk = folder.file("junk", "no certificate");
  std::filesystem::permissions(junk, std::filesystem::perms::owner_read);
  for (const auto& one : each_file) {
    auto files = made.of("node-1");
    files.*one.member = junk;
    BOOST_TEST(is_refused(load_tls(files, "node-1"), one.key + junk + ": it does not have " + one.wanted +
                                                         "; a file in PEM is allowed"));
  }
  auto swapped = made.of("node-1");
  std::swap(swapped.certificate, swapped.key);
  BOOST_TEST(is_refused(load_tls(swapped, "node-1"), ": it has a private key, and not a certificate"));
  auto twice = made.of("node-1");
  twice.key = twice.certificate;
  BOOST_TEST(is_refused(load_tls(twice, "node-1"), ": it has a certificate, and not a private key"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_off_says_that_it_is_damaged) {
  const weir_test::scratch_folder folder;
  for (const auto& one : each_file) {
    auto files = made.of("node-1");
    const auto cut = folder.at("cut");
    std::filesystem::copy_file(files.*one.member, cut, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(cut,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::filesystem::resize_file(cut, 100);
    files.*one.member = cut;
    BOOST_TEST(
        is_refused(load_tls(files, "node-1"), one.key + cut + ": " + one.wanted + " in it is damaged"));
  }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_locked_says_how_to_open_it) {
  const weir_test::scratch_folder folder;
  auto files = made.of("node-1");
  files.key = folder.file("locked", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
  BOOST_TEST(is_refused(load_tls(files, "node-1"), "it is locked with a password"));
}

BOOST_AUTO_TEST_CASE(an_authority_is_no_certificate_of_a_node) {
  const auto own = made.at("ours/authority.pem");
  BOOST_TEST(
      is_refused(load_tls({own, own, made.at("ours/authority.key")}, "node-1"), "it is not for a node"));
}

BOOST_AUTO_TEST_SUITE_END()
