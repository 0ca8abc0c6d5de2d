#include <weir/runtime/launcher/flow_specs.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/quantity.hpp>
#include <weir/runtime/launcher/stage_settings.hpp>
#include <weir/runtime/tasks/process.hpp>

#include <algorithm>
#include <cstdint>
#include <variant>

namespace weir::config {

namespace {

constexpr const char* output_limit = "output_limit";

weir::order parse_order(const std::string& text) {
  if (text == "unordered")
    return order::unordered;
  return text == "completed" ? order::completed : order::input;
}

void read_bounds(stage_plan& to, const settings& values, const node& table, const std::string& path,
                 problems& found) {
  const auto parallelism = values.has("parallelism")
                               ? values.get<std::int64_t>("parallelism")
                               : std::min(static_cast<std::int64_t>(default_parallelism()), parallelism_max);
  const auto capacity =
      values.has("capacity") ? values.get<std::int64_t>("capacity") : parallelism * capacity_per_worker;
  if (capacity != 0 && capacity < parallelism)
    found.add(table.find("capacity")->content.at, path + ".capacity",
              std::to_string(capacity) + " slots are too few for parallelism " + std::to_string(parallelism) +
                  "; allowed: 0 (as many as parallelism), or " + std::to_string(parallelism) + " to " +
                  std::to_string(capacity_max));
  to.parallelism = static_cast<std::size_t>(parallelism);
  to.capacity = static_cast<std::size_t>(capacity);
}

void read_retry(policy::retry_rule& to, const settings& values, const node& table, const std::string& path,
                problems& found) {
  to.attempts = static_cast<unsigned>(values.get<std::int64_t>("attempts"));
  to.backoff = values.get<duration>("backoff");
  to.backoff_max = values.get<duration>("backoff_max");
  to.losses = static_cast<unsigned>(values.get<std::int64_t>("losses"));
  if (values.has("retry_budget"))
    to.budget = values.get<double>("retry_budget");
  if (to.backoff > to.backoff_max) {
    const auto* const key = table.find("backoff") ? "backoff" : "backoff_max";
    found.add(table.find(key)->content.at, path + '.' + key,
              "a backoff of " + to_text(to.backoff) + " is longer than a backoff_max of " +
                  to_text(to.backoff_max) + "; allowed: a backoff_max of " + to_text(to.backoff) +
                  " or more, or a backoff of " + to_text(to.backoff_max) + " or less");
  }
}

void read_timeouts(policy::timeouts& to, const settings& values) {
  if (values.has("queue_timeout"))
    to.queue = values.get<duration>("queue_timeout");
  if (values.has("run_timeout"))
    to.run = values.get<duration>("run_timeout");
  to.grace = values.get<duration>("run_grace");
}

void read_rate(policy::rate_rule& to, const settings& values, const node& table, const std::string& path,
               problems& found) {
  if (values.has("rate"))
    to.per_second = values.get<double>("rate");
  else if (const auto* burst = table.find("rate_burst"))
    found.add(burst->content.at, path + ".rate_burst", "there is no rate; write one, or leave this out");
  to.burst = static_cast<std::uint64_t>(values.get<std::int64_t>("rate_burst"));
}

/// Where to redirect to is a matter of how the flow is joined.
void read_overflow(policy::overflow& to, const settings& values, const node& table, const std::string& path,
                   problems& found) {
  to = *policy::parse_overflow(values.get<std::string>("overflow"));
  const auto* target = table.find("redirect_to");
  if (to == policy::overflow::redirect && !target)
    found.add(table.find("overflow")->content.at, path + ".overflow",
              R"("redirect" needs a stage to go to; write redirect_to = "STAGE" too)");
  if (to != policy::overflow::redirect && target)
    found.add(target->content.at, path + ".redirect_to",
              R"(nothing is redirected; write overflow = "redirect" too, or leave this out)");
}

void read_key(std::optional<flow_key>& to, const settings& values, const node& table, const std::string& path,
              problems& found) {
  if (!values.has("key"))
    return;
  const auto& text = values.get<std::string>("key");
  to = flow_key::parse(text);
  if (!to)
    found.add(table.find("key")->content.at, path + ".key",
              quoted(text, 60) + " is not allowed here; allowed: " + flow_key::allowed);
}

}  // namespace

stage_plan planned_stage(const settings& values, const node& table, const std::string& path,
                         problems& found) {
  stage_plan s;
  read_bounds(s, values, table, path, found);
  s.order = parse_order(values.get<std::string>("order"));
  read_retry(s.retry, values, table, path, found);
  read_timeouts(s.timeouts, values);
  read_rate(s.rate, values, table, path, found);
  read_overflow(s.overflow, values, table, path, found);
  read_key(s.key, values, table, path, found);
  s.fan_out = fan_out_of(values);
  return s;
}

weir::fan_out fan_out_of(const settings& values) {
  return values.get<std::string>("fan_out") == "balance" ? fan_out::balance : fan_out::broadcast;
}

bool keep_default_sendable(std::vector<setting_spec>& specs) {
  const auto at =
      std::find_if(specs.begin(), specs.end(), [](const auto& s) { return s.name == output_limit; });
  auto* bytes = at != specs.end() ? std::get_if<std::int64_t>(&at->fallback) : nullptr;
  if (bytes)
    *bytes = std::min(*bytes, static_cast<std::int64_t>(sent_output_bytes_default));
  return bytes != nullptr;
}

void check_sendable(const node& table, const std::string& path, const settings& values, problems& found) {
  const auto bytes = values.get<std::int64_t>(output_limit);
  if (bytes > static_cast<std::int64_t>(sent_output_bytes_max))
    found.add(table.find(output_limit)->content.at, path + '.' + output_limit,
              size_text(bytes) + " is not allowed with nodes = true; allowed: 0 to " +
                  size_text(sent_output_bytes_max) + ", as a result is sent in one piece; if not set it is " +
                  size_text(sent_output_bytes_default));
}

}  // namespace weir::config
