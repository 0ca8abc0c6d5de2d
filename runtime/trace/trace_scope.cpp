#include <weir/runtime/trace/stage_trace.hpp>
#include <weir/runtime/trace/trace_scope.hpp>
#include <weir/runtime/trace/trace_span.hpp>

namespace weir {

namespace detail {

const trace_scope* trace_scope::of(const context& ctx) noexcept {
  return dynamic_cast<const trace_scope*>(ctx.observer().get());
}

std::shared_ptr<station_observer> trace_scope::watch(const std::string& stage, time_point at) {
  return std::make_shared<station_trace>(run_span::begin(*this, stage, stage, at));
}

run_span run_span::begin(const trace_scope& scope, const std::string& name, const std::string& stage,
                         time_point at) {
  const auto* outer = innermost_span();
  const auto* parent = outer ? &outer->span.at : scope.parent();
  run_span run;
  run.to = scope.to();
  run.span.at = run.to->below(parent);
  run.span.parent = parent ? parent->span : 0;
  run.span.role = span_role::run;
  run.span.name = name;
  run.span.begun = at;
  run.span.place = run.to->place(outer ? outer->span.place->process : name, stage);
  return run;
}

}  // namespace detail

context with_tracer(const context& ctx, std::shared_ptr<tracer> to, std::optional<trace_context> parent) {
  return context::with_observer(ctx, std::make_shared<detail::trace_scope>(std::move(to), std::move(parent)));
}

}  // namespace weir
