#include <weir/runtime/trace/flow_trace.hpp>
#include <weir/runtime/trace/trace_span.hpp>

namespace weir::detail {

namespace {

/// A stage's attempts. Whose they are, the stage's task says (`item_trace::runs`).
class flow_stage_trace final : public attempt_trace {
public:
  flow_stage_trace(const run_span& run, const std::string& stage)
      : attempt_trace(run.to, run.span.at, run.to->place(run.span.place->process, stage)),
        run_(run.span.at.span) {}

private:
  [[nodiscard]] std::uint64_t job_of(std::uint64_t) const noexcept override { return run_; }

  const std::uint64_t run_;
};

}  // namespace

class flow_trace::stages final : public observer {
public:
  explicit stages(std::shared_ptr<flow_trace> flow) : flow_(std::move(flow)) {}

  std::shared_ptr<station_observer> watch(const std::string& stage, time_point) override {
    return std::make_shared<flow_stage_trace>(flow_->run_, stage);
  }

private:
  const std::shared_ptr<flow_trace> flow_;
};

std::shared_ptr<flow_trace> flow_trace::begin(const context& ctx, const std::string& flow) {
  const auto* scope = trace_scope::of(ctx);
  return scope ? std::make_shared<flow_trace>(run_span::begin(*scope, flow, {}, ctx.time().now())) : nullptr;
}

context flow_trace::within(const std::shared_ptr<flow_trace>& trace, const context& ctx) {
  return trace ? context::with_observer(ctx, std::make_shared<stages>(trace)) : ctx;
}

std::shared_ptr<item_trace> flow_trace::admit(const std::shared_ptr<flow_trace>& trace, std::uint64_t index,
                                              const std::string& name) {
  return trace ? std::make_shared<item_trace>(trace, index, name) : nullptr;
}

void flow_trace::end(const flow_summary& all) {
  auto span = run_.span;
  span.ended = run_.to->time().now();
  set_books(span, all.books, all.ended_by ? &*all.ended_by : nullptr);
  for (const auto& [key, problem] :
       {std::pair{"weir.source_error", &all.source_error}, std::pair{"weir.sink_error", &all.sink_error}})
    if (*problem) {
      span.set(key, **problem);
      span.status = span_status::error;
      span.message = **problem;
    }
  run_.to->record(std::move(span));
}

item_trace::item_trace(std::shared_ptr<flow_trace> flow, std::uint64_t index, std::string name)
    : flow_(std::move(flow)),
      index_(index),
      name_(std::move(name)),
      id_(flow_->run_.to->new_id()),
      admitted_(flow_->run_.to->time().now()) {}

void item_trace::runs() {
  if (const auto admitted = admission_of_this_job(); admitted && !has_run_.exchange(true))
    admitted_ = *admitted;
  auto* open = innermost_span();
  if (!open)
    return;
  open->span.parent = id_;
  open->span.set("weir.index", static_cast<std::int64_t>(index_));
  open->span.set("weir.item", name_);
}

void item_trace::ends(outcome_kind kind, const caf::error& why) {
  if (ended_.exchange(true))
    return;
  const auto& run = flow_->run_;
  span_record span;
  span.at = run.span.at;
  span.at.span = id_;
  span.parent = run.span.at.span;
  span.role = span_role::job;
  span.name = name_;
  span.begun = admitted_;
  span.ended = run.to->time().now();
  span.place = run.span.place;
  span.set("weir.index", static_cast<std::int64_t>(index_));
  set_outcome(span, kind, why);
  run.to->record(std::move(span));
}

}  // namespace weir::detail
