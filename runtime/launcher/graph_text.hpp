#pragma once

/// The graph of a flow as text for other programs: Graphviz and Mermaid. Names may hold anything: they are
/// escaped, and the parts themselves go by numbers.

#include <weir/runtime/launcher/flow_outline.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

/// `text` in one line of what every reader of XML takes: UTF-8 without control characters, cut after
/// `bytes_max`.
[[nodiscard]] std::string shown_text(std::string_view text, std::size_t bytes_max = 60);

/// What stands in the box of a part, line by line: its name, what it is, its details.
[[nodiscard]] std::vector<std::string> label_of(const flow_outline::part& p);

/// `text` with what stands in for each character that has a meaning of its own there.
template <class Substitute>
std::string escaped_with(std::string_view text, Substitute stand_in) {
  std::string out;
  for (const auto c : text) {
    const std::string_view other = stand_in(c);
    if (other.empty())
      out += c;
    else
      out += other;
  }
  return out;
}

/// A digraph in Graphviz' language, from left to right.
[[nodiscard]] std::string graph_dot(const flow_outline& flow);

/// A flowchart for Mermaid, which Markdown on many sites shows as a picture.
[[nodiscard]] std::string graph_mermaid(const flow_outline& flow);

}  // namespace weir::config
