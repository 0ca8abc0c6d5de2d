#include <weir/runtime/launcher/flow_specs.hpp>
#include <weir/runtime/launcher/listing.hpp>
#include <weir/runtime/launcher/load_flow.hpp>
#include <weir/runtime/launcher/node_file.hpp>

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

using namespace weir::config;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(the_reference_file_is_what_the_code_says) {
  BOOST_TEST(
      (content_of(WEIR_CONFIG_DIR "/reference.toml") == reference(weir::built_in_kinds())),
      "config/reference.toml is out of date; update it by: ./dev weir reference > config/reference.toml");
}

BOOST_AUTO_TEST_CASE(every_block_of_the_reference_passes_the_check_of_its_keys) {
  const auto known = weir::built_in_kinds();
  const std::map<std::string, std::string> rest{{"source", "[source]\nkind = \"range\"\nlast = 1\n"},
                                                {"stage", "[[stage]]\ntask = \"square\"\n"},
                                                {"sink", "[sink]\nkind = \"table\"\n"}};
  for (const auto& block : reference_blocks(known)) {
    auto text = block.toml;
    for (const auto& [section, toml] : rest)
      if (section != block.section)
        text += toml;
    // What the kind itself says of sample values is its own matter: only the keys are looked at here.
    auto lenient = known;
    for (auto& s : lenient.sources)
      s.make = [](const weir::settings&) { return caf::expected<std::unique_ptr<weir::source>>{nullptr}; };
    for (auto& t : lenient.tasks) {
      t.make = [](const weir::settings&) {
        return caf::expected<weir::task_function>{weir::task_function{}};
      };
      t.fields.clear();
    }
    for (auto& s : lenient.sinks)
      s.make = [](const weir::settings&) { return caf::expected<std::unique_ptr<weir::sink>>{nullptr}; };
    problems found;
    const auto flow = load_flow_text(text, block.section + ' ' + block.kind, "reference", {}, lenient, found);
    BOOST_TEST(flow.has_value(), found.text() << text);
  }
}

BOOST_AUTO_TEST_CASE(no_setting_of_a_kind_has_the_name_of_a_key_that_all_tables_of_its_sort_have) {
  const auto known = weir::built_in_kinds();
  const auto check = [](const auto& kinds, const std::vector<weir::setting_spec>& common) {
    for (const auto& k : kinds)
      for (const auto& own : k.accepts)
        for (const auto& key : common)
          BOOST_TEST(own.name != key.name, k.name);
  };
  check(known.sources, source_specs());
  check(known.tasks, stage_specs());
  check(known.sinks, sink_specs());
}

BOOST_AUTO_TEST_CASE(every_file_in_config_passes_the_check) {
  const auto known = weir::built_in_kinds();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{WEIR_CONFIG_DIR}) {
    problems found;
    const auto path = entry.path().string();
    if (entry.path().filename() == "node.toml")
      BOOST_TEST(load_node(path, {}, known, found).has_value(), found.text());
    else
      BOOST_TEST(load_flow(path, {}, known, tls_check::tried, found).has_value(), found.text());
    ++files;
  }
  BOOST_TEST(files >= 6U);
}

BOOST_AUTO_TEST_SUITE_END()
