#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/summary_text.hpp>
#include <weir/runtime/short_text.hpp>
#include <weir/runtime/sinks/output.hpp>

#include <nlohmann/json.hpp>

namespace weir::config {

namespace {

constexpr std::size_t text_bytes_max = 1000;

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

double rate(const flow_summary& s) {
  const auto ended = static_cast<double>(s.books.completed + s.books.failed);
  return s.elapsed > duration::zero() ? ended / seconds(s.elapsed) : 0;
}

nlohmann::ordered_json json_of(const flow_failure& f) {
  return {{"index", f.index}, {"name", f.name},       {"stage", f.stage},
          {"text", f.text},   {"attempt", f.attempt}, {"run_seconds", f.run_seconds}};
}

/// What was not measured yet is null.
nlohmann::ordered_json json_of(const nodes::node_state& n) {
  nlohmann::ordered_json out{{"name", n.name},
                             {"connected", n.connected},
                             {"workers", n.workers},
                             {"credit", n.credit},
                             {"in_flight", n.in_flight},
                             {"done", n.done},
                             {"busy_seconds", seconds(n.busy)},
                             {"lost_calls", n.lost},
                             {"round_trip_seconds", nullptr}};
  if (n.round_trip > duration::zero())
    out["round_trip_seconds"] = seconds(n.round_trip);
  return out;
}

std::string peak_text(const flow_summary& s) {
  std::string text;
  for (const auto& stage : s.stages)
    text += (text.empty() ? "" : ", ") + (s.stages.size() > 1 ? printable(stage.name) + ' ' : "") +
            std::to_string(stage.peak_running) + " of " + std::to_string(stage.parallelism);
  return text;
}

/// "VERB a 10, b 20"; nothing where there is only one.
template <class Load>
std::string each_text(const char* verb, const std::vector<Load>& all, std::uint64_t Load::*count) {
  std::string text;
  for (const auto& one : all)
    text += (text.empty() ? std::string{verb} + ' ' : ", ") + printable(one.name) + ' ' +
            std::to_string(one.*count);
  return all.size() > 1 ? text : std::string{};
}

/// What each source and each sink had.
std::string ends_text(const flow_summary& s) {
  const auto read = each_text("read from", s.sources, &flow_summary::source_load::read);
  const auto taken = each_text("taken by", s.sinks, &flow_summary::sink_load::taken);
  return read + (read.empty() || taken.empty() ? "" : "; ") + taken;
}

/// What stages did with the jobs for which they had no slot.
std::string full_text(const flow_summary& s) {
  std::string text;
  for (const auto& stage : s.stages)
    for (const auto& [done, count] :
         {std::pair{" redirected ", stage.redirected}, std::pair{" dropped ", stage.dropped}})
      if (count > 0)
        text += (text.empty() ? "when full: " : ", ") + printable(stage.name) + done + std::to_string(count);
  return text;
}

}  // namespace

std::string failure_text(const flow_failure& f, bool with_stage) {
  const auto stage = with_stage && !f.stage.empty() ? printable(f.stage) + ": " : std::string{};
  return "failed: " + printable(f.name, text_bytes_max) + ": " + stage + printable(f.text, text_bytes_max);
}

std::string trouble_text(const flow_summary& s) {
  std::string text;
  if (s.source_error)
    text += "source failed: " + printable(*s.source_error, text_bytes_max) + '\n';
  if (s.sink_error)
    text += "sink failed: " + printable(*s.sink_error, text_bytes_max) + '\n';
  if (s.ended_by && !(s.sink_error && s.ended_by->who == "sink"))
    text += "ended early: " + printable(to_string(*s.ended_by), text_bytes_max) + '\n';
  for (const auto& name : s.stragglers)
    text += "did not stop, written off: " + printable(name, text_bytes_max) + '\n';
  return text;
}

std::string summary_text(const flow_summary& s) {
  const auto& b = s.books;
  auto text = printable(s.flow) + ": " + std::to_string(b.completed) + " completed, " +
              std::to_string(b.failed) + " failed, " + std::to_string(b.canceled) +
              " canceled = " + std::to_string(b.admitted) + " admitted; " + std::to_string(b.offered) +
              " offered, " + std::to_string(b.rejected) + " rejected\n";
  text += "  peak in flight " + peak_text(s) + "; elapsed " + short_text(s.elapsed) + ", " +
          short_text(rate(s)) + "/s; run time p50 " + short_text(s.run_p50) + ", p99 " +
          short_text(s.run_p99) + '\n';
  for (const auto& line : {ends_text(s), full_text(s)})
    if (!line.empty())
      text += "  " + line + '\n';
  if (s.root_error)
    text += "  root error: " + printable(s.root_error->name, text_bytes_max) + ": " +
            printable(s.root_error->text, text_bytes_max) + '\n';
  if (!b.balanced())
    text += "  the books do not balance: this is an error in Weir itself\n";
  return text;
}

std::string summary_json(const flow_summary& s, int exit_code, const std::vector<nodes::node_state>& nodes) {
  nlohmann::ordered_json out{{"flow", s.flow},
                             {"exit_code", exit_code},
                             {"offered", s.books.offered},
                             {"admitted", s.books.admitted},
                             {"rejected", s.books.rejected},
                             {"completed", s.books.completed},
                             {"failed", s.books.failed},
                             {"canceled", s.books.canceled},
                             {"dropped", s.dropped},
                             {"elapsed_seconds", seconds(s.elapsed)},
                             {"jobs_per_second", rate(s)},
                             {"run_seconds_p50", seconds(s.run_p50)},
                             {"run_seconds_p99", seconds(s.run_p99)}};
  out["sources"] = nlohmann::ordered_json::array();
  for (const auto& source : s.sources)
    out["sources"].push_back({{"name", source.name}, {"read", source.read}});
  out["stages"] = nlohmann::ordered_json::array();
  for (const auto& stage : s.stages)
    out["stages"].push_back({{"name", stage.name},
                             {"parallelism", stage.parallelism},
                             {"peak_running", stage.peak_running},
                             {"dropped", stage.dropped},
                             {"redirected", stage.redirected}});
  out["sinks"] = nlohmann::ordered_json::array();
  for (const auto& sink : s.sinks)
    out["sinks"].push_back({{"name", sink.name}, {"taken", sink.taken}});
  out["nodes"] = nlohmann::ordered_json::array();
  for (const auto& node : nodes)
    out["nodes"].push_back(json_of(node));
  out["ended_by"] = nullptr;
  if (s.ended_by)
    out["ended_by"] = {
        {"code", std::string{name_of(s.ended_by->code)}}, {"who", s.ended_by->who}, {"why", s.ended_by->why}};
  out["source_error"] = nullptr;
  if (s.source_error)
    out["source_error"] = *s.source_error;
  out["sink_error"] = nullptr;
  if (s.sink_error)
    out["sink_error"] = *s.sink_error;
  out["root_error"] = s.root_error ? json_of(*s.root_error) : nlohmann::ordered_json{};
  out["failures"] = nlohmann::ordered_json::array();
  for (const auto& f : s.failures)
    out["failures"].push_back(json_of(f));
  out["failures_left_out"] = s.books.failed - s.failures.size();
  out["stragglers"] = s.stragglers;
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

caf::error write_report(const std::string& path, const std::string& text) {
  auto to = detail::output::to_file(path);
  if (auto e = to.put(text))
    return e;
  return to.finish();
}

}  // namespace weir::config
