#include <weir/actors/error.hpp>
#include <weir/actors/policy/node_table.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/nodes/node_core.hpp>
#include <weir/runtime/trace/trace_span.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>

namespace weir::nodes {

/// Why a call can't be taken; under the lock.
std::string node::core::refusal_of(const taken_call& c) const {
  if (!c.function)
    return "it asked for the task '" + link::printable(c.what.task.name) + "' in version '" +
           link::printable(c.what.task.version) + "' (" + link::printable(c.what.task.shape) +
           "), which was not offered";
  if (held_ + c.what.jobs.count() > offer_.credit)
    return "it sent more jobs than the credit of " + std::to_string(offer_.credit);
  const auto of_link = [&](const auto& other) { return other.first.first == c.link; };
  const auto calls_max = policy::node_table::calls_for_each_worker * offer_.workers;
  if (static_cast<std::uint64_t>(std::count_if(calls_.begin(), calls_.end(), of_link)) >= calls_max)
    return "it sent more than " + std::to_string(calls_max) + " calls at once";
  if (calls_.contains({c.link, c.what.id}))
    return "it sent a call twice";
  return {};
}

void node::core::take(std::uint64_t link, call_message m) {
  const auto* const function = tasks_.find(m.task);
  auto ctx = m.time_left ? context::with_timeout(ctx_, *m.time_left) : context::with_cancel(ctx_);
  if (trace_)
    ctx = with_tracer(ctx, trace_, m.trace);
  const auto c = std::make_shared<taken_call>(taken_call{link, std::move(m), function, ctx});
  std::unique_lock lock{mutex_};
  if (!pool_)
    return;
  auto refused = refusal_of(*c);
  if (refused.empty()) {
    calls_.emplace(call_key{link, c->what.id}, c);
    held_ += c->what.jobs.count();
    waiting_.push_back(c);
    const auto asked = pool_->try_submit({});
    if (asked)
      ++asked_;
    // Those that were for calls that have been canceled do as well.
    if (asked || (is(asked.error(), ec::overloaded) && asked_ >= waiting_.size()))
      return;
    static_cast<void>(finish(*c));
    refused = "this node can't run anything any more";
  }
  lock.unlock();
  give_up(link, refused);
}

/// One that has not begun ends at once, unless a worker has to wait until its outcomes can be sent; one that
/// has ends with its jobs.
void node::core::cancel(std::uint64_t link, const cancel_message& m) {
  std::unique_lock lock{mutex_};
  const auto found = calls_.find({link, m.id});
  if (found == calls_.end())
    return;
  const auto c = found->second;
  lock.unlock();
  c->ctx.cancel(m.why);
  if (is_full(link))
    return;
  lock.lock();
  const auto waited = c->is == taken_call::phase::waits && finish(*c);
  lock.unlock();
  if (waited)
    cancel_all(*c);
}

/// Under the lock: nobody else ends it after this.
bool node::core::finish(taken_call& c) {
  const auto was = std::exchange(c.is, taken_call::phase::ended);
  if (was == taken_call::phase::ended)
    return false;
  if (was == taken_call::phase::waits)
    std::erase_if(waiting_, [&](const auto& other) { return other.get() == &c; });
  held_ -= c.what.jobs.count();
  calls_.erase({c.link, c.what.id});
  return true;
}

/// Null if those that waited have ended.
std::shared_ptr<taken_call> node::core::begin_next() {
  const std::lock_guard guard{mutex_};
  --asked_;
  if (waiting_.empty())
    return nullptr;
  auto c = std::move(waiting_.front());
  waiting_.pop_front();
  c->is = taken_call::phase::runs;
  return c;
}

void node::core::do_next() {
  const auto c = begin_next();
  if (!c)
    return;
  try {
    do_jobs(*c);
  } catch (const std::exception& e) {
    {
      const std::lock_guard guard{mutex_};
      static_cast<void>(finish(*c));
    }
    give_up(c->link, std::string{"its outcomes can't be kept: "} + e.what());
  }
}

void node::core::do_jobs(taken_call& c) {
  answer to{c, text_bytes_max_, [&](std::string text) {
              send_outcomes(c, std::move(text));
              wait_while_full(c.link);
            }};
  auto jobs = c.what.jobs.read();
  for (std::uint32_t i = 0; i < c.what.jobs.count(); ++i) {
    const auto job = jobs.text();
    if (!jobs.good())
      break;
    to.add([&](done_writer& out) { do_job(c, job, out); });
  }
  const auto whole = jobs.whole();
  {
    // There is room before the coordinator hears of the last one.
    const std::lock_guard guard{mutex_};
    static_cast<void>(finish(c));
  }
  if (!whole)
    return give_up(c.link, "it sent a call that is not one");
  to.end();
}

void node::core::do_job(const taken_call& c, std::string_view job, done_writer& to) const {
  if (trace_)
    return do_traced(c, job, to);
  if (const auto why = try_job(c, job, to))
    to.add(why);
}

/// Most are not, and a span takes room.
[[gnu::noinline]] void node::core::do_traced(const taken_call& c, std::string_view job, done_writer& to) {
  trace_span span{c.ctx, c.what.task.name};
  if (const auto why = try_job(c, job, to)) {
    span.fail(why);
    to.add(why);
  }
}

/// Adds its result, or nothing and returns why there is none.
caf::error node::core::try_job(const taken_call& c, std::string_view job, done_writer& to) {
  const auto at = to.size();
  caf::error why;
  try {
    if (c.ctx.canceled())
      why = c.ctx.error();
    else
      to.add_result([&](std::string& out) { why = (*c.function)(c.ctx, c.what.settings, job, out); });
  } catch (...) {
    return make_error(std::current_exception());
  }
  if (why && to.size() > at)
    to.take_back(at);
  return why;
}

void node::core::send_outcomes(const taken_call& c, std::string text) {
  // What ends with the node is no outcome: it runs elsewhere.
  if (!ctx_.canceled())
    send(c.link, std::move(text));
}

/// The coordinator takes less than the workers make: they wait, and so keep what they make from growing.
void node::core::wait_while_full(std::uint64_t link) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return ctx_.canceled() || link_ != link || !is_full(link); });
}

/// Of one that has not begun.
void node::core::cancel_all(const taken_call& c) {
  answer to{c, text_bytes_max_, [&](std::string text) { send_outcomes(c, std::move(text)); }};
  // Its reason once: it may be long, and the jobs many.
  const auto why = c.ctx.error();
  const auto same = make_error(static_cast<ec>(why.code()), "its call was canceled");
  for (std::uint32_t i = 0; i < c.what.jobs.count(); ++i)
    to.add([&](done_writer& out) { out.add(i == 0 ? why : same); });
  to.end();
}

}  // namespace weir::nodes
