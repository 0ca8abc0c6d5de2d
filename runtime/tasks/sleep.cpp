/// The `sleep` task: waits, as a stand-in for work. Its record: `item`, the input as it came, so that a
/// stage after it gets the same, and `seconds`, the time it drew.
///
/// The time depends on `seed` and the item's text alone: a run can be repeated, whatever the number of
/// workers, and equal items wait equally long.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/job_function.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/quantity.hpp>

namespace weir {

namespace {

constexpr double exact_seconds_max = 9e9;

struct sleep_options {
  duration min{};
  duration max{};
  std::uint64_t seed = 0;
  std::int64_t fail_every = 0;  ///< 0: never
};

// The mixing step of SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

duration drawn(const sleep_options& options, const std::string& text) {
  auto hash = mixed(options.seed);
  for (const char c : text)
    hash = mixed(hash ^ static_cast<unsigned char>(c));
  const auto choices = static_cast<std::uint64_t>((options.max - options.min).count()) + 1;
  return options.min + duration{static_cast<std::int64_t>(hash % choices)};
}

bool is_multiple(const item& job, std::int64_t of) {
  const auto n = detail::integer_of(job);
  return n && *n % of == 0;
}

caf::expected<record> sleep(const sleep_options& options, const context& ctx, const item& job) {
  const auto time = drawn(options, to_text(job.input));
  if (time > duration::zero() ? ctx.wait_for(time) : ctx.canceled())
    return ctx.error();
  if (options.fail_every > 0 && is_multiple(job, options.fail_every))
    return make_error(ec::failed, "failed to process item " + config::printable(job.name) +
                                      ", as every multiple of fail_every = " +
                                      std::to_string(options.fail_every) + " does");
  record out;
  out.fields.push_back({"item", job.input});
  out.fields.push_back({"seconds", std::chrono::duration<double>(time).count()});
  return out;
}

caf::expected<task_function> make(const settings& given) {
  sleep_options options;
  options.min = given.get<duration>("min");
  options.max = given.has("max") ? given.get<duration>("max") : options.min;
  if (options.max < options.min)
    return make_error(ec::invalid_option, "max: " + config::to_text(options.max) + " is less than min = " +
                                              config::to_text(options.min) + "; allowed: min or longer");
  options.seed = static_cast<std::uint64_t>(given.get<std::int64_t>("seed"));
  if (given.has("fail_every"))
    options.fail_every = given.get<std::int64_t>("fail_every");
  return task_function{[options](const context& ctx, const item& job) { return sleep(options, ctx, job); }};
}

std::vector<setting_spec> accepted() {
  return {
      {.name = "min",
       .type = setting_type::time_span,
       .fallback = duration{std::chrono::milliseconds{100}},
       .meaning = "the shortest time an item takes",
       .min = 0,
       .max = exact_seconds_max},
      {.name = "max",
       .type = setting_type::time_span,
       .meaning = "the longest time an item takes; if not set: min for each",
       .min = 0,
       .max = exact_seconds_max},
      {.name = "seed",
       .type = setting_type::integer,
       .fallback = std::int64_t{1},
       .meaning =
           "the times between min and max are drawn from this and the item: equal runs for an equal seed"},
      {.name = "fail_every",
       .type = setting_type::integer,
       .meaning = "whole numbers that are a multiple of this fail, after their time; if not set: none",
       .min = 1},
  };
}

}  // namespace

task_kind sleep_task() {
  return {"sleep",
          "waits for a while, as a stand-in for work; can be told to fail",
          accepted(),
          make,
          {"item", "seconds"}};
}

}  // namespace weir
