#include <weir/runtime/launcher/own_files.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/sinks/output.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace weir::config {

namespace {

namespace fs = std::filesystem;

bool names(const std::vector<std::string>& files, const std::string& file) {
  return std::any_of(files.begin(), files.end(), [&](const std::string& f) { return same_file(f, file); });
}

}  // namespace

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  if (fs::equivalent(a, b, error))
    return true;
  const auto first = fs::weakly_canonical(a, error);
  return !error && first == fs::weakly_canonical(b, error) && !error;
}

std::vector<std::string> files_at(const std::string& path) {
  return path.empty() ? std::vector<std::string>{} : detail::output::to_file(path).files();
}

std::string overwritten(const flow_plan& plan, const arguments& wanted) {
  std::vector<std::string> by_sinks;
  for (const auto& s : plan.sinks) {
    const auto files = s.sink->files();
    for (const auto& file : files)
      if (names(by_sinks, file))
        return "the sink " + config::quoted(s.name) + " would write over " + config::quoted(file) +
               ", where another sink writes; give each a path of its own";
    by_sinks.insert(by_sinks.end(), files.begin(), files.end());
  }
  // On standard output the report follows what is there.
  const auto by_report = wanted.report == "-" ? std::vector<std::string>{} : files_at(wanted.report);
  const auto by_trace = files_at(wanted.trace);
  if (wanted.flow != "-" && names(by_sinks, wanted.flow))
    return "the sink would write over the flow file " + config::quoted(wanted.flow) +
           "; give it another path";
  for (const auto& [option, files] : {std::pair{"--report", &by_report}, std::pair{"--trace", &by_trace}}) {
    const auto over = std::string{option} + " would write over ";
    if (wanted.flow != "-" && names(*files, wanted.flow))
      return over + "the flow file " + config::quoted(wanted.flow) + "; name another file";
    for (const auto& file : *files)
      if (names(by_sinks, file))
        return over + config::quoted(file) + ", where the sink writes; name another file";
  }
  for (const auto& file : by_trace)
    if (names(by_report, file))
      return "--trace would write over the report " + config::quoted(file) + "; name another file";
  return {};
}

}  // namespace weir::config
