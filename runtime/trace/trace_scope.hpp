#pragma once

/// What a traced context carries: the tracer, and of what the runs that start there are a part.

#include <weir/actors/context.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <memory>
#include <optional>
#include <string>

namespace weir::detail {

/// A run's span, from its begin.
struct run_span {
  std::shared_ptr<tracer> to;
  span_record span;

  /// The span of a run that starts in `scope` on this thread: a child of the thread's innermost span, else of
  /// the scope's parent, else the root of a trace.
  [[nodiscard]] static run_span begin(const class trace_scope& scope, const std::string& name,
                                      const std::string& stage, time_point at);
};

class trace_scope final : public observer {
public:
  trace_scope(std::shared_ptr<tracer> to, std::optional<trace_context> parent)
      : to_(std::move(to)), parent_(std::move(parent)) {}

  /// That of `ctx`, or null if it is not traced.
  [[nodiscard]] static const trace_scope* of(const context& ctx) noexcept;

  [[nodiscard]] const std::shared_ptr<tracer>& to() const noexcept { return to_; }
  [[nodiscard]] const trace_context* parent() const noexcept { return parent_ ? &*parent_ : nullptr; }

  [[nodiscard]] std::shared_ptr<station_observer> watch(const std::string& stage, time_point at) override;

private:
  std::shared_ptr<tracer> to_;
  std::optional<trace_context> parent_;
};

}  // namespace weir::detail
