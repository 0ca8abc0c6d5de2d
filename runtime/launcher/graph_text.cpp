#include <weir/runtime/launcher/graph_text.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sinks/json_text.hpp>

#include <algorithm>

namespace weir::config {

namespace {

std::string kind_line(const flow_outline::part& p) {
  const auto kind = p.name == p.kind ? std::string{} : p.kind;
  if (p.is == flow_part::stage)
    return kind.empty() ? kind : "task " + kind;
  return std::string{p.is == flow_part::source ? "source" : "sink"} + (kind.empty() ? "" : ' ' + kind);
}

std::string_view in_dot(char c) {
  // Graphviz reads entities of HTML in its texts.
  return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '&' ? "&amp;" : "";
}

std::string_view in_mermaid(char c) {
  switch (c) {
    case '"':
      return "#34;";
    case '#':
      return "#35;";
    case '&':
      return "#38;";
    case '<':
      return "#60;";
    case '>':
      return "#62;";
    case '\\':
      return "#92;";
    case '`':
      return "#96;";
    default:
      return {};
  }
}

/// The lines of a label, escaped and put together.
std::string label(const flow_outline::part& p, std::string_view (*stand_in)(char), const char* line_end) {
  std::string out;
  for (const auto& line : label_of(p))
    out += (out.empty() ? "" : line_end) + escaped_with(line, stand_in);
  return out;
}

std::string node(std::size_t i) {
  return std::string{'n'}.append(std::to_string(i));
}

}  // namespace

std::string shown_text(std::string_view text, std::size_t bytes_max) {
  constexpr auto replacement = "\xEF\xBF\xBD";
  const auto printed = printable(text, bytes_max);
  std::string out;
  for (std::string_view rest = printed; !rest.empty();) {
    const auto length = detail::utf8_length(rest);
    const auto one = rest.substr(0, std::max<std::size_t>(length, 1));
    // U+FFFE and U+FFFF are no characters.
    if (length == 0 || one == "\xEF\xBF\xBE" || one == "\xEF\xBF\xBF")
      out += replacement;
    else
      out += one;
    rest.remove_prefix(one.size());
  }
  return out;
}

std::vector<std::string> label_of(const flow_outline::part& p) {
  std::vector<std::string> lines{shown_text(p.name)};
  if (const auto kind = kind_line(p); !kind.empty())
    lines.push_back(shown_text(kind));
  for (const auto& detail : p.details)
    lines.push_back(shown_text(detail));
  return lines;
}

std::string graph_dot(const flow_outline& flow) {
  auto out = "digraph \"" + escaped_with(shown_text(flow.flow), in_dot) + "\" {\n  rankdir=LR;\n";
  for (std::size_t i = 0; i < flow.parts.size(); ++i) {
    const auto& p = flow.parts[i];
    const auto* shape = p.is == flow_part::source ? "ellipse" : p.is == flow_part::stage ? "box" : "cylinder";
    out += "  " + node(i) + " [shape=" + shape + ", label=\"" + label(p, in_dot, "\\n") + "\"];\n";
  }
  for (const auto& a : flow.arrows()) {
    out += "  " + node(a.from) + " -> " + node(a.to);
    if (!a.text.empty())
      out += " [label=\"" + a.text + '"' + (a.dashed ? ", style=dashed" : "") + ']';
    out += ";\n";
  }
  return out + "}\n";
}

std::string graph_mermaid(const flow_outline& flow) {
  std::string out = "flowchart LR\n";
  for (std::size_t i = 0; i < flow.parts.size(); ++i) {
    const auto& p = flow.parts[i];
    const auto* open = p.is == flow_part::source ? "([" : p.is == flow_part::stage ? "[" : "[(";
    const auto* shut = p.is == flow_part::source ? "])" : p.is == flow_part::stage ? "]" : ")]";
    out += "  " + node(i) + open + '"' + label(p, in_mermaid, "<br/>") + '"' + shut + '\n';
  }
  for (const auto& a : flow.arrows())
    out += "  " + node(a.from) + (a.dashed ? " -.->" : " -->") + (a.text.empty() ? "" : '|' + a.text + '|') +
           ' ' + node(a.to) + '\n';
  return out;
}

}  // namespace weir::config
