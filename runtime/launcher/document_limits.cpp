#include <weir/runtime/launcher/document.hpp>

namespace weir::config {

namespace {

/// Walks over a text as TOML's lexer does, as far as brackets, dots of keys, strings and comments
/// go. After a syntax error it may see strings where there are none; the parser stops there anyway.
class scanner {
public:
  scanner(std::string_view text, const std::string& origin, problems& found)
      : text_(text), origin_(origin), found_(found) {}

  bool run() {
    while (ok_ && at_ < text_.size())
      step();
    return ok_;
  }

private:
  void step() {
    switch (text_[at_]) {
      case '#':
        while (ok_ && at_ < text_.size() && text_[at_] != '\n')
          next();
        return;
      case '"':
      case '\'':
        string(text_[at_]);
        return;
      case '[':
      case '{':
        if (++depth_ > nesting_max)
          return fail("more than " + std::to_string(nesting_max) +
                      " brackets are open: a flow file needs two");
        dots_ = 0;
        break;
      case ']':
      case '}':
        depth_ -= depth_ > 0 ? 1 : 0;
        dots_ = 0;
        break;
      case '.':
        if (++dots_ >= key_parts_max)
          return fail("a key has more than " + std::to_string(key_parts_max) +
                      " parts: a flow file needs two");
        break;
      case '\n':
      case '=':
      case ',':
        dots_ = 0;
        break;
      default:
        break;
    }
    next();
  }

  void string(char quote) {
    const std::string_view triple = quote == '"' ? R"(""")" : "'''";
    const bool many_lines = text_.substr(at_).starts_with(triple);
    for (std::size_t i = 0; ok_ && i < (many_lines ? 3U : 1U); ++i)
      next();
    while (ok_ && at_ < text_.size()) {
      if (quote == '"' && text_[at_] == '\\') {
        next();
      } else if (many_lines && text_.substr(at_).starts_with(triple)) {
        // Up to two quotes may stand before the closing three.
        while (ok_ && at_ < text_.size() && text_[at_] == quote)
          next();
        return;
      } else if (!many_lines && (text_[at_] == quote || text_[at_] == '\n')) {
        next();
        return;
      }
      if (at_ < text_.size())
        next();
    }
  }

  /// Goes over one character; checks that it is one.
  void next() {
    const auto length = character_length();
    if (length == 0)
      return fail(text_[at_] == '\0' ? "a NUL byte: a flow file is text"
                                     : "not UTF-8: a flow file is UTF-8 text");
    if (text_[at_] == '\n') {
      ++line_;
      column_ = 1;
    } else {
      ++column_;
    }
    at_ += length;
  }

  /// The bytes of the character at hand; 0 if it is NUL or not well-formed UTF-8 (RFC 3629).
  [[nodiscard]] std::size_t character_length() const {
    const auto byte = [&](std::size_t i) -> unsigned {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0;
    };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const auto b = byte(0);
    if (b < 0x80)
      return b == 0 ? 0 : 1;
    if (b >= 0xC2 && b <= 0xDF)
      return tail(1) ? 2 : 0;
    if (b >= 0xE0 && b <= 0xEF) {
      const bool overlong = b == 0xE0 && byte(1) < 0xA0;
      const bool surrogate = b == 0xED && byte(1) >= 0xA0;
      return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (b >= 0xF0 && b <= 0xF4) {
      const bool overlong = b == 0xF0 && byte(1) < 0x90;
      const bool beyond = b == 0xF4 && byte(1) >= 0x90;
      return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
  }

  void fail(const std::string& text) {
    ok_ = false;
    found_.add(place{origin_, line_, column_}, {}, text);
  }

  std::string_view text_;
  const std::string& origin_;
  problems& found_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
  std::size_t depth_ = 0;
  std::size_t dots_ = 0;
  bool ok_ = true;
};

}  // namespace

bool within_limits(std::string_view text, const std::string& origin, problems& found) {
  if (text.size() > document_bytes_max) {
    found.add(place{origin}, {}, "larger than 1 MiB, the most that a flow file may have");
    return false;
  }
  return scanner{text, origin, found}.run();
}

}  // namespace weir::config
