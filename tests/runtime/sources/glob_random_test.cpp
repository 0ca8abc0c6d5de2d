#include <weir/actors/error.hpp>
#include <weir/runtime/sources/glob.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "../../support/scratch_folder.hpp"
#include "matches_path.hpp"

namespace {

using paths = std::set<std::string>;

class generator {
public:
  explicit generator(unsigned seed) : random_(seed) {}

  std::string one_of(const std::vector<std::string>& all) { return all[random_() % all.size()]; }

  std::string path(const std::vector<std::string>& names) {
    auto p = one_of(names);
    while (random_() % 5 != 0 && p.size() < 12)
      p += '/' + one_of(names);
    return p;
  }

  /// Only what bash and Weir take alike: a `{` with a comma, no backslash, no lone `**` beside others.
  std::string pattern() {
    std::string p = name();
    while (random_() % 3 != 0 && p.size() < 24)
      p += '/' + name();
    return p;
  }

private:
  std::string name() {
    static const std::vector<std::string> parts{"a",    "b",     ".",     "*",          "?",      "[ab]",
                                                "[!a]", "[a-b]", "{a,b}", "{a,{b,.a}}", "{*,ab}", "{a/b,b}"};
    if (random_() % 4 == 0)
      return "**";
    auto n = one_of(parts);
    while (random_() % 3 == 0)
      n += one_of(parts);
    return n;
  }

  std::mt19937 random_;
};

/// What the program `command` prints, line by line, each line being a number and a path.
std::vector<paths> answers_of(const std::string& command, std::size_t count) {
  std::vector<paths> all(count);
  const std::unique_ptr<FILE, int (*)(FILE*)> out{::popen(command.c_str(), "r"), &::pclose};
  BOOST_REQUIRE(out);
  char line[256];
  unsigned number = 0;
  while (std::fscanf(out.get(), "%u %255[^\n]\n", &number, line) == 2)
    all.at(number).insert(line);
  return all;
}

std::string script_for(const std::vector<std::string>& patterns, const std::string& tree) {
  auto text = "cd '" + tree + "' || exit\nLC_ALL=C\nshopt -s globstar dotglob nullglob\n";
  for (std::size_t i = 0; i < patterns.size(); ++i)
    text +=
        "for f in " + patterns[i] + "; do [[ -f $f ]] && echo " + std::to_string(i) + " \"${f#./}\"; done\n";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(glob_random)

BOOST_AUTO_TEST_CASE(random_patterns_match_what_bash_matches) {
  constexpr std::size_t patterns_max = 600;
  const auto seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  generator random{seed};
  const weir_test::scratch_folder scratch;
  scratch.folder("tree");
  paths files;
  for (int i = 0; i < 120; ++i) {
    const auto path = random.path({"a", "b", "ab", ".a", "ba.b"});
    std::error_code taken;
    std::filesystem::create_directories(std::filesystem::path{scratch.at("tree/" + path)}.parent_path(),
                                        taken);
    // A name on the way may be a file already, and the last one a folder.
    if (!taken && !std::filesystem::exists(scratch.at("tree/" + path)))
      files.insert(path), scratch.file("tree/" + path);
  }
  std::vector<std::string> patterns;
  while (patterns.size() < patterns_max) {
    auto pattern = random.pattern();
    // Bash takes `.` for the folder itself, which Weir refuses.
    if (weir::detail::glob_set::parse("match", {pattern}))
      patterns.push_back(std::move(pattern));
  }
  const auto script = scratch.file("script", script_for(patterns, scratch.at("tree")));
  const auto expected = answers_of("bash " + script, patterns.size());
  std::size_t matched = 0;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto set = weir::detail::glob_set::parse("match", {patterns[i]});
    paths got;
    for (const auto& file : files)
      if (weir_test::matches_path(*set, file))
        got.insert(file);
    matched += got.size();
    BOOST_TEST_INFO("seed " << seed << ", pattern " << patterns[i]);
    BOOST_TEST((got == expected[i]));
  }
  BOOST_TEST(matched > patterns_max, "the patterns hardly match anything: the test shows little");
}

BOOST_AUTO_TEST_SUITE_END()
