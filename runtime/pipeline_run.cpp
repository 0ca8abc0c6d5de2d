#include <weir/runtime/options.hpp>
#include <weir/runtime/pipeline_run.hpp>

#include <algorithm>
#include <ranges>
#include <stdexcept>
#include <utility>

namespace weir {

caf::error pipeline_options::validate() const {
  return pool_options{.on_error = on_error, .shutdown_budget = shutdown_budget}.validate();
}

caf::error pipeline_summary::error() const {
  // The cause of the end is the first failure, where there is one; what was canceled for it is a count.
  if (!failures.empty())
    return failures.front().why;
  return ended_by ? make_error(ended_by->code, to_string(*ended_by)) : caf::error{};
}

namespace detail {

namespace {

const pipeline_options& checked(const pipeline_options& options) {
  if (const auto problem = options.validate())
    throw std::invalid_argument{"pipeline: " + text_of(problem)};
  return options;
}

}  // namespace

pipeline_run::pipeline_run(const context& parent, const pipeline_options& options)
    : options_(checked(options)),
      trace_(std::in_place, parent, "pipeline"),
      ctx_(context::with_cancel(parent)),
      reading_(context::with_cancel(ctx_)),
      begun_(ctx_.time().now()),
      halt_(options_.on_error, [this](auto d, const cause& why) { end_stages(d, why); }) {}

void pipeline_run::failed(const pipeline_failure& f) {
  std::unique_lock lock{mutex_};
  const auto failed = ++sum_.failed;
  if (sum_.failures.size() < pipeline_summary::failures_kept_max)
    sum_.failures.push_back(f);
  lock.unlock();
  halt_.observe(delivered_, failed,
                "item " + std::to_string(f.index) + " failed in " + (f.stage.empty() ? "the sink" : f.stage) +
                    ": " + text_of(f.why));
}

void pipeline_run::end_stages(policy::halt::decision d, const cause& why) {
  (d == policy::halt::decision::stop_now ? ctx_ : reading_).cancel(why);
  for (const auto& l : links_)
    l->stop(why);
}

bool pipeline_run::enter_sink() {
  return !over_;
}

void pipeline_run::count_delivered() {
  const auto delivered = ++delivered_;
  if (!halt_.counts_completed())
    return;
  std::unique_lock lock{mutex_};
  const auto failed = sum_.failed;
  lock.unlock();
  halt_.observe(delivered, failed, "its count was reached");
}

pipeline_summary pipeline_run::finish(std::uint64_t read) {
  const auto watch = ctx_.on_cancel([this] {
    for (const auto& l : links_)
      l->kill(options_.shutdown_budget);
  });
  // From the source to the sink; they were made the other way round.
  for (const auto& l : links_ | std::views::reverse)
    l->drain();
  std::vector<pipeline_summary::stage> stages;
  for (const auto& l : links_ | std::views::reverse) {
    if (const auto why = l->stopped_by())
      reading_.cancel(*why);
    if (auto s = l->summary())
      stages.push_back(std::move(*s));
  }
  std::lock_guard guard{mutex_};
  over_ = true;
  sum_.read = read;
  sum_.delivered = delivered_;
  sum_.stages = std::move(stages);
  // A cancel reaches the stages and the source one after the other, and may be on its way.
  sum_.ended_by = reading_.why();
  if (!sum_.ended_by)
    sum_.ended_by = ctx_.why();
  sum_.elapsed = ctx_.time().now() - begun_;
  trace_->set("weir.read", static_cast<std::int64_t>(read));
  trace_->set("weir.delivered", static_cast<std::int64_t>(sum_.delivered));
  if (const auto why = sum_.error())
    trace_->fail(why);
  return sum_;
}

void pipeline_run::clear() {
  // A stage has those behind it, and may be gone last on a thread that carries messages: nobody must have to
  // wait for an end there.
  for (const auto& l : links_)
    l->kill(options_.shutdown_budget);
  for (const auto& l : links_ | std::views::reverse)
    l->drain();
  links_.clear();
  trace_.reset();
}

}  // namespace detail

}  // namespace weir
