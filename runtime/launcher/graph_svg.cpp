#include <weir/runtime/launcher/graph_svg.hpp>
#include <weir/runtime/launcher/graph_text.hpp>

#include <algorithm>

namespace weir::config {

namespace {

// In pixels.
constexpr int letter_width = 8;
constexpr int line_height = 17;
constexpr int box_padding = 10;
constexpr int column_gap = 110;  // room for "broadcast" on an arrow
constexpr int row_gap = 26;
constexpr int margin = 16;
constexpr int corner = 4;
constexpr int source_corner = 18;

constexpr auto head = R"(
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
<style>
text { font: 13px monospace; text-anchor: middle; }
.name { font-weight: bold; }
.box { fill: #f4f6f8; stroke: #445; }
.sink { fill: #e6eef6; }
.way { fill: none; stroke: #445; marker-end: url(#tip); }
.dashed { stroke-dasharray: 5 4; }
.how { font-size: 11px; paint-order: stroke; stroke: #fff; stroke-width: 4px; }
</style>
<rect width="100%" height="100%" fill="#fff"/>
)";

std::string_view in_xml(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string xml(std::string_view text) {
  return escaped_with(text, in_xml);
}

int letters(std::string_view text) {
  return static_cast<int>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// The attribute ` name="value"`.
std::string with(const char* name, int value) {
  return std::string{' '} + name + "=\"" + std::to_string(value) + '"';
}

/// A part, or the place where an arrow passes a column.
struct cell {
  std::size_t column = 0;
  std::vector<std::string> lines;
  int width = 0;
  int height = 0;
  int x = 0;  // its left edge
  int y = 0;  // its upper edge
  std::vector<std::size_t> before = {};

  [[nodiscard]] int middle() const noexcept { return y + height / 2; }
};

class drawing {
public:
  explicit drawing(const flow_outline& flow) : flow_(flow) {
    make_cells();
    make_ways();
    place_columns();
    place_rows();
  }

  [[nodiscard]] std::string svg() const {
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\"" + with("width", width_) +
                      with("height", height_) + ">\n<title>" + xml(shown_text(flow_.flow)) + "</title>" +
                      head;
    for (const auto& w : ways_)
      out += arrow(w);
    for (std::size_t i = 0; i < flow_.parts.size(); ++i)
      out += box(i);
    // After the boxes, so that none hides a word.
    for (const auto& w : ways_)
      out += word(w);
    return out + "</svg>\n";
  }

private:
  struct way {
    flow_outline::arrow of;
    std::vector<std::size_t> cells;  // from a part to the next, both included
  };

  void make_cells() {
    const auto layers = flow_.joined().layers();
    for (std::size_t i = 0; i < flow_.parts.size(); ++i) {
      cell c{layers[i], label_of(flow_.parts[i])};
      for (const auto& line : c.lines)
        c.width = std::max(c.width, letters(line) * letter_width + 2 * box_padding);
      c.height = static_cast<int>(c.lines.size()) * line_height + 2 * box_padding;
      cells_.push_back(std::move(c));
    }
  }

  void make_ways() {
    for (const auto& arrow : flow_.arrows()) {
      way w{arrow, {arrow.from}};
      for (auto column = cells_[arrow.from].column + 1; column < cells_[arrow.to].column; ++column) {
        cells_.push_back({column, {}, 0, line_height, 0, 0, {w.cells.back()}});
        w.cells.push_back(cells_.size() - 1);
      }
      cells_[arrow.to].before.push_back(w.cells.back());
      w.cells.push_back(arrow.to);
      ways_.push_back(std::move(w));
    }
  }

  void place_columns() {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].column >= columns_.size())
        columns_.resize(cells_[i].column + 1);
      columns_[cells_[i].column].push_back(i);
    }
    auto x = margin;
    for (const auto& column : columns_) {
      auto width = 0;
      for (const auto i : column)
        width = std::max(width, cells_[i].width);
      // As wide as the column, so that arrows are slanted only between columns.
      for (const auto i : column) {
        cells_[i].x = x;
        cells_[i].width = width;
      }
      x += width + column_gap;
    }
    width_ = x - column_gap + margin;
  }

  /// One column after the other, each in the order of what comes before it (the barycenter rule of Sugiyama,
  /// Tagawa and Toda), and all around one middle.
  void place_rows() {
    for (auto& column : columns_) {
      std::stable_sort(column.begin(), column.end(),
                       [this](auto a, auto b) { return height_before(a) < height_before(b); });
      auto y = 0;
      for (const auto i : column) {
        cells_[i].y = y;
        y += cells_[i].height + row_gap;
      }
      const auto height = y - row_gap;
      for (const auto i : column)
        cells_[i].y -= height / 2;
      height_ = std::max(height_, height);
    }
    for (auto& c : cells_)
      c.y += height_ / 2 + margin;
    height_ += 2 * margin;
  }

  [[nodiscard]] double height_before(std::size_t i) const {
    const auto& before = cells_[i].before;
    double sum = 0;
    for (const auto b : before)
      sum += cells_[b].middle();
    return before.empty() ? 0 : sum / static_cast<double>(before.size());
  }

  [[nodiscard]] std::string arrow(const way& w) const {
    std::string points;
    const auto add = [&](int x, int y) {
      if (!points.empty())
        points += ' ';
      points += std::to_string(x);
      points += ',';
      points += std::to_string(y);
    };
    for (const auto i : w.cells) {
      const auto& c = cells_[i];
      if (i != w.cells.front())
        add(c.x, c.middle());
      if (i != w.cells.back())
        add(c.x + c.width, c.middle());
    }
    return "<polyline class=\"way" + std::string{w.of.dashed ? " dashed" : ""} + "\" points=\"" + points +
           "\"/>\n";
  }

  [[nodiscard]] std::string word(const way& w) const {
    if (w.of.text.empty())
      return {};
    const auto& a = cells_[w.cells[0]];
    const auto& b = cells_[w.cells[1]];
    return "<text class=\"how\"" + with("x", (a.x + a.width + b.x) / 2) +
           with("y", (a.middle() + b.middle()) / 2 + 4) + '>' + w.of.text + "</text>\n";
  }

  [[nodiscard]] std::string box(std::size_t i) const {
    const auto& c = cells_[i];
    const auto is = flow_.parts[i].is;
    auto out = "<rect class=\"box" + std::string{is == flow_part::sink ? " sink" : ""} + '"' +
               with("x", c.x) + with("y", c.y) + with("width", c.width) + with("height", c.height) +
               with("rx", is == flow_part::source ? source_corner : corner) + "/>\n";
    auto y = c.y + box_padding + line_height - 5;  // a letter stands some pixels above the line's end
    for (const auto& line : c.lines) {
      out += "<text" + std::string{&line == &c.lines.front() ? " class=\"name\"" : ""} +
             with("x", c.x + c.width / 2) + with("y", y) + '>' + xml(line) + "</text>\n";
      y += line_height;
    }
    return out;
  }

  const flow_outline& flow_;
  std::vector<cell> cells_;  // the parts, then where arrows pass
  std::vector<way> ways_;
  std::vector<std::vector<std::size_t>> columns_;
  int width_ = 0;
  int height_ = 0;
};

}  // namespace

std::string graph_svg(const flow_outline& flow) {
  return drawing{flow}.svg();
}

}  // namespace weir::config
