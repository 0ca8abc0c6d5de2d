/// The `sha256sum` sink: a manifest in the form of coreutils, which `sha256sum -c` reads. A name with a
/// backslash, a newline or a carriage return is escaped, and its line starts with a backslash; all other
/// bytes stand as they are. Failures are not in it: the summary names them.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sinks/output.hpp>

#include <algorithm>

namespace weir {

namespace {

constexpr std::size_t digest_digits = 64;

bool is_digest(const std::string& text) {
  return text.size() == digest_digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string line_of(const std::string& digest, std::string_view path) {
  std::string line;
  line.reserve(digest.size() + path.size() + 4);
  if (path.find_first_of("\\\n\r") != std::string_view::npos)
    line += '\\';
  line += digest;
  line += "  ";
  // The bare name would be standard input to sha256sum.
  if (path == "-")
    line += "./";
  for (const char c : path) {
    if (c == '\\')
      line += "\\\\";
    else if (c == '\n')
      line += "\\n";
    else if (c == '\r')
      line += "\\r";
    else
      line += c;
  }
  line += '\n';
  return line;
}

caf::error not_a_sum(const completed_item& done) {
  std::string fields;
  for (const auto& f : done.result.fields)
    fields += (fields.empty() ? "" : ", ") + config::printable(f.name, 40);
  return make_error(
      ec::failed,
      "sha256sum: it needs records with the fields sha256 (64 lower-case hex digits) and path, as "
      "the task sha256 makes them; the record of " +
          config::quoted(done.from.name) + " has " + (fields.empty() ? "none" : fields) +
          "; let sha256 be the last stage, or use another sink");
}

class sha256sum final : public sink {
public:
  explicit sha256sum(detail::output out) : out_(std::move(out)) {}

  [[nodiscard]] std::vector<std::string> files() const override { return out_.files(); }
  caf::error open() override { return out_.open(); }

  using sink::put;

  caf::error put(const completed_item& done) override {
    const auto* digest = text_of_field(done.result, "sha256");
    const auto* path = text_of_field(done.result, "path");
    if (!digest || !path || !is_digest(*digest))
      return not_a_sum(done);
    return out_.put(line_of(*digest, *path));
  }

  caf::error flush() override { return out_.flush(); }
  caf::error finish() override { return out_.finish(); }
  caf::error finish_early() override { return out_.finish_early(); }

private:
  static const std::string* text_of_field(const record& from, std::string_view name) {
    const auto* found = from.find(name);
    return found ? std::get_if<std::string>(found) : nullptr;
  }

  detail::output out_;
};

caf::expected<std::unique_ptr<sink>> make(const settings& given) {
  auto out = detail::output::to(given);
  if (!out)
    return out.error();
  return std::unique_ptr<sink>{std::make_unique<sha256sum>(std::move(*out))};
}

}  // namespace

sink_kind sha256sum_sink() {
  return {"sha256sum",
          "a manifest that sha256sum -c reads",
          {detail::output::path_setting()},
          make,
          {"sha256", "path"}};
}

}  // namespace weir
