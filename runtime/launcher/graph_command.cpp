#include <weir/runtime/launcher/graph_command.hpp>
#include <weir/runtime/launcher/graph_svg.hpp>
#include <weir/runtime/launcher/graph_text.hpp>
#include <weir/runtime/launcher/launcher.hpp>
#include <weir/runtime/launcher/own_files.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/summary_text.hpp>

namespace weir::config {

namespace {

std::string text_as(graph_format format, const flow_outline& flow) {
  switch (format) {
    case graph_format::mermaid:
      return graph_mermaid(flow);
    case graph_format::dot:
      return graph_dot(flow);
    case graph_format::svg:
      return graph_svg(flow);
  }
  return {};
}

}  // namespace

int graph_command(const flow_outline& flow, const arguments& wanted, const std::string& program,
                  std::ostream& out, std::ostream& err) {
  const auto text = text_as(wanted.format, flow);
  if (wanted.output.empty() || wanted.output == "-") {
    out << text;
    return static_cast<int>(exit_status::completed);
  }
  if (wanted.flow != "-" && same_file(wanted.output, wanted.flow)) {
    err << program << ": --output would write over the flow file " << quoted(wanted.flow)
        << "; name another file\n";
    return static_cast<int>(exit_status::bad_usage);
  }
  if (const auto problem = write_report(wanted.output, text)) {
    err << program << ": " << text_of(problem) << '\n';
    return static_cast<int>(exit_status::failed);
  }
  return static_cast<int>(exit_status::completed);
}

}  // namespace weir::config
