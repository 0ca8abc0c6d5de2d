/// The `tsv` sink: a line of column names, then a line for each completed job, parted by tabs. A tab, a
/// newline, a carriage return and a backslash are written as \t, \n, \r, \\; other bytes as they are.
///
/// The columns are those of the first record (columns.hpp). A later record that lacks one has an empty
/// cell there; one that has a field more ends the run, as its value would be lost.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sinks/columns.hpp>
#include <weir/runtime/sinks/output.hpp>

namespace weir {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text)
    switch (c) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += c;
    }
  return out;
}

std::string cell(const value& v) {
  const auto* text = std::get_if<std::string>(&v);
  return text ? escaped(*text) : to_text(v);
}

void append_line(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0)
      out += '\t';
    out += cells[i];
  }
  out += '\n';
}

class tsv final : public sink {
public:
  explicit tsv(detail::output out) : out_(std::move(out)) {}

  [[nodiscard]] std::vector<std::string> files() const override { return out_.files(); }
  caf::error open() override { return out_.open(); }

  using sink::put;

  caf::error put(const completed_item& done) override {
    std::string lines;
    if (!columns_.known()) {
      columns_.take(done.result);
      std::vector<std::string> header;
      for (const auto& name : columns_.names())
        header.push_back(escaped(name));
      append_line(lines, header);
    }
    const auto row = columns_.row_of(done.from, done.result, cell);
    if (!row.others.empty())
      return make_error(ec::failed, "tsv: the record of " + config::quoted(done.from.name) +
                                        " has the field " + config::quoted(row.others.front()->name) +
                                        ", which the header, made from the first record, has not; use the "
                                        "sink jsonl for records that differ");
    append_line(lines, row.cells);
    return out_.put(lines);
  }

  caf::error flush() override { return out_.flush(); }
  caf::error finish() override { return out_.finish(); }
  caf::error finish_early() override { return out_.finish_early(); }

private:
  detail::output out_;
  detail::columns columns_;
};

caf::expected<std::unique_ptr<sink>> make(const settings& given) {
  auto out = detail::output::to(given);
  if (!out)
    return out.error();
  return std::unique_ptr<sink>{std::make_unique<tsv>(std::move(*out))};
}

}  // namespace

sink_kind tsv_sink() {
  return {"tsv",
          "tab-separated values under a line of names; tab, newline, carriage return and backslash as \\t, "
          "\\n, \\r, \\\\",
          {detail::output::path_setting()},
          make};
}

}  // namespace weir
