#include <weir/runtime/launcher/load_flow.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <random>

#include "stand_in_kinds.hpp"

using namespace weir::config;

namespace {

constexpr std::size_t cases_max = 2'000;

const std::string good = R"([flow]
name = "fuzz"   # a comment
deadline = "10min"
[source]
kind = "files"
root = '/tmp'
match = ["**/*.c", """a
b"""]
[[stage]]
task = "exec"
command = ["echo", "{}"]
parallelism = 4
capacity = 0x40
order = "input"
[sink]
kind = "jsonl"
)";

/// A flow or problems, never both and never neither.
bool decided(const std::string& text) {
  stand_in::counts made;
  problems found;
  const auto flow = load_flow_text(text, "f.toml", "f", {}, stand_in::kinds(made), found);
  return flow.has_value() == found.none();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(flow_fuzz)

BOOST_AUTO_TEST_CASE(the_text_that_is_changed_is_right_itself) {
  stand_in::counts made;
  problems found;
  const auto flow = load_flow_text(good, "f.toml", "f", {}, stand_in::kinds(made), found);
  BOOST_TEST(flow.has_value(), found.text());
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_flow_is_decided) {
  for (std::size_t n = 0; n <= good.size(); ++n)
    BOOST_TEST(decided(good.substr(0, n)), n);
}

BOOST_AUTO_TEST_CASE(changed_bytes_are_decided) {
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random{seed};
  for (std::size_t i = good.size(); i < cases_max; ++i) {
    auto text = good;
    const auto changes = 1 + random() % 4;
    for (std::uint32_t c = 0; c < changes; ++c) {
      const auto at = random() % text.size();
      if (random() % 3 == 0)
        text.insert(at, 1, "[]{}\"'.=#\n\\"[random() % 11]);
      else
        text[at] = static_cast<char>(random());
    }
    BOOST_TEST(decided(text), "seed " << seed << " case " << i);
  }
}

BOOST_AUTO_TEST_SUITE_END()
