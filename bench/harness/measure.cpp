#include "measure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <ostream>
#include <random>

namespace bench {

namespace {

using steady = std::chrono::steady_clock;

constexpr double ns_in_s = 1e9;

/// The time of an item by Google Benchmark's report on a single benchmark.
std::optional<double> read_report(const std::string& text, std::string& problem) {
  const auto report = nlohmann::json::parse(text, nullptr, false);
  const auto runs =
      report.is_object() ? report.value("benchmarks", nlohmann::json::array()) : nlohmann::json{};
  if (runs.size() != 1) {
    problem = "the filter leaves " + std::to_string(runs.size()) + " benchmarks instead of one";
    return std::nullopt;
  }
  if (runs[0].value("error_occurred", false)) {
    problem = runs[0].value("error_message", "an error without a message");
    return std::nullopt;
  }
  return ns_in_s / runs[0].at("items_per_second").get<double>();
}

std::optional<double> figure_of(const contestant& c, const command_end& end, std::string& problem) {
  switch (c.read) {
    case figure::google_benchmark:
      return read_report(end.out, problem);
    case figure::printed:
      return std::stod(end.out);
    case figure::printed_share:
      return 1 / std::stod(end.out);
    case figure::wall_time:
      return static_cast<double>(end.wall.count()) / static_cast<double>(c.jobs);
    case figure::peak_memory:
      return static_cast<double>(end.peak_kib);
  }
  return std::nullopt;
}

void run_once(const contestant& c, series& into, bool counts, duration run_max, std::ostream& progress) {
  const auto end = run(c.how, run_max);
  into.problem = end.problem;
  const auto value = into.problem.empty() ? figure_of(c, end, into.problem) : std::nullopt;
  if (!value)
    progress << "bench:   " << c.name << " leaves the race: " << into.problem << std::endl;
  else if (counts)
    into.figures.push_back(*value);
  into.peak_kib = std::max(into.peak_kib, end.peak_kib);
}

}  // namespace

std::vector<series> measure(const family& f, const limits& bounds, unsigned seed, std::ostream& progress) {
  progress << "bench: " << f.id << ", " << f.title << std::endl;
  std::vector<series> all(f.contestants.size());
  std::vector<std::size_t> turns(all.size());
  std::iota(turns.begin(), turns.end(), 0);
  std::mt19937 random{seed};
  const auto begun = steady::now();
  duration longest{};
  for (unsigned round = 0; round <= bounds.rounds; ++round) {
    const auto round_begun = steady::now();
    if (round > 1 && round_begun - begun + longest > bounds.budget) {
      progress << "bench:   the time is over after " << round - 1 << " rounds" << std::endl;
      break;
    }
    std::shuffle(turns.begin(), turns.end(), random);
    for (const auto i : turns)
      if (all[i].problem.empty())
        run_once(f.contestants[i], all[i], round > 0, bounds.run_max, progress);
    longest = std::max<duration>(longest, steady::now() - round_begun);
  }
  return all;
}

}  // namespace bench
