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

table new_table_of_figures() {
  using enum table::align;
  return table{{{"", left},
                {"who", left},
                {"median", right},
                {"lowest to highest", right},
                {"time / the first row's", right},
                {"peak MiB", right},
                {"rounds", right}}};
}

table new_table_of_targets() {
  using enum table::align;
  return table{{{"", left}, {"who", left}, {"beside", left}, {"wanted", left}, {"seen", right}, {"", left}}};
}

void add_rows(const measured_family& m, table& to) {
  const auto& first = m.figures.front().figures;
  for (std::size_t i = 0; i < m.figures.size(); ++i) {
    const auto& s = m.figures[i];
    const auto& name = m.what.contestants[i].name;
    if (s.figures.empty()) {
      to.add({m.what.id, name, "not run", "", "", "", "0"});
      continue;
    }
    const auto all = summarise(s.figures);
    to.add({m.what.id, name, with_unit(m.what, all.median),
            rounded(all.lowest / m.what.divisor) + " to " + rounded(all.highest / m.what.divisor),
            first.empty() ? "" : rounded(median_ratio(s.figures, first)),
            rounded(static_cast<double>(s.peak_kib) / kib_in_mib), std::to_string(s.figures.size())});
  }
}

/// Why contestants were not run: a list, as the reasons are too long for the table.
void write_problems(const measured_family& m, std::ostream& out) {
  auto any = false;
  for (std::size_t i = 0; i < m.figures.size(); ++i)
    if (const auto& s = m.figures[i]; !s.problem.empty()) {
      out << "- " << m.what.id << ": " << m.what.contestants[i].name
          << (s.figures.empty() ? " was not run: " : " left after some rounds: ") << s.problem << '\n';
      any = true;
    }
  if (any)
    out << '\n';
}

std::string text_of(const target& t, const family& f) {
  switch (t.what) {
    case target::on::speed:
      return "at least " + rounded(t.bound) + " times as fast";
    case target::on::excess:
      return "at most " + rounded(t.bound) + " " + f.unit + " more";
    case target::on::figure:
      return "at most " + rounded(t.bound) + " " + f.unit;
  }
  return {};
}

}  // namespace

verdict judge(const measured_family& m, std::size_t own, const target& t, std::string& seen) {
  const auto& mine = m.figures[own].figures;
  const auto verdict_of = [](bool met) { return met ? verdict::met : verdict::missed; };
  seen = "not measured";
  if (mine.empty())
    return verdict::unknown;
  if (t.what == target::on::figure) {
    seen = with_unit(m.what, median(mine));
    return verdict_of(median(mine) <= t.bound * m.what.divisor);
  }
  const auto& contestants = m.what.contestants;
  const auto peer = static_cast<std::size_t>(
      std::find_if(contestants.begin(), contestants.end(), [&](const auto& c) { return c.name == t.peer; }) -
      contestants.begin());
  if (peer == contestants.size() || m.figures[peer].figures.empty())
    return verdict::unknown;
  const auto& theirs = m.figures[peer].figures;
  if (t.what == target::on::excess) {
    const auto excess = median(mine) - median(theirs);
    seen = with_unit(m.what, excess) + " more";
    return verdict_of(excess <= t.bound * m.what.divisor);
  }
  const auto speed = median_ratio(theirs, mine);
  seen = rounded(speed) + " times";
  return verdict_of(speed >= t.bound);
}

namespace {

/// Returns whether none was missed.
bool add_targets(const measured_family& m, table& to) {
  auto none_missed = true;
  for (std::size_t i = 0; i < m.what.contestants.size(); ++i)
    for (const auto& t : m.what.contestants[i].targets) {
      std::string seen;
      const auto how = judge(m, i, t, seen);
      none_missed = none_missed && how != verdict::missed;
      to.add({m.what.id, m.what.contestants[i].name, t.peer, text_of(t, m.what), seen,
              how == verdict::met      ? "met"
              : how == verdict::missed ? "MISSED"
                                       : "?"});
    }
  return none_missed;
}

void write_conditions(const std::vector<std::string>& conditions, std::ostream& out) {
  for (const auto& c : conditions)
    out << "- " << c << '\n';
  out << '\n';
}

}  // namespace

bool write_report(const std::vector<measured_family>& all, const std::vector<std::string>& conditions,
                  std::ostream& out) {
  write_conditions(conditions, out);
  auto figures = new_table_of_figures();
  auto targets = new_table_of_targets();
  auto none_missed = true;
  for (const auto& m : all) {
    out << "- " << m.what.id << ": " << m.what.title << '\n';
    add_rows(m, figures);
    none_missed = add_targets(m, targets) && none_missed;
  }
  out << '\n';
  figures.write(out);
  out << '\n';
  for (const auto& m : all)
    write_problems(m, out);
  targets.write(out);
  return none_missed;
}

void write_page(const std::vector<measured_family>& all, const std::vector<std::string>& conditions,
                const std::string& plots, std::ostream& out) {
  write_conditions(conditions, out);
  for (const auto& m : all) {
    out << "## " << m.what.id << ": " << m.what.title << "\n\n"
        << "![" << m.what.id << "](" << plots << '/' << m.what.id << ".svg)\n\n";
    auto figures = new_table_of_figures();
    add_rows(m, figures);
    figures.write(out);
    out << '\n';
    write_problems(m, out);
    auto targets = new_table_of_targets();
    add_targets(m, targets);
    if (targets.empty())
      continue;
    targets.write(out);
    out << '\n';
  }
}

}  // namespace bench
