#pragma once

/// What a task says in the trace about what it does, and what it passes on to others:
///
///     weir::trace_span part{"resize"};
///     part.set("bytes", size);
///     call(url, {{"traceparent", weir::current_trace()->traceparent()}});
///
/// All of it is about the innermost span of the calling thread: within a task's call that of the attempt, or
/// of a `trace_span` in it. Where nothing is traced all of it does nothing, at the cost of one look at a
/// variable of the thread.

#include <weir/actors/context.hpp>
#include <weir/runtime/trace/span_record.hpp>

#include <caf/error.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class tracer;

namespace detail {

/// A span of this thread that has not ended.
struct open_span {
  std::shared_ptr<tracer> to;
  span_record span;
  open_span* outer = nullptr;
};

/// The innermost one of this thread; null where nothing is traced.
[[nodiscard]] open_span*& innermost_span() noexcept;

}  // namespace detail

/// Where the calling thread stands in a trace; nothing where nothing is traced.
[[nodiscard]] std::optional<trace_context> current_trace();

/// Adds an event, or sets an attribute, of the innermost span.
void trace_event(std::string name, std::vector<span_attribute> attributes = {});
void trace_attribute(std::string_view key, span_value content);

/// A part of a task's work, from the construction to the destruction, which are one thread's; parts end in
/// the reverse order of their beginning.
class trace_span {
public:
  /// A child of the innermost span.
  explicit trace_span(std::string name);

  /// The same as a part of the trace of `parent`, which has come with a request.
  trace_span(std::string name, const trace_context& parent);

  /// A child of the innermost span, or, on a thread without one, what a run that starts in `ctx` would be.
  trace_span(const context& ctx, std::string name);

  ~trace_span();

  trace_span(const trace_span&) = delete;
  trace_span& operator=(const trace_span&) = delete;

  void event(std::string name, std::vector<span_attribute> attributes = {});
  void set(std::string_view key, span_value content);

  /// Says that the part has failed.
  void fail(const caf::error& why);

  /// Its own place; nothing where nothing is traced.
  [[nodiscard]] std::optional<trace_context> at() const;

private:
  void open(std::shared_ptr<tracer> to, const trace_context* parent, std::string name,
            std::shared_ptr<const trace_place> place, std::optional<std::size_t> lane);

  std::optional<detail::open_span> open_;
};

}  // namespace weir
