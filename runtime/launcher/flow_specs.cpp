#include <weir/actors/policy/halt.hpp>
#include <weir/actors/policy/overflow.hpp>
#include <weir/actors/policy/stall.hpp>
#include <weir/runtime/flow_key.hpp>
#include <weir/runtime/launcher/flow_specs.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/node_settings.hpp>
#include <weir/runtime/launcher/place.hpp>

#include <algorithm>
#include <chrono>

namespace weir::config {

namespace {

constexpr double year_seconds = 365.0 * 24 * 3600;
constexpr double day_seconds = 24.0 * 3600;

bool has(const std::vector<setting_spec>& specs, std::string_view key) {
  return std::any_of(specs.begin(), specs.end(), [&](const setting_spec& s) { return s.name == key; });
}

template <class Kind>
std::vector<std::string> kinds_with(const std::vector<Kind>& all, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& k : all)
    if (has(k.accepts, key))
      out.push_back(config::quoted(k.name));
  return out;
}

setting_spec kind_spec() {
  return {.name = "kind",
          .type = setting_type::text,
          .meaning = "which one; `weir tasks` lists them",
          .required = true};
}

setting_spec name_spec(const std::string& what, const std::string& otherwise) {
  return {.name = "name",
          .type = setting_type::text,
          .meaning = "what messages and `from` call the " + what + ", unique; " + otherwise + " if not set"};
}

setting_spec from_spec(const std::string& what, const std::string& otherwise) {
  return {
      .name = "from",
      .type = setting_type::texts,
      .meaning = "the names of " + what + "; of several the jobs are merged; " + otherwise + " if not set"};
}

setting_spec fan_out_spec() {
  return {.name = "fan_out",
          .type = setting_type::choice,
          .fallback = "broadcast",
          .meaning =
              "where it leads to several others: broadcast hands each job to all of them, and the slowest "
              "holds up the others; balance to one stage that has room, by demand",
          .choices = {"broadcast", "balance"}};
}

std::vector<std::string> overflow_choices() {
  std::vector<std::string> out;
  for (const auto& [what, name] : policy::overflow_names)
    out.emplace_back(name);
  return out;
}

}  // namespace

const std::vector<setting_spec>& flow_specs() {
  using namespace std::chrono_literals;
  static const std::vector<setting_spec> specs{
      {.name = "name",
       .type = setting_type::text,
       .meaning = "what messages and reports call the flow; the file's name if not set"},
      {.name = "deadline",
       .type = setting_type::time_span,
       .meaning = "the run is canceled this long after its start; no limit if not set",
       .min = 0.001,
       .max = year_seconds},
      {.name = "on_error",
       .type = setting_type::choice,
       .fallback = "collect",
       .meaning =
           "collect: every job runs, failures are listed; fail_fast: the first failure cancels the rest",
       .choices = {"collect", "fail_fast"}},
      {.name = "halt",
       .type = setting_type::text,
       .meaning = std::string{"instead of on_error, when to end early: "} + policy::halt_rule::allowed},
      {.name = "shutdown_timeout",
       .type = setting_type::time_span,
       .fallback = duration{10s},
       .meaning = "the time that drain, cancel and kill share when a run ends early",
       .min = 0,
       .max = day_seconds},
      {.name = "stall_after",
       .type = setting_type::time_span,
       .meaning =
           "a stage that has jobs, of which none has begun or ended for so long, is reported with what "
           "it waits for; only where nobody is at work for them if not set",
       .min = std::chrono::duration<double>(policy::stall::limit_min).count(),
       .max = std::chrono::duration<double>(policy::stall::limit_max).count()},
      {.name = "on_interrupt",
       .type = setting_type::choice,
       .fallback = "drain",
       .meaning =
           "the first Ctrl-C: drain finishes what was admitted, cancel stops it; the second one ends at once",
       .choices = {"drain", "cancel"}},
  };
  return specs;
}

const std::vector<setting_spec>& stage_specs() {
  static const std::vector<setting_spec> specs{
      {.name = "task",
       .type = setting_type::text,
       .meaning = "the task that is applied to each job; `weir tasks` lists them",
       .required = true},
      name_spec("stage", "the task's name"),
      from_spec("the sources and stages whose jobs it takes",
                "the stage before it, or, for the first stage, every source"),
      fan_out_spec(),
      {.name = "parallelism",
       .type = setting_type::integer,
       .meaning = "jobs that run at once; the number of CPUs if not set",
       .min = 1,
       .max = static_cast<double>(parallelism_max)},
      {.name = "nodes",
       .type = setting_type::boolean,
       .fallback = false,
       .meaning =
           "whether its jobs run on the nodes that come to [nodes]; then parallelism is how many are under "
           "way at once, on all of them"},
      {.name = "capacity",
       .type = setting_type::integer,
       .meaning = "slots for admitted jobs, at least parallelism; 0: as many as parallelism; " +
                  std::to_string(capacity_per_worker) + " times parallelism if not set",
       .min = 0,
       .max = static_cast<double>(capacity_max)},
      {.name = "order",
       .type = setting_type::choice,
       .fallback = "input",
       .meaning =
           "how outcomes are handed on: as the jobs came in, as is cheapest, or each as soon as it is there",
       .choices = {"input", "unordered", "completed"}},
      {.name = "overflow",
       .type = setting_type::choice,
       .fallback = "block",
       .meaning = "what a full stage does with one more job: block: it waits, and so does who hands it on; "
                  "reject: it "
                  "fails untried; drop_newest: it ends, as dropped; drop_oldest: the one that has waited "
                  "longest to be "
                  "started does; redirect: it goes to the stage redirect_to",
       .choices = overflow_choices()},
      {.name = "redirect_to",
       .type = setting_type::text,
       .meaning = "the name of the stage that gets what this one has no slot for; only with overflow = "
                  "\"redirect\""},
      {.name = "key",
       .type = setting_type::text,
       .meaning = std::string{"jobs with an equal key run one after the other, as they came in: "} +
                  flow_key::allowed +
                  ": the item's text, that up to its last \"/\", or a field of what the stage before made; "
                  "each job for itself if not set"},
      {.name = "attempts",
       .type = setting_type::integer,
       .fallback = std::int64_t{1},
       .meaning = "how often a job is tried at most; while it waits for another try it holds no worker",
       .min = 1,
       .max = policy::retry_rule::attempts_max},
      {.name = "backoff",
       .type = setting_type::time_span,
       .fallback = duration{policy::retry_rule{}.backoff},
       .meaning = "the wait before the second try, backoff_max or less; each further one is twice as long, "
                  "and up to half of each is left out at random",
       .min = 0,
       .max = day_seconds},
      {.name = "backoff_max",
       .type = setting_type::time_span,
       .fallback = duration{policy::retry_rule{}.backoff_max},
       .meaning = "no wait before another try is longer; backoff or more",
       .min = 0,
       .max = day_seconds},
      {.name = "retry_budget",
       .type = setting_type::number,
       .meaning =
           "so many further tries for each job that has ended, at most, beside ten; 0.2: one for five jobs; "
           "attempts is the only bound if not set",
       .min = 0,
       .max = policy::retry_rule::attempts_max},
      {.name = "losses",
       .type = setting_type::integer,
       .fallback = std::int64_t{10},
       .meaning = "a job that was lost with so many nodes has failed, as they seem to die of it; of those "
                  "that a node "
                  "has with it most are innocent",
       .min = 1,
       .max = policy::retry_rule::losses_max},
      {.name = "queue_timeout",
       .type = setting_type::time_span,
       .meaning = "a job that no worker has started so long after its admission fails; no limit if not set",
       .min = 0.001,
       .max = year_seconds},
      {.name = "run_timeout",
       .type = setting_type::time_span,
       .meaning = "a try that takes longer is canceled and has failed; no limit if not set",
       .min = 0.001,
       .max = year_seconds},
      {.name = "run_grace",
       .type = setting_type::time_span,
       .fallback = duration{policy::timeouts{}.grace},
       .meaning =
           "how long a try may go on after its run_timeout; then its thread is written off and replaced",
       .min = 0,
       .max = day_seconds},
      {.name = "rate",
       .type = setting_type::number,
       .meaning = "so many jobs are admitted each second, evenly; no limit if not set",
       .min = policy::rate_rule::per_second_min,
       .max = policy::rate_rule::per_second_max},
      {.name = "rate_burst",
       .type = setting_type::integer,
       .fallback = std::int64_t{1},
       .meaning = "how many jobs may be admitted at once after a pause; only with rate",
       .min = 1,
       .max = static_cast<double>(policy::rate_rule::burst_max)},
  };
  return specs;
}

const std::vector<setting_spec>& source_specs() {
  static const std::vector<setting_spec> specs{kind_spec(), name_spec("source", "its kind"), fan_out_spec()};
  return specs;
}

const std::vector<setting_spec>& sink_specs() {
  static const std::vector<setting_spec> specs{
      kind_spec(), name_spec("sink", "its kind"),
      from_spec("the stages whose outcomes it takes", "the last stage; with several sinks each needs one")};
  return specs;
}

std::optional<std::string> where_it_belongs(std::string_view key, std::string_view table,
                                            const kinds& known) {
  if (table != "flow" && has(flow_specs(), key))
    return "it belongs in [flow]";
  if (table != "stage" && has(stage_specs(), key))
    return "it belongs in [[stage]]";
  if (table != "nodes" && has(nodes_specs(), key))
    return "it belongs in [nodes]";
  const auto tasks = kinds_with(known.tasks, key);
  const auto sources = kinds_with(known.sources, key);
  const auto sinks = kinds_with(known.sinks, key);
  // The table's own kinds first: most likely the kind is another than was meant.
  if (table == "stage" && !tasks.empty())
    return "it is a setting of task " + joined(tasks);
  if (table == "source" && !sources.empty())
    return "it is a setting of source " + joined(sources);
  if (table == "sink" && !sinks.empty())
    return "it is a setting of sink " + joined(sinks);
  if (!tasks.empty())
    return "it belongs in the [[stage]] of task " + joined(tasks);
  if (!sources.empty())
    return "it belongs in [source] of kind " + joined(sources);
  if (!sinks.empty())
    return "it belongs in [sink] of kind " + joined(sinks);
  if (key == "kind" && table == "stage")
    return "a stage names its task: task = \"…\"";
  return std::nullopt;
}

}  // namespace weir::config
