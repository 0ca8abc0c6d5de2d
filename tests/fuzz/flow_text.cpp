/// The reader of flow files: whatever the text and the options are, there is a plan or at least one problem,
/// never both, and a problem that names a line names one that the text has. The kinds are Weir's own: making
/// what they name neither opens a file nor starts a process; `run` would, and nothing here is run.

#include <weir/runtime/launcher/load_flow.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "invariant.hpp"

using namespace weir;

namespace {

constexpr std::string_view file_name = "fuzz.toml";
// Between the text and each option that is given with it.
constexpr char separator = '\x1f';

std::vector<std::string> parts_of(std::string_view input) {
  std::vector<std::string> parts;
  for (auto end = input.find(separator); end != std::string_view::npos; end = input.find(separator)) {
    parts.emplace_back(input.substr(0, end));
    input.remove_prefix(end + 1);
  }
  parts.emplace_back(input);
  return parts;
}

/// The number after "fuzz.toml:", if a problem's line begins so.
std::optional<std::size_t> line_named_by(std::string_view problem) {
  if (!problem.starts_with(file_name) || !problem.substr(file_name.size()).starts_with(':'))
    return std::nullopt;
  problem.remove_prefix(file_name.size() + 1);
  std::size_t line = 0;
  const auto r = std::from_chars(problem.data(), problem.data() + problem.size(), line);
  return r.ec == std::errc{} ? std::optional{line} : std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto known = built_in_kinds();
  auto options = parts_of({reinterpret_cast<const char*>(data), size});
  const auto text = std::move(options.front());
  options.erase(options.begin());

  config::problems found;
  const auto flow = config::load_flow_text(text, std::string{file_name}, "fuzz", options, known, found);
  fuzz::require(flow.has_value() == found.none(), "a plan or problems, not both and not neither");
  fuzz::require(found.lines().size() == std::min(found.count(), config::problems::kept_max),
                "each problem is told until there are too many");
  const auto lines = 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
  for (const auto& problem : found.lines()) {
    const auto line = line_named_by(problem);
    fuzz::require(!line || (*line >= 1 && *line <= lines), "a problem's line is one of the text");
    fuzz::require(problem.find('\n') == std::string::npos, "a problem is one line");
  }
  if (flow) {
    const auto& plan = flow->plan;
    fuzz::require(!plan.sources.empty() && !plan.sinks.empty() && !plan.stages.empty(), "a plan is whole");
    fuzz::require(!config::describe(flow->outline).empty(), "a plan is described");
  }
  return 0;
}
