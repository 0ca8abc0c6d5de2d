#include <weir/runtime/launcher/load_flow.hpp>
#include <weir/runtime/launcher/node_file.hpp>
#include <weir/runtime/link/authority.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>

#include <sys/stat.h>

#include "../../support/scratch_folder.hpp"
#include "stand_in_kinds.hpp"

using namespace weir::config;

namespace {

const std::string flow =
    "[source]\nkind = \"range\"\n[[stage]]\ntask = \"square\"\nnodes = true\n[sink]\nkind = \"table\"\n";

/// Certificates for `a` and `b`, and files that name them.
struct with_certificates {
  weir_test::scratch_folder folder;
  stand_in::counts made;

  with_certificates() {
    const auto authority = weir::link::authority::in(folder.path());
    BOOST_REQUIRE(static_cast<bool>(authority));
    for (const auto* name : {"a", "b"})
      BOOST_REQUIRE(static_cast<bool>(authority->issue(name)));
  }

  std::string tls(const std::string& certificate, const std::string& key) const {
    return "authority = \"" + folder.at("authority.pem") + "\"\ncertificate = \"" + folder.at(certificate) +
           "\"\nprivate_key = \"" + folder.at(key) + "\"\n";
  }

  /// What is wrong with a flow whose table [nodes] has these lines after `listen`.
  std::string of_flow(const std::string& listen, const std::string& more = {},
                      tls_check tls = tls_check::tried) {
    problems found;
    const auto path = folder.file(
        "flow.toml", flow + "[nodes]\nname = \"a\"\npeers = [\"*\"]\nlisten = \"" + listen + "\"\n" + more);
    const auto loaded = load_flow(path, {}, stand_in::kinds(made), tls, found);
    BOOST_TEST(loaded.has_value() == found.none());
    return found.text();
  }

  /// The same for a node's file with its table [node].
  std::string of_node(const std::string& dial, const std::string& more = {}) {
    problems found;
    const auto path = folder.file(
        "node.toml", "[node]\nname = \"a\"\ntasks = [\"square\"]\ndial = \"" + dial + "\"\n" + more);
    const auto loaded = load_node(path, {}, stand_in::kinds(made), found);
    BOOST_TEST(loaded.has_value() == found.none());
    return found.text();
  }
};

void says(const std::string& text, const std::string& what) {
  BOOST_TEST(text.find(what) != std::string::npos, text);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(link_checks, with_certificates)

BOOST_AUTO_TEST_CASE(an_address_that_can_not_be_read_is_named_with_its_place) {
  for (const std::string wrong : {"4700", "127.0.0.1:", "127.0.0.1:65536", "::1:4700", "[]:1", ":4700"}) {
    says(of_flow(wrong), "flow.toml:11:10: nodes.listen: '" + wrong + "' is not an address: HOST:PORT");
    says(of_node(wrong), "node.toml:4:8: node.dial: '" + wrong + "' is not an address: HOST:PORT");
  }
  says(of_flow("4700"), "PORT is 0 to 65535");
  says(of_node("4700"), "PORT is 1 to 65535");
  says(of_node("127.0.0.1:0"), "node.dial: 127.0.0.1:0 has no port to dial");
}

BOOST_AUTO_TEST_CASE(an_address_of_other_machines_needs_tls) {
  for (const std::string other : {"0.0.0.0:4700", "[::]:4700", "192.0.2.1:4700", "coordinator.example:1"}) {
    says(of_flow(other), "nodes.listen: " + other + " can be met from other machines, and there is no TLS");
    says(of_node(other), "node.dial: " + other + " can be met from other machines, and there is no TLS");
    BOOST_TEST(of_flow(other, tls("a.pem", "a.key")) == "");
    BOOST_TEST(of_node(other, tls("a.pem", "a.key")) == "");
  }
  for (const std::string own : {"127.0.0.1:4700", "[::1]:4700", "localhost:4700", "127.9.9.9:4700"}) {
    BOOST_TEST(of_flow(own) == "");
    BOOST_TEST(of_node(own) == "");
  }
  BOOST_TEST(of_flow("127.0.0.1:0") == "");
}

BOOST_AUTO_TEST_CASE(the_files_of_tls_are_tried_and_the_wrong_one_is_named_with_its_place) {
  const auto gone = tls("a.pem", "none.key");
  says(of_flow("127.0.0.1:1", gone), "flow.toml:14:15: nodes.private_key: " + folder.at("none.key"));
  says(of_node("127.0.0.1:1", gone), "node.toml:7:15: node.private_key: " + folder.at("none.key"));
  const auto no_certificate = tls("none.pem", "a.key");
  says(of_flow("127.0.0.1:1", no_certificate),
       "flow.toml:13:15: nodes.certificate: " + folder.at("none.pem"));
  says(of_node("127.0.0.1:1", no_certificate), "node.toml:6:15: node.certificate: " + folder.at("none.pem"));
  const auto anothers_key = tls("a.pem", "b.key");
  says(of_flow("127.0.0.1:1", anothers_key), "nodes.private_key: " + folder.at("b.key"));
  says(of_node("127.0.0.1:1", anothers_key), "node.private_key: " + folder.at("b.key"));
  const auto anothers = tls("b.pem", "b.key");
  says(of_flow("127.0.0.1:1", anothers), "nodes.certificate: " + folder.at("b.pem") + ": it is for b");
  says(of_node("127.0.0.1:1", anothers), "node.certificate: " + folder.at("b.pem") + ": it is for b");
}

BOOST_AUTO_TEST_CASE(a_key_that_others_may_read_is_named_with_its_place) {
  std::filesystem::permissions(folder.at("a.key"), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  says(of_flow("127.0.0.1:1", tls("a.pem", "a.key")), "flow.toml:14:15: nodes.private_key: ");
  says(of_node("127.0.0.1:1", tls("a.pem", "a.key")), "chmod 600 ");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_left_to_who_starts_the_links_as_it_can_be_read_only_once) {
  BOOST_REQUIRE(::mkfifo(folder.at("pipe").c_str(), S_IRUSR | S_IWUSR) == 0);
  BOOST_TEST(of_flow("127.0.0.1:1", tls("a.pem", "pipe")) == "");
  BOOST_TEST(of_node("127.0.0.1:1", tls("pipe", "a.key")) == "");
}

BOOST_AUTO_TEST_CASE(who_only_draws_a_flow_needs_no_certificates) {
  BOOST_TEST(of_flow("0.0.0.0:1", tls("none.pem", "none.key"), tls_check::left_out) == "");
}

BOOST_AUTO_TEST_CASE(an_option_out_of_its_range_is_named_at_its_key) {
  says(of_flow("127.0.0.1:1", "timeout = \"1s\"\n"),
       "flow.toml:12:11: nodes.timeout: a timeout of 1s is too short for a heartbeat of 1s");
  says(of_node("127.0.0.1:1", "workers = 8\ncredit = 15\n"), "node.toml:6:10: node: credit is 15");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_several_keys_is_told_at_once) {
  const auto text = of_flow("4700", "timeout = \"1s\"\n");
  says(text, "nodes.listen: ");
  says(text, "nodes.timeout: ");
}

BOOST_AUTO_TEST_CASE(the_file_of_a_node_is_told_from_that_of_a_flow) {
  const auto is_nodes = [](const std::string& text) {
    problems found;
    const auto root = parse_document(text, "f.toml", found);
    BOOST_REQUIRE(root);
    return is_of_node(*root);
  };
  BOOST_TEST(is_nodes("[node]\n"));
  BOOST_TEST(is_nodes("[node]\n[other]\n"));
  BOOST_TEST(!is_nodes(flow));
  BOOST_TEST(!is_nodes(flow + "[node]\n"), "a mistyped [nodes]");
  BOOST_TEST(!is_nodes(""));
}

BOOST_AUTO_TEST_CASE(a_flow_is_wanted_where_a_node_is_given) {
  problems found;
  const auto path = folder.file("n.toml", "[node]\n");
  BOOST_TEST(!load_flow(path, {}, stand_in::kinds(made), tls_check::tried, found));
  says(found.text(), "n.toml:1:2: node: this is the file of a node");
  BOOST_TEST(found.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_node_is_described_in_one_line) {
  problems found;
  const auto path = folder.file("n.toml",
                                "[node]\nname = \"a\"\ntasks = [\"square\"]\nworkers = 3\n"
                                "credit = 9\ndial = \"127.0.0.1:4700\"\n");
  const auto plan = load_node(path, {}, stand_in::kinds(made), found);
  BOOST_REQUIRE(plan);
  BOOST_TEST(describe(*plan) ==
             "node \"a\": tasks square; 3 workers, 9 jobs at most; dials 127.0.0.1:4700 without TLS");
}

BOOST_AUTO_TEST_SUITE_END()
