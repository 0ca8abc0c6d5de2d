#pragma once

/// The command line of the `exec` task: a template, into which each item's text is put.
///
/// - A list of texts is an argv: each `{}` in any of them becomes the item's text, whatever is in it;
///   no shell looks at it. Without any `{}` the text becomes the last argument, as with xargs.
/// - One text alone is split at blanks first (`"du -s {}"`). No quoting is known there: a text with
///   quotes or with what only a shell understands is refused rather than run as something else.
///   A program with a blank in its path is written as a list of two: ["/opt/my tool", "{}"].
/// - With a shell, the one text is a script for /bin/sh with the item as "$1". Each `{}` becomes "$1"
///   in the quoting that fits the place where it stands; the item's text is never part of the script,
///   so nothing in it can be run. `\{}` is left to the shell. Without any `{}` nothing is added. In
///   $(( )) a `{}` is refused: there the shell would read the item's text as an expression.
///
/// As everywhere, a text that begins with "-" looks like an option: put "--" before {} where the
/// program knows it.

#include <caf/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir {

class exec_template {
public:
  /// `ec::invalid_option` if there is no command, or one that `shell` or the lack of it does not allow.
  [[nodiscard]] static caf::expected<exec_template> parse(const std::vector<std::string>& command,
                                                          bool shell);

  /// The argv for an item with this text.
  [[nodiscard]] std::vector<std::string> argv_for(std::string_view item_text) const;

private:
  std::vector<std::string> arguments_;
  bool substitutes_ = true;
  bool appends_ = false;
};

}  // namespace weir
