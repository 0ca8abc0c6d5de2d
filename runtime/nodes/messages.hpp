#pragma once

/// What a coordinator and its nodes say to each other, as texts of their gateways; the order in which a call
/// meets them:
///
///   coordinator                     node
///     call   ─────────────────────▶         do these jobs
///     cancel ─────────────────────▶         do not go on with them
///            ◀───────────────────── done    their outcomes
///            ◀───────────────────── leaving send no more calls
///     leaving ────────────────────▶         you have none any more: go
///
/// A call has one done, whether it was canceled or not; a node that is lost has none. A node's offers are in
/// its hello. Reading takes any bytes: what is not such a message is an error of `ec::link`.

#include <weir/actors/clock.hpp>
#include <weir/actors/context.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::nodes {

/// A task that a node can do. Two are the same if both members are.
struct task_name {
  std::string name;
  std::string version;  ///< of what it does and of how its jobs and results are written
  auto operator<=>(const task_name&) const = default;
};

/// What a node brings along.
struct node_offer {
  std::vector<task_name> tasks;
  std::uint32_t workers = 1;  ///< jobs that it runs at once
  std::uint32_t credit = 1;   ///< jobs that it holds at once, at most
};

struct call_message {
  std::uint64_t id = 0;  ///< none comes twice from one coordinator
  task_name task;
  std::string settings;               ///< of the task, in its own words
  std::optional<duration> time_left;  ///< until their deadline
  std::vector<std::string> jobs;
};

struct cancel_message {
  std::uint64_t id = 0;
  cause why;
};

/// How one job of a call ended.
struct job_end {
  caf::error why;      ///< none: it has completed
  std::string result;  ///< of a job that has completed
};

struct done_message {
  std::uint64_t id = 0;
  duration busy{};  ///< that its jobs took, all told
  std::vector<job_end> ends;
};

struct leaving_message {
  std::string why;
};

/// In one call. What is read takes some forty bytes for each, whatever the text says.
constexpr std::uint32_t call_jobs_max = 65'536;

using message = std::variant<call_message, cancel_message, done_message, leaving_message>;

[[nodiscard]] std::string to_text(const message& m);
[[nodiscard]] caf::expected<message> read_message(std::string_view text);

[[nodiscard]] std::string to_text(const node_offer& o);
[[nodiscard]] caf::expected<node_offer> read_offer(std::string_view text);

}  // namespace weir::nodes
