#include <weir/actors/waits.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/short_text.hpp>
#include <weir/runtime/stage_text.hpp>

#include <algorithm>

namespace weir {

namespace {

/// More than a person reads.
constexpr std::size_t jobs_shown = 16;
constexpr std::size_t name_bytes_shown = 120;

/// ", 3 queued": nothing where there is none.
std::string some(std::uint64_t n, const std::string& what) {
  return n == 0 ? std::string{} : ", " + std::to_string(n) + ' ' + what;
}

/// ", threads written off: 1": likewise.
std::string count_of(const std::string& what, std::uint64_t n) {
  return n == 0 ? std::string{} : ", " + what + ": " + std::to_string(n);
}

std::string of(std::uint64_t n, std::uint64_t all, const std::string& what) {
  return std::to_string(n) + " of " + std::to_string(all) + ' ' + what;
}

std::string line_of(const straggler& job) {
  return "  job " + std::to_string(job.index) +
         (job.name.empty() ? "" : " (" + config::quoted(job.name, name_bytes_shown) + ')') +
         (job.ended ? " has ended and is handed over" : " has been running for " + short_text(job.since)) +
         '\n';
}

}  // namespace

std::string state_text(const station& of_stage) {
  const auto now = of_stage.look();
  const auto& books = now.books;
  auto text = "stage " + config::quoted(of_stage.name(), name_bytes_shown) + ": " +
              of(now.running + now.canceling, now.parallelism, "workers at work") +
              some(now.queued - now.backing_off, "queued") + count_of("backing off", now.backing_off) +
              some(now.canceling, "past the time limit") + count_of("outcomes not taken", now.untaken) +
              count_of("threads written off", now.abandoned) + ", " +
              of(now.used, now.capacity, "slots taken") + "; " + std::to_string(books.completed) +
              " completed" + some(books.failed, "failed") + some(books.canceled, "canceled") +
              some(books.rejected, "rejected") + '\n';
  auto jobs = of_stage.running();
  const auto shown = std::min(jobs.size(), jobs_shown);
  std::partial_sort(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(shown), jobs.end(),
                    [](const auto& a, const auto& b) {
                      return a.since != b.since ? a.since > b.since : a.index < b.index;
                    });
  for (std::size_t i = 0; i < shown; ++i)
    text += line_of(jobs[i]);
  if (jobs.size() > shown)
    text += "  and " + std::to_string(jobs.size() - shown) + " more\n";
  for (const auto& wait : describe_waits(of_stage))
    text += "  " + wait + '\n';
  return text;
}

}  // namespace weir
