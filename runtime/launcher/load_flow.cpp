#include <weir/runtime/launcher/flow_text.hpp>
#include <weir/runtime/launcher/load_flow.hpp>
#include <weir/runtime/launcher/node_file.hpp>
#include <weir/runtime/launcher/overrides.hpp>

#include <algorithm>
#include <utility>

namespace weir::config {

namespace {

/// A flow that comes by standard input leaves nothing there for a source, which would silently
/// read no job at all.
void check_stdin_is_free(const node& source, const std::string& key, const kinds& known, problems& found) {
  constexpr auto problem = "standard input is the flow file already; name a file for one of them";
  if (const auto* path = source.find("path")) {
    if (path->content.as_text() && *path->content.as_text() == "-")
      found.add(path->content.at, key, problem);
    return;
  }
  const auto* kind = source.find("kind");
  const auto reads_stdin = [&](const source_kind& k) {
    return kind && kind->content.as_text() && k.name == *kind->content.as_text() &&
           std::any_of(k.accepts.begin(), k.accepts.end(), [](const setting_spec& s) {
             return s.name == "path" && s.fallback == setting{std::string{"-"}};
           });
  };
  if (std::any_of(known.sources.begin(), known.sources.end(), reads_stdin))
    found.add(source.at, key, problem);
}

void check_stdin_is_free(const node& root, const kinds& known, problems& found) {
  const auto* source = root.find("source");
  const auto* several = source ? source->content.as_array() : nullptr;
  if (source && !several)
    check_stdin_is_free(source->content, "source.path", known, found);
  for (std::size_t i = 0; several && i < several->size(); ++i)
    check_stdin_is_free((*several)[i], "source[" + std::to_string(i) + "].path", known, found);
}

}  // namespace

std::optional<checked_flow> load_flow_text(const std::string& text, const std::string& origin,
                                           const std::string& default_name,
                                           const std::vector<std::string>& overrides, const kinds& known,
                                           problems& found) {
  auto root = parse_document(text, origin, found);
  if (!root)
    return std::nullopt;
  apply_overrides(*root, overrides, found);
  return check_flow(*root, known, default_name, tls_check::left_out, found);
}

std::optional<checked_flow> load_flow(const std::string& path, const std::vector<std::string>& overrides,
                                      const kinds& known, tls_check tls, problems& found) {
  auto root = read_document(path, found);
  return root ? load_flow(std::move(*root), path, overrides, known, tls, found) : std::nullopt;
}

std::optional<checked_flow> load_flow(node root, const std::string& path,
                                      const std::vector<std::string>& overrides, const kinds& known,
                                      tls_check tls, problems& found) {
  if (is_of_node(root)) {
    found.add(root.find("node")->at, "node",
              "this is the file of a node, and no flow; the command `node` takes it");
    return std::nullopt;
  }
  apply_overrides(root, overrides, found);
  if (path == "-")
    check_stdin_is_free(root, known, found);
  return check_flow(root, known, default_flow_name(path), tls, found);
}

}  // namespace weir::config
