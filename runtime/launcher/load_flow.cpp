#include <weir/runtime/launcher/flow_text.hpp>
#include <weir/runtime/launcher/load_flow.hpp>
#include <weir/runtime/launcher/overrides.hpp>

namespace weir::config {

namespace {

/// A flow that comes by standard input leaves nothing there for its source, which would silently
/// read no job at all.
void check_stdin_is_free(const node& root, problems& found) {
  const auto* source = root.find("source");
  const auto* path = source ? source->content.find("path") : nullptr;
  if (path && path->content.as_text() && *path->content.as_text() == "-")
    found.add(path->content.at, "source.path",
              "standard input is the flow file already; name a file for one of them");
}

std::optional<checked_flow> load(const std::string& text, const std::string& origin,
                                 const std::string& default_name, const std::vector<std::string>& overrides,
                                 const kinds& known, bool from_stdin, problems& found) {
  auto root = parse_document(text, origin, found);
  if (!root)
    return std::nullopt;
  apply_overrides(*root, overrides, found);
  if (from_stdin)
    check_stdin_is_free(*root, found);
  return check_flow(*root, known, default_name, found);
}

}  // namespace

std::optional<checked_flow> load_flow_text(const std::string& text, const std::string& origin,
                                           const std::string& default_name,
                                           const std::vector<std::string>& overrides, const kinds& known,
                                           problems& found) {
  return load(text, origin, default_name, overrides, known, false, found);
}

std::optional<checked_flow> load_flow(const std::string& path, const std::vector<std::string>& overrides,
                                      const kinds& known, problems& found) {
  const auto text = read_flow_text(path, found);
  if (!text)
    return std::nullopt;
  return load(*text, origin_of(path), default_flow_name(path), overrides, known, path == "-", found);
}

}  // namespace weir::config
