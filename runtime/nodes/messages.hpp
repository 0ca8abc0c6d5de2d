#pragma once

/// What a coordinator and its nodes say to each other, as texts of their gateways; the order in which a call
/// meets them:
///
///   coordinator                     node
///     call   ─────────────────────▶         do these jobs
///     cancel ─────────────────────▶         do not go on with them
///            ◀───────────────────── done    outcomes of the next of them; one or several times
///            ◀───────────────────── leaving send no more calls
///     leaving ────────────────────▶         you have none any more: go
///
/// The dones of a call have an outcome for each of its jobs, in their order, whether it was canceled or not;
/// a node that is lost has none. A node's offers are in its hello. Reading takes any bytes: what is not such
/// a message is an error of `ec::link`.
///
/// Jobs and outcomes stay as they lie in their message until the worker comes to them for which they are.

#include <weir/actors/clock.hpp>
#include <weir/actors/context.hpp>
#include <weir/runtime/nodes/wire.hpp>
#include <weir/runtime/trace/trace_context.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir::nodes {

/// A task that a node can do. Two are the same if all members are.
struct task_name {
  std::string name;
  std::string version;     ///< of what it does and of how its jobs and results are written
  std::string shape = {};  ///< of its jobs and results, see `shape_of`; empty if the task reads by itself
  auto operator<=>(const task_name&) const = default;
};

/// What a node brings along.
struct node_offer {
  std::vector<task_name> tasks;
  std::uint32_t workers = 1;  ///< jobs that it runs at once
  std::uint32_t credit = 1;   ///< jobs that it holds at once, at most
  std::uint32_t held = 0;     ///< jobs of an earlier link that have not ended yet; not counted in `credit`
};

/// In one call. What a node keeps for each until they have ended are some bytes more than its text.
constexpr std::uint32_t call_jobs_max = 65'536;

/// Jobs or outcomes, one behind the other, at the end of a message.
class packed {
public:
  packed() = default;

  /// In `message` behind its first `at` bytes; said to be `count`.
  packed(std::string message, std::size_t at, std::uint32_t count)
      : message_(std::move(message)), at_(at), count_(count) {}

  [[nodiscard]] std::size_t bytes() const noexcept { return message_.size() - at_; }

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

  /// It may find fewer than `count`, or more.
  [[nodiscard]] wire_reader read() const noexcept {
    return wire_reader{std::string_view{message_}.substr(at_)};
  }

private:
  std::string message_;
  std::size_t at_ = 0;
  std::uint32_t count_ = 0;
};

struct call_message {
  std::uint64_t id = 0;  ///< none comes twice from one coordinator
  task_name task;
  std::string settings;                ///< of the task, in its own words
  std::optional<duration> time_left;   ///< until their deadline
  std::optional<trace_context> trace;  ///< of what they are a part
  packed jobs;                         ///< texts
};

struct cancel_message {
  std::uint64_t id = 0;
  cause why;
};

struct done_message {
  std::uint64_t id = 0;
  duration busy{};  ///< that its jobs took, all told
  packed ends;      ///< to be read with `read_end`
};

struct leaving_message {
  std::string why;
};

using message = std::variant<call_message, cancel_message, done_message, leaving_message>;

/// Makes a call, job by job.
class call_writer {
public:
  call_writer(std::uint64_t id, const task_name& task, std::string_view settings,
              std::optional<duration> time_left, const std::optional<trace_context>& trace);

  /// `bytes`: about how long it will be.
  void reserve(std::size_t bytes) { to_.reserve(bytes); }

  /// The job that `append(std::string&)` appends. If that throws, there is none.
  template <class Append>
  void add(Append append) {
    to_.put_text(append);
    ++count_;
  }

  /// Takes the last one back; it began at `size`.
  void take_back(std::size_t size) noexcept {
    to_.cut(size);
    --count_;
  }

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t size() const noexcept { return to_.size(); }
  [[nodiscard]] std::string take();

private:
  wire_writer to_;
  std::size_t count_at_ = 0;
  std::uint32_t count_ = 0;
};

/// Makes a done, outcome by outcome.
class done_writer {
public:
  /// `bytes`: about how long it will be.
  done_writer(std::uint64_t id, std::size_t bytes);

  /// One that has failed.
  void add(const caf::error& why);

  /// One that has completed: its result is what `append(std::string&)` appends. If that throws, there is
  /// none.
  template <class Append>
  void add_result(Append append) {
    to_.put_text(append, completed);
    ++count_;
  }

  /// Takes the last one back; it began at `size`.
  void take_back(std::size_t size) noexcept {
    to_.cut(size);
    --count_;
  }

  /// The last one, which began at `size`, goes to another message.
  void move_last(std::size_t size, done_writer& to) {
    to_.move_rest(size, to.to_);
    --count_;
    ++to.count_;
  }

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t size() const noexcept { return to_.size(); }
  [[nodiscard]] std::string take(duration busy);

private:
  /// In front of a result, where else an error's code is.
  static constexpr std::uint8_t completed = 0;

  wire_writer to_;
  std::size_t busy_at_ = 0;
  std::size_t count_at_ = 0;
  std::uint32_t count_ = 0;
};

/// The next outcome of a done, if it is a result: as it was written. Nothing, and nothing was read, if it is
/// an error, or no such thing.
[[nodiscard]] inline std::optional<std::string_view> read_result(wire_reader& from) noexcept {
  auto ahead = from;
  if (ahead.number<std::uint8_t>() != 0)
    return std::nullopt;
  const auto result = ahead.text();
  if (!ahead.good())
    return std::nullopt;
  from = ahead;
  return result;
}

/// The next outcome of a done, which is not a result: an error, or nothing if there is no such thing.
[[nodiscard]] std::optional<caf::error> read_failure(wire_reader& from);

[[nodiscard]] std::string to_text(const cancel_message& m);
[[nodiscard]] std::string to_text(const leaving_message& m);
[[nodiscard]] caf::expected<message> read_message(std::string text);

[[nodiscard]] std::string to_text(const node_offer& o);
[[nodiscard]] caf::expected<node_offer> read_offer(std::string_view text);

}  // namespace weir::nodes
