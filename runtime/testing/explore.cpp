#include <weir/actors/log.hpp>
#include <weir/actors/simulation/messages.hpp>
#include <weir/runtime/testing/explore.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_registry.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/monitorable_actor.hpp>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace weir::testing {

namespace {

/// A run that fails leaves its threads' stacks behind, so that there can't be many of them.
constexpr std::uint64_t shrink_runs_max = 2'000;

using choice_list = std::vector<std::uint16_t>;

struct run_result {
  std::string failure;
  choice_list choices;
  std::uint64_t hash = 0;
  std::uint64_t steps = 0;
};

/// What the library logs is part of what a run does, and far too much of it to be shown.
class quiet {
public:
  quiet() : before_(log()->level()) { log()->set_level(spdlog::level::off); }
  ~quiet() { log()->set_level(before_); }
  quiet(const quiet&) = delete;
  quiet& operator=(const quiet&) = delete;

private:
  spdlog::level::level_enum before_;
};

run_result run_once(const explore_options& options, const test_body& body, simulation::schedule_options how) {
  const quiet no_logs;
  how.steps_max = options.steps_max;
  caf::actor_system_config config;
  simulation::messages::use_in(config);
  auto system = std::make_unique<caf::actor_system>(config);
  const auto at_start = system->registry().running();
  simulation::schedule run{std::move(how)};
  simulation::messages::of(*system).serve_with(run, options.message_threads);
  world w{*system, run};
  run.start("main", [&] { body(w); });
  run.run();
  run_result out{run.failure(), run.choices(), run.hash(), run.steps()};
  if (out.failure.empty() && system->registry().running() != at_start)
    out.failure = "actors are left: " + std::to_string(system->registry().running() - at_start);
  // Its destructor would wait for them.
  if (!out.failure.empty())
    static_cast<void>(system.release());
  return out;
}

/// Whether two failures are of the same kind: with fewer choices the numbers in it may be others.
std::string kind_of(const std::string& failure) {
  auto text = failure.substr(0, failure.find(':'));
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

/// Makes choices benign, in pieces that get smaller and smaller, as long as the run still fails.
/// After: Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002.
choice_list shrink(choice_list choices, const std::string& kind,
                   const std::function<run_result(const choice_list&)>& again) {
  std::uint64_t runs = 0;
  const auto fails = [&](const choice_list& fewer) {
    return ++runs <= shrink_runs_max && kind_of(again(fewer).failure) == kind;
  };
  const auto broken = [](const choice_list& all) {
    std::vector<std::size_t> at;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] != 0)
        at.push_back(i);
    return at;
  };
  for (auto at = broken(choices), before = at; !at.empty(); at = broken(choices)) {
    for (auto size = at.size(); size > 0; size /= 2)
      for (std::size_t from = 0; from < at.size(); from += size) {
        auto fewer = choices;
        for (auto i = from; i < std::min(from + size, at.size()); ++i)
          fewer[at[i]] = 0;
        if (fewer != choices && fails(fewer))
          choices = std::move(fewer);
      }
    // A choice that is not needed may have moved the others away from where they were.
    for (const auto i : broken(choices)) {
      auto fewer = choices;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      if (fails(fewer)) {
        choices = std::move(fewer);
        break;
      }
    }
    if (broken(choices) == before)
      break;
    before = broken(choices);
  }
  // Where there is no choice left, the benign one is made.
  while (!choices.empty() && choices.back() == 0)
    choices.pop_back();
  return choices;
}

void check_options(const explore_options& options, const test_body& body) {
  const auto check = [](bool holds, const char* what) {
    if (!holds)
      throw std::invalid_argument{std::string{"explore: "} + what};
  };
  check(options.schedules > 0, "schedules is 0, allowed is 1 or more");
  check(options.message_threads > 0, "message_threads is 0, allowed is 1 or more");
  check(options.steps_max > 0, "steps_max is 0, allowed is 1 or more");
  check(static_cast<bool>(body), "there is no body to run");
}

}  // namespace

/// Any other thread would run beside those of the simulation, and break it in silence.
void world::check_thread() const {
  if (simulation::schedule::current() != &run_)
    throw std::logic_error{"a simulation is used by a thread that world::spawn has not started"};
}

sync::thread world::spawn(std::string name, std::function<void()> body) {
  check_thread();
  const auto scarce = run_.let_threads_fail(false);
  sync::thread started{[name = std::move(name), body = std::move(body)] {
    sync::rename_this_thread(name);
    body();
  }};
  run_.let_threads_fail(scarce);
  return started;
}

void world::let_threads_fail() {
  // A clock's thread ends when nothing is due.
  for (auto* const time : {&steady_clock(), &control_clock()})
    clocks_kept_.push_back(time->at(now() + std::chrono::hours{1}, [] {}));
  run_.let_threads_fail(true);
}

void world::sleep(duration time) {
  check_thread();
  simulation::waiters nobody_wakes;
  run_.wait(nobody_wakes, simulation::place::condition, run_.now() + time);
}

std::vector<world::running_actor> world::actors() {
  std::vector<running_actor> all;
  for (auto& a : simulation::messages::of(system_).alive())
    if (const auto* known = dynamic_cast<caf::monitorable_actor*>(caf::actor_cast<caf::abstract_actor*>(a));
        known && !known->getf(caf::abstract_actor::is_terminated_flag))
      all.push_back({known->name(), std::move(a)});
  return all;
}

void world::check(bool holds, const std::string& what) {
  check_thread();
  if (!holds)
    run_.fail(what);
}

std::string explore_report::text() const {
  if (ok())
    return std::to_string(schedules) + " schedules, none failed";
  std::string text = (seed > 0 ? "seed " + std::to_string(seed) + ": " : std::string{}) + failure + '\n';
  const auto left = std::count_if(choices.begin(), choices.end(), [](auto c) { return c != 0; });
  text += "with " + std::to_string(left) + " choices that are not benign:\n";
  for (const auto& line : story)
    text += "  " + line + '\n';
  text.pop_back();
  return text;
}

explore_report explore(const explore_options& options, const test_body& body) {
  check_options(options, body);
  explore_report out;
  out.hash = 14695981039346656037ULL;
  for (auto seed = options.first_seed; out.schedules < options.schedules; ++seed) {
    auto result = run_once(options, body, {.seed = seed});
    ++out.schedules;
    out.steps += result.steps;
    out.hash = (out.hash ^ result.hash) * 1099511628211ULL;
    if (result.failure.empty())
      continue;
    out.seed = seed;
    const auto again = [&](const choice_list& choices) {
      return run_once(options, body, {.seed = seed, .choices = choices});
    };
    if (const auto once_more = again(result.choices); once_more.hash != result.hash) {
      out.failure =
          result.failure + " (but not with the same choices again: something in it is left to chance)";
      return out;
    }
    auto shrunk = replay(options, shrink(std::move(result.choices), kind_of(result.failure), again), body);
    out.failure = std::move(shrunk.failure);
    out.choices = std::move(shrunk.choices);
    out.story = std::move(shrunk.story);
    break;
  }
  return out;
}

explore_report replay(const explore_options& options, std::vector<std::uint16_t> choices,
                      const test_body& body) {
  check_options(options, body);
  explore_report out;
  out.schedules = 1;
  out.choices = choices;
  auto result = run_once(
      options, body,
      {.choices = std::move(choices), .story = [&](const std::string& line) { out.story.push_back(line); }});
  out.failure = std::move(result.failure);
  out.hash = result.hash;
  out.steps = result.steps;
  if (!out.ok())
    out.story.push_back(out.failure);
  return out;
}

}  // namespace weir::testing
