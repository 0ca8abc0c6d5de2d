/// The `table` sink: aligned columns for a person; each failure stands in its row with what went wrong.
///
/// Rows are held back, up to `held_rows_max` and `held_bytes_max`, to find the widths of the columns;
/// what comes later may only widen them. The columns are those of the first record (columns.hpp); what
/// a later record has beyond them stands behind its row as NAME=VALUE. Cells: see table_text.hpp.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/sinks/columns.hpp>
#include <weir/runtime/sinks/output.hpp>
#include <weir/runtime/sinks/table_text.hpp>

#include <algorithm>

namespace weir {

namespace {

constexpr std::size_t held_rows_max = 1000;
constexpr std::size_t held_bytes_max = std::size_t{1} << 20;
// A longer cell juts out of its column rather than push the others far to the right.
constexpr std::size_t column_width_max = 60;
constexpr const char* gap = "  ";

struct table_row {
  std::vector<std::string> cells;  ///< empty: a failure, with `name` in the column of items
  std::string name;
  std::string tail;  ///< behind the last column
};

class table final : public sink {
public:
  explicit table(detail::output out) : out_(std::move(out)) {}

  [[nodiscard]] std::vector<std::string> files() const override { return out_.files(); }
  caf::error open() override { return out_.open(); }

  caf::error put(const completed_item& done) override {
    if (!columns_.known())
      columns_.take(done.result);
    table_row row;
    auto made = columns_.row_of(done.from, done.result, detail::table_text);
    row.cells = std::move(made.cells);
    for (const auto* f : made.others)
      row.tail += gap + detail::table_text(f->name) + '=' + detail::table_text(f->content);
    return hold(std::move(row), done.result);
  }

  caf::error put(const failed_item& failure) override {
    table_row row;
    row.name = detail::table_text(failure.from.name);
    row.tail = gap + ("failed: " + detail::table_text(text_of(failure.reason)));
    return hold(std::move(row), {});
  }

  caf::error flush() override {
    if (auto error = release())
      return error;
    return out_.flush();
  }

  caf::error finish() override {
    if (auto error = release())
      return error;
    return out_.finish();
  }

  caf::error finish_early() override {
    if (auto error = release())
      return error;
    return out_.finish_early();
  }

private:
  caf::error hold(table_row row, const record& from);
  caf::error release();
  void lay_out();
  void complete(table_row& row) const;
  void append_line(std::string& lines, const std::vector<std::string>& cells, const std::string& tail) const;

  detail::output out_;
  detail::columns columns_;
  std::vector<table_row> held_;
  std::size_t held_bytes_ = 0;
  bool headed_ = false;
  std::vector<std::size_t> widths_;
  std::vector<bool> texts_;  // the columns that have held a text: they are aligned to the left
};

caf::error table::hold(table_row row, const record& from) {
  if (!row.cells.empty())
    texts_.resize(columns_.names().size());
  // Once the header is out a column keeps its side.
  if (!headed_)
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const auto* content = from.find(columns_.names()[i]);
      const auto is_text =
          content ? std::holds_alternative<std::string>(*content) : i == columns_.item_column();
      texts_[i] = texts_[i] || is_text;
    }
  held_bytes_ += row.name.size() + row.tail.size();
  for (const auto& cell : row.cells)
    held_bytes_ += cell.size();
  held_.push_back(std::move(row));
  return held_.size() < held_rows_max && held_bytes_ < held_bytes_max ? caf::error{} : release();
}

// Gives a failure its cells, now that the columns are known, if they ever will be.
void table::complete(table_row& row) const {
  if (!row.cells.empty())
    return;
  row.cells.assign(columns_.known() ? columns_.names().size() : 1, "-");
  row.cells[columns_.item_column()] = std::move(row.name);
}

void table::lay_out() {
  for (auto& row : held_)
    complete(row);
  widths_.resize(std::max<std::size_t>(columns_.names().size(), 1));
  texts_.resize(widths_.size(), !columns_.known());
  for (std::size_t i = 0; i < columns_.names().size(); ++i)
    widths_[i] = std::max(widths_[i], detail::width_of(detail::table_text(columns_.names()[i])));
  for (const auto& row : held_)
    for (std::size_t i = 0; i < row.cells.size(); ++i)
      widths_[i] = std::max(widths_[i], std::min(detail::width_of(row.cells[i]), column_width_max));
}

void table::append_line(std::string& lines, const std::vector<std::string>& cells,
                        const std::string& tail) const {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto width = detail::width_of(cells[i]);
    const std::string padding(widths_[i] - std::min(widths_[i], width), ' ');
    const auto ends = i + 1 == cells.size() && tail.empty();
    if (i > 0)
      lines += gap;
    if (texts_[i])
      lines += cells[i] + (ends ? "" : padding);
    else
      lines += padding + cells[i];
  }
  lines += tail;
  lines += '\n';
}

caf::error table::release() {
  if (held_.empty())
    return {};
  lay_out();
  std::string lines;
  if (columns_.known() && !headed_) {
    std::vector<std::string> header;
    for (const auto& name : columns_.names())
      header.push_back(detail::table_text(name));
    append_line(lines, header, {});
    headed_ = true;
  }
  for (const auto& row : held_)
    append_line(lines, row.cells, row.tail);
  held_.clear();
  held_bytes_ = 0;
  return out_.put(lines);
}

caf::expected<std::unique_ptr<sink>> make(const settings& given) {
  auto out = detail::output::to(given);
  if (!out)
    return out.error();
  return std::unique_ptr<sink>{std::make_unique<table>(std::move(*out))};
}

}  // namespace

sink_kind table_sink() {
  return {"table",
          "aligned columns for a person, failures among the rows",
          {detail::output::path_setting()},
          make};
}

}  // namespace weir
