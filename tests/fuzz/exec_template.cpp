/// The command line of `exec`: however strange the template and the item's text are, the argv has the
/// arguments that it must have, the text is in them as it is, and a shell gets the text only as "$1".

#include <weir/runtime/tasks/exec_template.hpp>

#include <algorithm>
#include <cstdint>

#include "invariant.hpp"

using namespace weir;

namespace {

constexpr char separator = '\x1f';
constexpr std::string_view hole = "{}";

/// The first byte says whether there is a shell; then come the arguments and last the item's text.
struct scenario {
  bool shell = false;
  std::vector<std::string> command;
  std::string item;
};

scenario read(std::string_view input) {
  scenario s;
  if (!input.empty()) {
    s.shell = input.front() == 's';
    input.remove_prefix(1);
  }
  for (auto end = input.find(separator); end != std::string_view::npos; end = input.find(separator)) {
    s.command.emplace_back(input.substr(0, end));
    input.remove_prefix(end + 1);
  }
  s.item = input;
  return s;
}

std::size_t holes(std::string_view text) {
  std::size_t n = 0;
  for (auto at = text.find(hole); at != std::string_view::npos; at = text.find(hole, at + hole.size()))
    ++n;
  return n;
}

/// Undoes it from the outside: `filled` is `text` with each hole replaced by `item`, and nothing else.
bool is_filled(std::string_view filled, std::string_view text, std::string_view item) {
  for (auto at = text.find(hole); at != std::string_view::npos; at = text.find(hole)) {
    if (!filled.starts_with(text.substr(0, at)) || !filled.substr(at).starts_with(item))
      return false;
    filled.remove_prefix(at + item.size());
    text.remove_prefix(at + hole.size());
  }
  return filled == text;
}

void check_script(const scenario& s, const exec_template& made) {
  const auto argv = made.argv_for(s.item);
  fuzz::require(argv.size() == 5, "a script has five arguments");
  fuzz::require(argv[0] == "/bin/sh" && argv[1] == "-c" && argv[3] == "sh", "a script is /bin/sh's");
  fuzz::require(argv[4] == s.item, "the item is $1, as it is");
  const auto& script = s.command.front();
  fuzz::require(made.argv_for("another item")[2] == argv[2], "a script is the same for every item");
  fuzz::require(holes(script) > 0 || argv[2] == script, "without a hole a script stays as it is");
}

void check_arguments(const scenario& s, const exec_template& made) {
  const auto argv = made.argv_for(s.item);
  // An item that is a hole itself leaves the template as it is, and shows it.
  const auto plain = made.argv_for(hole);
  fuzz::require(argv.size() == plain.size(), "the count of arguments is the same for every item");
  fuzz::require(!plain.empty() && !plain.front().empty(), "there is a program");
  if (s.command.size() > 1) {
    const auto fixed = std::ranges::none_of(s.command, [](const auto& a) { return holes(a) > 0; });
    fuzz::require(plain.size() == s.command.size() + (fixed ? 1 : 0), "no argument of a list is split");
    fuzz::require(std::equal(s.command.begin(), s.command.end(), plain.begin()), "a list stays as it is");
  }
  std::size_t uses = 0;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    uses += holes(plain[i]);
    fuzz::require(is_filled(argv[i], plain[i], s.item), "the item's text is put in as it is");
  }
  fuzz::require(uses > 0, "the item is somewhere");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto s = read({reinterpret_cast<const char*>(data), size});
  const auto made = exec_template::parse(s.command, s.shell);
  if (!made) {
    fuzz::require(static_cast<bool>(made.error()), "a refusal says why");
    return 0;
  }
  fuzz::require(!s.command.empty(), "without a command there is no template");
  if (s.shell)
    check_script(s, *made);
  else
    check_arguments(s, *made);
  return 0;
}
