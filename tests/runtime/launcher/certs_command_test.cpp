#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/certs_command.hpp>
#include <weir/runtime/link/authority.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "../../support/scratch_folder.hpp"

using namespace weir;

namespace {

struct said {
  int code;
  std::string out;
  std::string err;
};

said certs(const std::string& folder, const std::vector<std::string>& nodes) {
  config::arguments wanted;
  wanted.folder = folder;
  wanted.nodes = nodes;
  std::ostringstream out;
  std::ostringstream err;
  const auto code = config::certs_command(wanted, "weir", out, err);
  return {code, out.str(), err.str()};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(certs_commands)

BOOST_AUTO_TEST_CASE(each_node_has_a_certificate_then_and_is_told_if_the_one_that_is_there_has_expired) {
  const weir_test::scratch_folder scratch;
  const auto ours = scratch.at("certs");
  const auto by = link::authority::in(ours);
  BOOST_TEST_REQUIRE(static_cast<bool>(by));
  BOOST_TEST_REQUIRE(static_cast<bool>(by->issue("node-1")));
  BOOST_TEST_REQUIRE(static_cast<bool>(by->issue("expired", std::chrono::seconds{-1})));
  const auto seen = certs(ours, {"node-1", "expired", "node-3"});
  BOOST_TEST(seen.code == 0);
  BOOST_TEST(seen.err.empty());
  BOOST_TEST(seen.out == "authority    " + ours + "/authority.pem\nis there     " + ours +
                             "/node-1.pem\nhas expired  " + ours + "/expired.pem: remove it and " + ours +
                             "/expired.key, and run this again\ncertificate  " + ours +
                             "/node-3.pem\nkey          " + ours + "/node-3.key\n");
  BOOST_TEST(by->issued_to("node-3").has_value());
}

BOOST_AUTO_TEST_CASE(a_name_that_can_not_be_one_is_refused_before_anything_is_made) {
  const weir_test::scratch_folder scratch;
  const auto folder = scratch.at("certs");
  const auto seen = certs(folder, {"node-1", "a/b"});
  BOOST_TEST(seen.code == 2);
  BOOST_TEST(seen.out.empty());
  BOOST_TEST(seen.err.find("weir: 'a/b' can't be the name of a node: ") == 0u, seen.err);
  BOOST_TEST(!std::filesystem::exists(folder));
}

BOOST_AUTO_TEST_SUITE_END()
