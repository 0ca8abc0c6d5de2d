#include "report.hpp"

#include <algorithm>
#include <ostream>

#include "statistics.hpp"
#include "table.hpp"

namespace bench {

namespace {

constexpr double kib_in_mib = 1024;

std::string with_unit(const family& f, double value) {
  return rounded(value / f.divisor) + " " + f.unit;
}

void add_rows(const measured_family& m, table& to) {
  const auto& first = m.figures.front().figures;
  for (std::size_t i = 0; i < m.figures.size(); ++i) {
    const auto& s = m.figures[i];
    const auto& name = m.what.contestants[i].name;
    const std::string letter{m.what.letter};
    if (s.figures.empty()) {
      to.add({letter, name, "not run", "", "", "", "0"});
      continue;
    }
    const auto all = summarise(s.figures);
    to.add({letter, name, with_unit(m.what, all.median),
            rounded(all.lowest / m.what.divisor) + " to " + rounded(all.highest / m.what.divisor),
            first.empty() ? "" : rounded(median_ratio(s.figures, first)),
            rounded(static_cast<double>(s.peak_kib) / kib_in_mib), std::to_string(s.figures.size())});
  }
}

/// Why contestants were not run: a list, as the reasons are too long for the table.
void write_problems(const std::vector<measured_family>& all, std::ostream& out) {
  auto any = false;
  for (const auto& m : all)
    for (std::size_t i = 0; i < m.figures.size(); ++i)
      if (const auto& s = m.figures[i]; !s.problem.empty()) {
        out << "- " << m.what.letter << ": " << m.what.contestants[i].name
            << (s.figures.empty() ? " was not run: " : " left after some rounds: ") << s.problem << '\n';
        any = true;
      }
  if (any)
    out << '\n';
}

std::string text_of(const target& t, const family& f) {
  if (t.excess_kib_max)
    return "at most " + with_unit(f, static_cast<double>(*t.excess_kib_max)) + " more";
  return "at least " + rounded(t.speed_min) + " times as fast";
}

}  // namespace

verdict judge(const measured_family& m, std::size_t own, const target& t, std::string& seen) {
  const auto& contestants = m.what.contestants;
  const auto peer = static_cast<std::size_t>(
      std::find_if(contestants.begin(), contestants.end(), [&](const auto& c) { return c.name == t.peer; }) -
      contestants.begin());
  if (peer == contestants.size() || m.figures[own].figures.empty() || m.figures[peer].figures.empty()) {
    seen = "not measured";
    return verdict::unknown;
  }
  const auto& mine = m.figures[own].figures;
  const auto& theirs = m.figures[peer].figures;
  if (t.excess_kib_max) {
    const auto excess = median(mine) - median(theirs);
    seen = with_unit(m.what, excess) + " more";
    return excess <= static_cast<double>(*t.excess_kib_max) ? verdict::met : verdict::missed;
  }
  const auto speed = median_ratio(theirs, mine);
  seen = rounded(speed) + " times";
  return speed >= t.speed_min ? verdict::met : verdict::missed;
}

bool write_report(const std::vector<measured_family>& all, const std::vector<std::string>& conditions,
                  std::ostream& out) {
  using enum table::align;
  for (const auto& c : conditions)
    out << "- " << c << '\n';
  table figures{{{"", left},
                 {"who", left},
                 {"median", right},
                 {"lowest to highest", right},
                 {"time / the first row's", right},
                 {"peak MiB", right},
                 {"rounds", right}}};
  table targets{{{"", left}, {"who", left}, {"beside", left}, {"wanted", left}, {"seen", right}, {"", left}}};
  auto none_missed = true;
  for (const auto& m : all) {
    add_rows(m, figures);
    for (std::size_t i = 0; i < m.what.contestants.size(); ++i)
      for (const auto& t : m.what.contestants[i].targets) {
        std::string seen;
        const auto how = judge(m, i, t, seen);
        none_missed = none_missed && how != verdict::missed;
        targets.add({std::string{m.what.letter}, m.what.contestants[i].name, t.peer, text_of(t, m.what), seen,
                     how == verdict::met      ? "met"
                     : how == verdict::missed ? "MISSED"
                                              : "?"});
      }
  }
  out << '\n';
  for (const auto& m : all)
    out << "- " << m.what.letter << ": " << m.what.title << '\n';
  out << '\n';
  figures.write(out);
  out << '\n';
  write_problems(all, out);
  targets.write(out);
  return none_missed;
}

}  // namespace bench
