#include <weir/runtime/launcher/graph_svg.hpp>
#include <weir/runtime/launcher/graph_text.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <sstream>

using namespace weir::config;
using weir::fan_out;

namespace {

flow_outline::part part(flow_part is, std::string name, std::string kind, std::vector<std::size_t> from,
                        fan_out how = fan_out::broadcast) {
  std::vector<std::string> details;
  if (is == flow_part::stage)
    details = {"parallelism 2", "capacity 8"};
  return {is, std::move(name), std::move(kind), std::move(details), how, std::move(from)};
}

/// Two branches behind `how`, merged again.
flow_outline diamond(fan_out how) {
  return {"diamond",
          {part(flow_part::source, "files", "files", {}, how), part(flow_part::stage, "a", "sha256", {0}),
           part(flow_part::stage, "exec", "exec", {0}), part(flow_part::sink, "out", "jsonl", {1, 2})}};
}

flow_outline row(const std::string& name) {
  return {name,
          {part(flow_part::source, name, "files", {}), part(flow_part::stage, name, "exec", {0}),
           part(flow_part::sink, name, "jsonl", {1})}};
}

bool has(const std::string& text, const std::string& wanted) {
  return text.find(wanted) != std::string::npos;
}

/// A document whose tags are closed in their order, and whose texts and values have no bare "<" or "&".
bool well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = 0; at < xml.size(); ++at) {
    if (xml[at] == '&') {
      const auto end = xml.find(';', at);
      const auto entity = xml.substr(at, end - at + 1);
      static const std::array known{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
      if (std::find(known.begin(), known.end(), entity) == known.end())
        return false;
    }
    if (xml[at] != '<')
      continue;
    const auto end = xml.find('>', at);
    const auto tag = xml.substr(at + 1, end - at - 1);
    if (tag.empty() || has(tag, "<"))
      return false;
    const auto name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag[0] == '/') {
      if (open.empty() || "/" + open.back() != tag)
        return false;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
    at = end;
  }
  return open.empty();
}

struct box {
  int left = 0, top = 0, width = 0, height = 0;
};

int number_after(const std::string& line, const std::string& key) {
  const auto at = line.find(' ' + key + "=\"");
  return std::stoi(line.substr(at + key.size() + 3));
}

std::vector<box> boxes(const std::string& svg) {
  std::vector<box> all;
  std::istringstream text{svg};
  for (std::string line; std::getline(text, line);)
    if (line.starts_with("<rect class=\"box"))
      all.push_back({number_after(line, "x"), number_after(line, "y"), number_after(line, "width"),
                     number_after(line, "height")});
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(graph_texts)

BOOST_AUTO_TEST_CASE(graphviz_gets_a_shape_and_a_label_for_each_part_and_marked_arrows) {
  BOOST_TEST(graph_dot(diamond(fan_out::balance)) ==
             "digraph \"diamond\" {\n"
             "  rankdir=LR;\n"
             "  n0 [shape=ellipse, label=\"files\\nsource\"];\n"
             "  n1 [shape=box, label=\"a\\ntask sha256\\nparallelism 2\\ncapacity 8\"];\n"
             "  n2 [shape=box, label=\"exec\\nparallelism 2\\ncapacity 8\"];\n"
             "  n3 [shape=cylinder, label=\"out\\nsink jsonl\"];\n"
             "  n0 -> n1 [label=\"balance\", style=dashed];\n"
             "  n0 -> n2 [label=\"balance\", style=dashed];\n"
             "  n1 -> n3;\n"
             "  n2 -> n3;\n"
             "}\n");
}

BOOST_AUTO_TEST_CASE(mermaid_gets_the_same) {
  BOOST_TEST(graph_mermaid(diamond(fan_out::broadcast)) ==
             "flowchart LR\n"
             "  n0([\"files<br/>source\"])\n"
             "  n1[\"a<br/>task sha256<br/>parallelism 2<br/>capacity 8\"]\n"
             "  n2[\"exec<br/>parallelism 2<br/>capacity 8\"]\n"
             "  n3[(\"out<br/>sink jsonl\")]\n"
             "  n0 -->|broadcast| n1\n"
             "  n0 -->|broadcast| n2\n"
             "  n1 --> n3\n"
             "  n2 --> n3\n");
  BOOST_TEST(has(graph_mermaid(diamond(fan_out::balance)), "  n0 -.->|balance| n1\n"));
}

BOOST_AUTO_TEST_CASE(where_a_full_stage_redirects_to_is_a_dashed_arrow_of_its_own) {
  auto flow = row("x");
  flow.parts.insert(flow.parts.begin() + 2, part(flow_part::stage, "other", "exec", {}));
  flow.parts[1].redirect_to = 2;
  flow.parts[3].from = {1, 2};
  BOOST_TEST(
      has(graph_dot(flow), "  n1 -> n3;\n  n1 -> n2 [label=\"when full\", style=dashed];\n  n2 -> n3;\n"));
  BOOST_TEST(has(graph_mermaid(flow), "  n1 --> n3\n  n1 -.->|when full| n2\n  n2 --> n3\n"));
  const auto svg = graph_svg(flow);
  BOOST_TEST(well_formed(svg));
  BOOST_TEST(has(svg, "class=\"way dashed\""));
  BOOST_TEST(has(svg, ">when full</text>"));
  BOOST_TEST(boxes(svg)[1].left + boxes(svg)[1].width < boxes(svg)[2].left);
  BOOST_TEST(has(describe(flow), "\n  x (task exec, parallelism 2, capacity 8) -> x, when full -> other\n"));
}

BOOST_AUTO_TEST_CASE(names_are_escaped_in_every_language) {
  const auto flow = row("a\"b\\c<d>&e#f`g\nh");
  BOOST_TEST(has(graph_dot(flow), "label=\"a\\\"b\\\\c<d>&amp;e#f`g\\\\nh\\n"));
  BOOST_TEST(has(graph_mermaid(flow), "[\"a#34;b#92;c#60;d#62;#38;e#35;f#96;g#92;nh<br/>"));
  BOOST_TEST(has(graph_svg(flow), ">a&quot;b\\c&lt;d&gt;&amp;e#f`g\\nh</text>"));
  BOOST_TEST(well_formed(graph_svg(flow)));
}

BOOST_AUTO_TEST_CASE(a_name_that_is_no_text_is_replaced_byte_by_byte) {
  for (const auto& text : {graph_dot(row("x\xff")), graph_mermaid(row("x\xff")), graph_svg(row("x\xff"))}) {
    BOOST_TEST(!has(text, "\xff"));
    BOOST_TEST(has(text, "x\xEF\xBF\xBD"));
  }
}

BOOST_AUTO_TEST_CASE(the_picture_is_well_formed_and_has_a_box_for_each_part) {
  const auto svg = graph_svg(diamond(fan_out::balance));
  BOOST_TEST(well_formed(svg));
  BOOST_TEST(!well_formed("<a><b></a></b>"));
  BOOST_TEST(!well_formed("<a>&</a>"));
  BOOST_TEST(boxes(svg).size() == 4U);
  BOOST_TEST(has(svg, "class=\"way dashed\""));
  BOOST_TEST(has(svg, ">balance</text>"));
  BOOST_TEST(!has(graph_svg(diamond(fan_out::broadcast)), ">balance</text>"));
  BOOST_TEST(has(graph_svg(diamond(fan_out::broadcast)), ">broadcast</text>"));
}

BOOST_AUTO_TEST_CASE(boxes_stand_inside_the_picture_apart_from_each_other_and_from_left_to_right) {
  flow_outline flow{"large", {part(flow_part::source, "source", "files", {})}};
  for (std::size_t i = 1; i < 19; ++i)
    flow.parts.push_back(part(flow_part::stage, std::string(i, 'x'), "exec", {(i - 1) / 2, i / 3}));
  for (auto& p : flow.parts)
    if (p.from.size() == 2 && p.from[0] == p.from[1])
      p.from.pop_back();
  flow.parts.push_back(part(flow_part::sink, "sink", "jsonl", {2, 9, 17, 18}));
  const auto svg = graph_svg(flow);
  const auto all = boxes(svg);
  BOOST_REQUIRE(all.size() == flow.parts.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& a = all[i];
    BOOST_TEST((a.left >= 0 && a.top >= 0 && a.left + a.width <= number_after(svg, "width") &&
                a.top + a.height <= number_after(svg, "height")));
    for (const auto up : flow.parts[i].from)
      BOOST_TEST(all[up].left + all[up].width < a.left);
    for (std::size_t j = 0; j < i; ++j) {
      const auto& b = all[j];
      BOOST_TEST((a.left + a.width < b.left || b.left + b.width < a.left || a.top + a.height < b.top ||
                  b.top + b.height < a.top));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(flow_outlines)

BOOST_AUTO_TEST_CASE(a_row_is_one_line) {
  BOOST_TEST(
      describe({"f",
                {part(flow_part::source, "files", "files", {}), part(flow_part::stage, "x", "exec", {0}),
                 part(flow_part::sink, "table", "table", {1})}}) ==
      "flow \"f\": files -> x (task exec, parallelism 2, capacity 8) -> table");
}

BOOST_AUTO_TEST_CASE(any_other_graph_is_a_line_for_each_part) {
  BOOST_TEST(describe(diamond(fan_out::balance)) ==
             "flow \"diamond\":\n"
             "  files -> a, exec (balance)\n"
             "  a (task sha256, parallelism 2, capacity 8) -> out\n"
             "  exec (parallelism 2, capacity 8) -> out\n"
             "  out (kind jsonl)");
}

BOOST_AUTO_TEST_SUITE_END()
