/// The `exec` task: runs one command for each item (see exec_template.hpp and process.hpp).
///
/// Its record: `stdout` without its last line's end, `exit`, `stderr` likewise, `truncated` (of either),
/// `seconds` of wall time, `user_seconds` and `system_seconds` of processor time. A command that ended
/// with a status outside `ok_exit`, by a signal or by its timeout is a failed outcome that says so.
/// Memory: up to twice `output_limit` for each job.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/quantity.hpp>
#include <weir/runtime/tasks/exec_template.hpp>
#include <weir/runtime/tasks/guardian.hpp>
#include <weir/runtime/tasks/process.hpp>
#include <weir/runtime/trace/trace_span.hpp>

#include <algorithm>
#include <bitset>
#include <charconv>
#include <cstdio>
#include <memory>

#include <stdlib.h>
#include <string.h>

namespace weir {

namespace {

constexpr double exact_seconds_max = 9e9;
constexpr double output_limit_max = 1024.0 * 1024 * 1024;
constexpr std::size_t exit_statuses = 256;

struct exec_options {
  exec_template command;
  std::bitset<exit_statuses> ok;
  process_spec process;  ///< all but the argv
};

std::vector<setting_spec> exec_settings() {
  using text_list = std::vector<std::string>;
  const setting none;
  return {
      {.name = "command",
       .type = setting_type::texts,
       .fallback = none,
       .meaning = "the program and its arguments; {} is the item's text, added at the end where no {} is",
       .required = true},
      {.name = "shell",
       .type = setting_type::boolean,
       .fallback = false,
       .meaning =
           "run the one text as a script of /bin/sh; {} and $1 are the item, never part of the script"},
      {.name = "cwd",
       .type = setting_type::text,
       .fallback = none,
       .meaning = "the folder to run in; without it Weir's own"},
      {.name = "env",
       .type = setting_type::texts,
       .fallback = text_list{},
       .meaning = "variables as NAME=value, added to Weir's own environment"},
      {.name = "ok_exit",
       .type = setting_type::texts,
       .fallback = text_list{"0"},
       .meaning = R"(exit statuses that are no failure, such as ["0", "1"] for grep)"},
      {.name = "output_limit",
       .type = setting_type::size,
       .fallback = static_cast<std::int64_t>(output_bytes_default),
       .meaning = "bytes kept of stdout and of stderr, each; more is read and dropped. With nodes = true " +
                  config::size_text(sent_output_bytes_default) + " if not set, and " +
                  config::size_text(sent_output_bytes_max) + " at most, as a result is sent in one piece",
       .min = 0,
       .max = output_limit_max},
      {.name = "timeout",
       .type = setting_type::time_span,
       .fallback = none,
       .meaning = "how long one command may take; then it is ended as on cancel, and has failed",
       .min = 0.001,
       .max = exact_seconds_max},
      {.name = "grace",
       .type = setting_type::time_span,
       .fallback = grace_default,
       .meaning = "the time between TERM and KILL when a command is to end",
       .min = 0,
       .max = exact_seconds_max},
  };
}

caf::error invalid(std::string text) {
  return make_error(ec::invalid_option, std::move(text));
}

caf::expected<std::bitset<exit_statuses>> ok_statuses(const std::vector<std::string>& texts) {
  std::bitset<exit_statuses> ok;
  for (const auto& text : texts) {
    unsigned status = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), status);
    if (r.ec != std::errc{} || r.ptr != text.data() + text.size() || status >= exit_statuses)
      return invalid("ok_exit: " + config::quoted(text, 40) + R"( is no exit status; allowed: "0" to "255")");
    ok.set(status);
  }
  if (ok.none())
    return invalid(R"(ok_exit: it is empty, so that every command would fail; write at least "0")");
  return ok;
}

caf::error check_env(const std::vector<std::string>& entries) {
  for (const auto& entry : entries) {
    const auto name = entry.substr(0, entry.find('='));
    if (name.empty() || name.size() == entry.size() || entry.find('\0') != std::string::npos)
      return invalid("env: " + config::quoted(entry, 60) + " is no variable; write NAME=value");
    if (name == guardian::marker_name)
      return invalid("env: " + name +
                     " is Weir's own, by which it finds what it started; choose another name");
  }
  return {};
}

/// "1.2s": as durations are written in a flow file, to the millisecond.
std::string rounded(duration d) {
  return config::to_text(std::chrono::round<std::chrono::milliseconds>(d));
}

/// The command as it was run, for a message; of a script the script.
std::string shown(const std::vector<std::string>& argv) {
  std::string line;
  for (const auto& argument : argv)
    line += (line.empty() ? "" : " ") + argument;
  return config::quoted(line, 120);
}

/// ": " and the last lines of `err`, or nothing if it is empty: the place where programs say why.
std::string last_words(std::string_view err) {
  constexpr std::size_t lines_max = 3;
  constexpr std::size_t bytes_max = 400;
  while (err.ends_with('\n'))
    err.remove_suffix(1);
  auto from = err.size();
  for (std::size_t lines = 0; lines < lines_max && from != std::string_view::npos && from > 0; ++lines)
    from = err.rfind('\n', from - 1);
  err.remove_prefix(from == std::string_view::npos || from == 0 ? 0 : from + 1);
  err.remove_prefix(err.size() - std::min(err.size(), bytes_max));
  std::string text;
  while (!err.empty()) {
    const auto line = err.substr(0, err.find('\n'));
    text += (text.empty() ? ": " : " | ") + config::printable(line, bytes_max);
    err.remove_prefix(std::min(err.size(), line.size() + 1));
  }
  return text;
}

std::string signal_name(int number) {
  const auto* name = ::sigabbrev_np(number);
  return "signal " + std::to_string(number) + (name ? " (SIG" + std::string{name} + ")" : std::string{});
}

caf::error failure_of(const std::vector<std::string>& argv, const process_result& r,
                      const exec_options& options) {
  std::string how;
  if (r.timed_out)
    how =
        " did not end within its timeout of " + config::to_text(*options.process.timeout) + " and was ended";
  else if (r.signal != 0)
    how = " was killed by " + signal_name(r.signal) + " after " + rounded(r.wall);
  else
    how = " ended with exit status " + std::to_string(r.exit_status) + " after " + rounded(r.wall);
  return make_error(ec::failed, shown(argv) + how + last_words(r.err));
}

std::string without_last_newline(std::string text) {
  if (text.ends_with('\n'))
    text.pop_back();
  return text;
}

double seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

record record_of(process_result&& r) {
  record out;
  out.fields.reserve(7);
  out.fields.push_back({"stdout", without_last_newline(std::move(r.out))});
  out.fields.push_back({"exit", std::int64_t{r.exit_status}});
  out.fields.push_back({"stderr", without_last_newline(std::move(r.err))});
  out.fields.push_back({"truncated", r.out_truncated || r.err_truncated});
  out.fields.push_back({"seconds", seconds(r.wall)});
  out.fields.push_back({"user_seconds", seconds(r.user_cpu)});
  out.fields.push_back({"system_seconds", seconds(r.system_cpu)});
  return out;
}

/// Tells the command of which attempt it is a part, unless `env` says something else. Where nothing is traced
/// it inherits what this process was told.
void pass_trace_on(process_spec& process) {
  const auto at = current_trace();
  const auto is_set = [&](std::string_view name) {
    return std::any_of(process.env.begin(), process.env.end(),
                       [&](const std::string& entry) { return entry.starts_with(name); });
  };
  if (!at || is_set("TRACEPARENT="))
    return;
  process.env.push_back("TRACEPARENT=" + at->traceparent());
  // One that was not valid must not go with another trace.
  if (!is_set("TRACESTATE=") && (!at->state.empty() || ::getenv("TRACESTATE") != nullptr))
    process.env.push_back("TRACESTATE=" + at->state);
}

caf::expected<record> exec(const exec_options& options, const context& ctx, const item& job) {
  const auto text = to_text(job.input);
  if (text.find('\0') != std::string::npos)
    return make_error(ec::failed, "can't run a command for the item " + config::quoted(text, 60) +
                                      ": it holds a NUL byte, which no argument of a command can");
  auto process = options.process;
  process.argv = options.command.argv_for(text);
  pass_trace_on(process);
  auto result = run_process(ctx, process);
  if (!result)
    return result.error();
  const auto status = static_cast<std::size_t>(result->exit_status);
  if (result->timed_out || result->signal != 0 || !options.ok.test(status))
    return failure_of(process.argv, *result, options);
  return record_of(std::move(*result));
}

caf::expected<task_function> make(const settings& given) {
  auto command =
      exec_template::parse(given.get<std::vector<std::string>>("command"), given.get<bool>("shell"));
  if (!command)
    return command.error();
  auto ok = ok_statuses(given.get<std::vector<std::string>>("ok_exit"));
  if (!ok)
    return ok.error();
  process_spec process;
  process.env = given.get<std::vector<std::string>>("env");
  if (auto wrong = check_env(process.env))
    return wrong;
  if (given.has("cwd"))
    process.cwd = given.get<std::string>("cwd");
  if (given.has("timeout"))
    process.timeout = given.get<duration>("timeout");
  process.output_bytes_max = static_cast<std::size_t>(given.get<std::int64_t>("output_limit"));
  process.grace = given.get<duration>("grace");
  const auto options =
      std::make_shared<const exec_options>(exec_options{std::move(*command), *ok, std::move(process)});
  return task_function{[options](const context& ctx, const item& job) { return exec(*options, ctx, job); }};
}

}  // namespace

task_kind exec_task() {
  return {"exec",
          "runs a command for each item and captures what it prints",
          exec_settings(),
          make,
          {"stdout", "exit", "stderr", "truncated", "seconds", "user_seconds", "system_seconds"}};
}

}  // namespace weir
