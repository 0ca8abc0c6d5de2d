#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/tasks/exec_template.hpp>

#include <algorithm>
#include <optional>

namespace weir {

namespace {

constexpr std::string_view hole = "{}";
constexpr std::string_view blanks = " \t\n";

// What people write for a shell. Without one, each would reach the program as it stands.
constexpr std::string_view shell_characters = "'\"\\$`|&;<>*";

caf::error refused(std::string text) {
  return make_error(ec::invalid_option, "command: " + std::move(text));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (auto at = text.find_first_not_of(blanks); at != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(blanks, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(blanks, end);
  }
  return words;
}

std::string filled(std::string_view text, std::string_view with) {
  std::string out;
  for (auto at = text.find(hole); at != std::string_view::npos; at = text.find(hole)) {
    out.append(text.substr(0, at)).append(with);
    text.remove_prefix(at + hole.size());
  }
  return out.append(text);
}

/// Follows a shell script just far enough to know which quotes a place is in.
class quoting {
public:
  /// Reads the character at the front of `rest`; returns how many characters it takes up.
  std::size_t read(std::string_view rest) {
    const char c = rest.front();
    if (inside() == '\'')
      return c == '\'' ? close() : 1;
    if (rest.starts_with("$(("))
      return open(arithmetic, 3);
    if (in_arithmetic())
      return read_arithmetic(rest);
    if (c == '\\')
      return rest.substr(1).starts_with(hole) ? 1 + hole.size() : std::min<std::size_t>(2, rest.size());
    if (inside() == '"')
      return c == '"' ? close() : rest.starts_with("$(") ? open('(', 2) : 1;
    if (c == '\'' || c == '"' || c == '(')
      return open(c, 1);
    return c == ')' && inside() == '(' ? close() : 1;
  }

  /// In $(( )), where the shell reads the text of a parameter as an expression.
  [[nodiscard]] bool in_arithmetic() const {
    return inside() == arithmetic || inside() == in_its_parentheses;
  }

  /// How $1 is written here so that the shell takes it as it is, in one piece.
  [[nodiscard]] std::string_view argument() const {
    if (inside() == '\'')
      return R"('"$1"')";
    return inside() == '"' ? "${1}" : R"("$1")";
  }

private:
  static constexpr char arithmetic = '#';
  static constexpr char in_its_parentheses = 'p';

  [[nodiscard]] char inside() const { return open_.empty() ? ' ' : open_.back(); }

  std::size_t read_arithmetic(std::string_view rest) {
    if (rest.starts_with("$("))
      return open('(', 2);
    if (rest.front() == '(')
      return open(in_its_parentheses, 1);
    if (rest.front() == ')' && inside() == in_its_parentheses)
      return close();
    return rest.starts_with("))") ? 1 + close() : 1;
  }

  std::size_t open(char what, std::size_t length) {
    open_.push_back(what);
    return length;
  }

  std::size_t close() {
    open_.pop_back();
    return 1;
  }

  std::string open_;
};

/// Nothing where an item would be read as an expression.
std::optional<std::string> script_of(std::string_view text) {
  std::string out;
  quoting quotes;
  while (!text.empty()) {
    const bool substitute = text.starts_with(hole);
    if (substitute && quotes.in_arithmetic())
      return std::nullopt;
    const auto length = substitute ? hole.size() : quotes.read(text);
    out.append(substitute ? quotes.argument() : text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

caf::expected<exec_template> exec_template::parse(const std::vector<std::string>& command, bool shell) {
  exec_template made;
  if (shell) {
    if (command.size() != 1 || command.front().find_first_not_of(blanks) == std::string::npos)
      return refused(R"(with shell = true it is one text, the script, such as "grep -c x {} | sort")");
    auto script = script_of(command.front());
    if (!script)
      return refused(
          "{} stands in $(( )), where the shell reads an item's text as an expression; if each "
          "item is a number, write $1 there instead");
    made.arguments_ = {"/bin/sh", "-c", std::move(*script), "sh"};
    made.substitutes_ = false;
    made.appends_ = true;
    return made;
  }
  made.arguments_ = command.size() == 1 ? words_of(command.front()) : command;
  if (made.arguments_.empty() || made.arguments_.front().empty())
    return refused(R"(there is no program in it; write for example ["du", "-s", "{}"])");
  if (command.size() == 1 && command.front().find_first_of(shell_characters) != std::string::npos)
    return refused(config::quoted(command.front(), 60) +
                   " has quotes or other characters that only a shell understands; write a list of "
                   R"(arguments, such as ["grep", "a b", "{}"], or set shell = true)");
  made.appends_ = std::none_of(made.arguments_.begin(), made.arguments_.end(),
                               [](const auto& a) { return a.find(hole) != std::string::npos; });
  return made;
}

std::vector<std::string> exec_template::argv_for(std::string_view item_text) const {
  std::vector<std::string> argv;
  argv.reserve(arguments_.size() + 1);
  for (const auto& argument : arguments_)
    argv.push_back(substitutes_ ? filled(argument, item_text) : argument);
  if (appends_)
    argv.emplace_back(item_text);
  return argv;
}

}  // namespace weir
