#pragma once

/// Writes down what runs: a span for each run, each job and each attempt. Use it with `with_tracer`: whatever
/// is started in the context that it returns (a pool, a stream, a parallel_map, a pipeline, a flow) is
/// traced, and so is what its tasks start within their own context.
///
/// Spans wait in a buffer of at most `spans_max` and are written by a thread of the tracer's, so that no job
/// waits for a disk. What finds the buffer full is dropped and counted. Memory: `spans_max` spans, each
/// bounded (span_record.hpp). A traced job costs some microseconds.
///
/// Shared by what it traces. All members are thread-safe.

#include <weir/actors/context.hpp>
#include <weir/runtime/trace/span_record.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace weir {

/// One instant in both times, and whose spans they are.
struct trace_origin {
  std::string service;
  time_point start{};
  std::chrono::nanoseconds unix_start{};  ///< since 1970

  [[nodiscard]] std::int64_t unix_nanos(time_point t) const noexcept {
    return (unix_start + (t - start)).count();
  }
};

/// Where spans go. Called by one thread at a time.
class span_exporter {
public:
  virtual ~span_exporter() = default;

  /// Called once, before the first span.
  virtual caf::error open(const trace_origin& from) = 0;

  /// Takes spans in the order in which they ended, more or less. After an error there is no further call.
  virtual caf::error put(std::span<const span_record> spans) = 0;

  /// Called once, after the last span; `lost` were dropped.
  virtual caf::error finish(std::uint64_t lost) = 0;
};

struct tracer_options {
  std::string service = "weir";  ///< `service.name` of the spans
  /// Spans that wait to be written; 1 or more.
  std::size_t spans_max = 16'384;
  /// Where ids come from; none: the system's random numbers. Equal seeds give equal ids.
  std::optional<std::uint64_t> seed = {};
  /// The clock of the traced contexts; null: the process's monotonic one. It outlives the tracer.
  clock* time = nullptr;
  /// What the tracer's start is in the world, since 1970; none: the system's time.
  std::optional<std::chrono::nanoseconds> unix_start = {};
};

class tracer {
public:
  /// Throws std::invalid_argument if `spans_max` is 0, std::system_error if the system has no thread left. An
  /// error of the exporter's is returned by `finish`.
  explicit tracer(std::unique_ptr<span_exporter> to, tracer_options options = {});

  /// Into a file that takes its place when the trace is finished: OTLP as JSON lines if its name ends in
  /// ".jsonl", else a Chrome trace, which Perfetto opens too. `ec::io` if it can't be written.
  [[nodiscard]] static caf::expected<std::shared_ptr<tracer>> to_file(const std::string& path,
                                                                      tracer_options options = {});

  /// As `finish`; what went wrong is logged.
  ~tracer();

  tracer(const tracer&) = delete;
  tracer& operator=(const tracer&) = delete;

  /// Writes all that was recorded and ends the trace; later spans are ignored. Blocks for as long as writing
  /// does. Returns what went wrong in writing, however often it is called.
  caf::error finish();

  /// Spans that found no room.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(); }

  [[nodiscard]] const trace_origin& origin() const noexcept { return origin_; }
  [[nodiscard]] clock& time() const noexcept { return time_; }

  // -- for the pieces of this library -------------------------------------------------------------

  /// Never blocks for long, and never throws.
  void record(span_record span) noexcept;

  /// The place of a span in the trace of `parent`, or at the root of a trace of its own.
  [[nodiscard]] trace_context below(const trace_context* parent);

  /// A number that no other call of this tracer gets, and never 0.
  [[nodiscard]] std::uint64_t new_id() noexcept;

  /// An id for the `n`th of something that has `key`, the same each time. Never 0.
  [[nodiscard]] static std::uint64_t derived_id(std::uint64_t key, std::uint64_t n) noexcept;

  /// Where spans of these names are drawn. Its slot is free again when the last copy has gone.
  [[nodiscard]] std::shared_ptr<const trace_place> place(const std::string& process,
                                                         const std::string& stage);

private:
  void write();

  static constexpr std::size_t batch = 256;  // spans that wake the writer at once
  static constexpr std::chrono::milliseconds wait_max{200};

  const tracer_options options_;
  clock& time_;
  trace_origin origin_;
  std::unique_ptr<span_exporter> exporter_;  // the writer's
  const std::uint64_t seed_;
  const std::uint64_t trace_seed_;
  std::atomic<std::uint64_t> ids_{0};
  std::atomic<std::uint64_t> lost_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<span_record> waiting_;
  bool ending_ = false;
  caf::error problem_;  // the writer's, until it has ended

  struct slots;
  const std::shared_ptr<slots> slots_;  // shared with the places that hold one

  std::mutex finish_mutex_;
  std::thread writer_;
};

/// A child of `ctx` in which whatever starts is traced by `to`; as a part of the trace of `parent`, or else
/// with a trace for each run. What starts within a span of this thread's is a part of that one.
[[nodiscard]] context with_tracer(const context& ctx, std::shared_ptr<tracer> to,
                                  std::optional<trace_context> parent = {});

}  // namespace weir
