#include "plot.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "statistics.hpp"

namespace bench {

namespace {

/// From this ratio of the longest bar to the shortest one on, the axis is logarithmic.
constexpr double too_unlike = 20;

constexpr const char* colour_of_weir = "0x1f6f8b";
constexpr const char* colour_of_others = "0xb8b8b8";

struct bar {
  std::string name;
  summary figures;
};

std::vector<bar> bars_of(const measured_family& m) {
  std::vector<bar> all;
  for (std::size_t i = 0; i < m.figures.size(); ++i)
    if (!m.figures[i].figures.empty()) {
      auto s = summarise(m.figures[i].figures);
      for (auto* figure : {&s.median, &s.lowest, &s.highest})
        *figure /= m.what.divisor;
      all.push_back({m.what.contestants[i].name, s});
    }
  return all;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const auto c : text)
    out += c == '\'' ? std::string{"''"} : std::string{c};
  return out + "'";
}

std::string script(const measured_family& m, const std::vector<bar>& bars, const std::string& path) {
  const auto by_median = [](const bar& a, const bar& b) { return a.figures.median < b.figures.median; };
  const auto [shortest, longest] = std::minmax_element(bars.begin(), bars.end(), by_median);
  const auto logarithmic =
      shortest->figures.lowest > 0 && longest->figures.median > too_unlike * shortest->figures.median;
  const auto origin = logarithmic ? shortest->figures.lowest / 2 : 0;
  std::ostringstream out;
  out << "set terminal svg size 960," << 100 + 26 * bars.size()
      << " font 'sans,13' noenhanced background '#ffffff'\n"
      << "set output " << quoted(path) << "\nset title " << quoted(m.what.id + ": " + m.what.title)
      << "\nset xlabel " << quoted(m.what.unit + (logarithmic ? ", logarithmic" : ""))
      << "\nunset key\nset grid xtics\nset style fill solid noborder\nset tics nomirror\n"
      << "set yrange [" << bars.size() << " - 0.4 : -0.6]\nset xrange [" << origin << " : *]\n";
  if (logarithmic)
    out << "set logscale x\n";
  out << "$data << END\n";
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto& f = bars[i].figures;
    out << i << ' ' << f.median << ' ' << f.lowest << ' ' << f.highest << ' '
        << (bars[i].name.starts_with("weir") ? colour_of_weir : colour_of_others) << '\n';
  }
  out << "END\nset ytics (";
  for (std::size_t i = 0; i < bars.size(); ++i)
    out << (i == 0 ? "" : ", ") << quoted(bars[i].name) << ' ' << i;
  out << ")\nplot $data using 2:1:(" << origin
      << "):2:($1-0.36):($1+0.36):5 with boxxyerror lc rgb variable, "
         "$data using 2:1:3:4 with xerrorbars lc rgb '#303030' pt -1\n";
  return out.str();
}

}  // namespace

std::string draw(const measured_family& m, const std::string& path) {
  const auto bars = bars_of(m);
  if (bars.empty())
    return "nothing was measured";
  const auto file = path + ".gnuplot";
  std::ofstream{file} << script(m, bars, path);
  const auto end = run({{"gnuplot", file}}, std::chrono::seconds{30});
  std::filesystem::remove(file);
  return end.problem;
}

}  // namespace bench
