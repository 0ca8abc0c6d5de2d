#include <weir/runtime/launcher/check_command.hpp>
#include <weir/runtime/launcher/flow_text.hpp>
#include <weir/runtime/launcher/launcher.hpp>
#include <weir/runtime/launcher/load_flow.hpp>
#include <weir/runtime/launcher/node_file.hpp>

#include <optional>
#include <string>
#include <utility>

namespace weir::config {

namespace {

std::optional<std::string> description(const arguments& wanted, const kinds& known, problems& found) {
  auto root = read_document(wanted.flow, found);
  if (!root)
    return std::nullopt;
  if (is_of_node(*root)) {
    const auto plan = check_node(std::move(*root), wanted.overrides, known, found);
    return plan ? std::optional{describe(*plan)} : std::nullopt;
  }
  const auto flow =
      load_flow(std::move(*root), wanted.flow, wanted.overrides, known, tls_check::tried, found);
  return flow ? std::optional{describe(flow->outline)} : std::nullopt;
}

}  // namespace

int check_command(const arguments& wanted, const kinds& known, std::ostream& out, std::ostream& err) {
  problems found;
  const auto text = description(wanted, known, found);
  if (!text) {
    err << found.text() << std::flush;
    return static_cast<int>(exit_status::bad_usage);
  }
  out << "ok: " << *text << '\n';
  return static_cast<int>(exit_status::completed);
}

}  // namespace weir::config
