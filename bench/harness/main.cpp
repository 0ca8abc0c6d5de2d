/// The harness: runs the families, prints the report, and writes it to docs/benchmarks.md.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "machine.hpp"
#include "measure.hpp"
#include "plot.hpp"
#include "report.hpp"

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct wishes {
  bool quick = false;
  bool full = false;
  unsigned rounds = 0;
  unsigned seed = std::random_device{}();
  std::string letters;
  std::string out;
  bench::places at;
};

struct plan {
  unsigned rounds;
  bench::duration total;
  bench::duration run_max;
};

plan plan_of(bench::extent how_much) {
  switch (how_much) {
    case bench::extent::quick:
      return {3, minutes{3}, seconds{15}};
    case bench::extent::usual:
      return {7, minutes{30}, minutes{2}};
    case bench::extent::full:
      return {11, minutes{40}, minutes{3}};
  }
  return {};
}

bool chosen(const wishes& w, const bench::family& f) {
  return w.letters.empty() || w.letters.find(f.id.front()) != std::string::npos;
}

std::vector<bench::measured_family> measure_all(const wishes& w) {
  const auto how_much = w.full ? bench::extent::full : w.quick ? bench::extent::quick : bench::extent::usual;
  const auto size = plan_of(how_much);
  auto families = bench::all_families(w.at, how_much);
  std::erase_if(families, [&](const auto& f) { return !chosen(w, f); });
  std::vector<bench::measured_family> all;
  const auto end = std::chrono::steady_clock::now() + size.total;
  for (std::size_t i = 0; i < families.size(); ++i) {
    // What a family leaves of its share is there for those after it.
    const bench::duration left = end - std::chrono::steady_clock::now();
    const auto share = left / static_cast<std::int64_t>(families.size() - i);
    const bench::limits bounds{w.rounds > 0 ? w.rounds : size.rounds, share,
                               std::min(size.run_max, std::max<bench::duration>(left, seconds{1}))};
    auto figures = bench::measure(families[i], bounds, w.seed, std::cerr);
    all.push_back({std::move(families[i]), std::move(figures)});
  }
  return all;
}

void write_page(const std::string& path, const std::vector<bench::measured_family>& all,
                const std::vector<std::string>& conditions) {
  const std::filesystem::path page_path{path};
  const auto plots = page_path.parent_path() / page_path.stem();
  std::filesystem::create_directories(plots);
  for (const auto& m : all)
    if (const auto problem = bench::draw(m, (plots / (m.what.id + ".svg")).string()); !problem.empty())
      std::cerr << "bench: no plot of " << m.what.id << ": " << problem << '\n';
  std::ofstream page{path};
  page << "# Benchmarks\n\n"
          "Written by `./dev bench`; run it to get the figures of your machine. All contestants of a family "
          "run in\n"
          "each round, in random order; figures are medians, ratios are medians of the ratios within a "
          "round.\n"
          "What they mean: [performance.md](performance.md).\n\n";
  bench::write_page(all, conditions, plots.filename().string(), page);
  if (!page.flush())
    std::cerr << "bench: can't write " << path << '\n';
  else
    std::cerr << "bench: written to " << path << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  wishes w;
  CLI::App app{"Weir beside its peers: figures, ratios and targets"};
  auto* quick = app.add_flag("--quick", w.quick, "3 rounds, at most 4 minutes; prints only");
  app.add_flag("--full", w.full, "11 rounds, the memory of a flow too; at most 45 minutes")->excludes(quick);
  app.add_option("--family", w.letters, "only these, by their letters, as in AS; prints only");
  app.add_option("--rounds", w.rounds, "rounds instead of 3, 7 or 11")->check(CLI::Range(1u, 1000u));
  app.add_option("--seed", w.seed, "of the order of the contestants");
  app.add_option("--out", w.out, "write the page here also where it would not be written");
  app.add_option("--programs", w.at.programs)->required()->group("");
  app.add_option("--launcher", w.at.launcher)->required()->group("");
  app.add_option("--root", w.at.root)->required()->group("");
  CLI11_PARSE(app, argc, argv);

  bench::watch_signals();
  const auto conditions = bench::conditions(w.at);
  std::cerr << "bench: seed " << w.seed << '\n';
  const auto all = measure_all(w);
  std::ostringstream report;
  bench::write_report(all, conditions, report);
  std::cout << report.str() << std::flush;
  if (w.out.empty() && !w.quick && w.letters.empty())
    w.out = w.at.root + "/docs/benchmarks.md";
  if (!w.out.empty())
    write_page(w.out, all, conditions);
  return 0;
}
