#include <weir/actors/error.hpp>
#include <weir/actors/log.hpp>
#include <weir/actors/policy/node_table.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/nodes/answer.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/pool.hpp>
#include <weir/runtime/trace/trace_span.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <algorithm>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace weir::nodes {

namespace {

using call_ptr = std::shared_ptr<taken_call>;
using call_key = std::pair<std::uint64_t, std::uint64_t>;  // link, id
/// A job is to do the first call that waits then.
using call_pool = pool<caf::unit_t, caf::unit_t>;

}  // namespace

/// Outlives the node where a job does that goes on though it was canceled.
class node::core : public std::enable_shared_from_this<core> {
public:
  core(const node_options& options, task_registry tasks)
      : tasks_(std::move(tasks)),
        offer_{tasks_.names(), options.worker_count(), options.credit},
        trace_(options.trace),
        ctx_(context::with_cancel(context::background())) {
    view_.since = ctx_.time().now();
  }

  caf::error start(engine& on, const node_options& options, const messenger_maker& over);
  void end();

  void leave(const std::string& why);
  bool wait_until_left(const context& ctx);
  node_view look() const;

private:
  [[nodiscard]] peer_events events();
  [[nodiscard]] std::string offers();
  void came_up(const peer& to);
  void not_reached(const std::string& why);
  void went_down(std::uint64_t link, const std::string& why);
  void said(std::uint64_t link, std::string text);
  void take(std::uint64_t link, call_message m);
  [[nodiscard]] std::string refusal_of(const taken_call& c) const;
  void cancel(std::uint64_t link, const cancel_message& m);
  void cancel_calls_of(std::uint64_t link, const std::string& why);
  void do_next();
  void do_jobs(taken_call& c);
  void do_job(const taken_call& c, std::string_view job, done_writer& to) const;
  static void do_traced(const taken_call& c, std::string_view job, done_writer& to);
  [[nodiscard]] static caf::error try_job(const taken_call& c, std::string_view job, done_writer& to);
  void send_outcomes(const taken_call& c, std::string text);
  void wait_while_full(std::uint64_t link);
  void cancel_all(const taken_call& c);
  [[nodiscard]] call_ptr begin_next();
  bool finish(taken_call& c);
  void say_farewell(std::uint64_t link, const std::string& why);
  [[nodiscard]] bool is_full(std::uint64_t link);
  void send(std::uint64_t link, std::string text);
  void give_up(std::uint64_t link, const std::string& why);

  const task_registry tasks_;
  const node_offer offer_;
  const std::shared_ptr<tracer> trace_;  // null: nobody wants one
  const context ctx_;
  mutable sync::mutex mutex_;
  sync::condition_variable changed_;
  std::map<call_key, call_ptr> calls_;
  std::deque<call_ptr> waiting_;  // of these
  std::size_t asked_ = 0;         // jobs of the pool that have not begun
  std::uint64_t held_ = 0;        // jobs
  std::uint64_t link_ = 0;        // 0: there is none
  std::uint64_t given_up_ = 0;    // a link from which nothing more is taken
  node_view view_;                // of the link; the rest is filled in by who looks
  std::optional<std::string> leaving_;
  bool left_ = false;
  std::unique_ptr<call_pool> pool_;  // null: the node ends
  sync::mutex sending_;
  std::unique_ptr<messenger> messenger_;  // null: nobody hears what jobs say
  std::size_t text_bytes_max_ = 0;
};

caf::expected<std::unique_ptr<node>> node::make(engine& on, const node_options& options, task_registry tasks,
                                                const messenger_maker& over) {
  if (auto e = options.validate())
    return e;
  // It ends what it has begun, whatever happens.
  std::unique_ptr<node> made{new node{std::make_shared<core>(options, std::move(tasks))}};
  if (auto e = made->core_->start(on, options, over))
    return e;
  return made;
}

node::node(std::shared_ptr<core> c) : core_(std::move(c)) {}

node::~node() {
  core_->end();
}

void node::leave(const std::string& why) {
  core_->leave(why);
}

bool node::wait_until_left(const context& ctx) {
  return core_->wait_until_left(ctx);
}

node_view node::look() const {
  return core_->look();
}

caf::error node::core::start(engine& on, const node_options& options, const messenger_maker& over) {
  // The rest of a greeting is a few names.
  constexpr auto offer_bytes_max = link::record_limits::greeting_bytes_max / 2;
  if (const auto bytes = to_text(offer_).size(); bytes > offer_bytes_max)
    return make_error(ec::invalid_option, "the names and versions of its tasks take " +
                                              std::to_string(bytes) + " bytes, and " +
                                              std::to_string(offer_bytes_max) + " are allowed");
  pool_ = std::make_unique<call_pool>(
      on, [self = shared_from_this()](const caf::unit_t&) { self->do_next(); },
      pool_options{
          .name = "node", .parallelism = offer_.workers, .capacity = offer_.credit + offer_.workers});
  auto made = over(events());
  if (!made)
    return std::move(made.error());
  messenger_ = std::move(*made);
  text_bytes_max_ = messenger_->text_bytes_max();
  return messenger_->dial(options.coordinator);
}

peer_events node::core::events() {
  return {.admit = [](const link::identity&, const std::string&) -> caf::expected<std::string> {
            return make_error(ec::link, "it is a node, and takes no nodes");
          },
          .offers = [this] { return offers(); },
          .up = [this](const peer& p) { came_up(p); },
          .text = [this](std::uint64_t link, std::string text) { said(link, std::move(text)); },
          .eased =
              [this](std::uint64_t) {
                const std::lock_guard guard{mutex_};
                changed_.notify_all();
              },
          .down = [this](std::uint64_t link, const std::string& why) { went_down(link, why); },
          .unreached = [this](const std::string& why) { not_reached(why); }};
}

void node::core::end() {
  ctx_.cancel("the node ends");
  std::unique_lock lock{mutex_};
  changed_.notify_all();
  auto running = std::move(pool_);
  lock.unlock();
  // Its jobs run elsewhere from now on.
  std::unique_lock unheard{sending_};
  auto gone = std::move(messenger_);
  unheard.unlock();
  gone.reset();
  running.reset();
}

// -- the link ---------------------------------------------------------------------------------------

/// What an earlier link has left still counts: it has been canceled, and has not stopped yet.
std::string node::core::offers() {
  const std::lock_guard guard{mutex_};
  auto now = offer_;
  if (held_ >= now.credit)
    throw thrown_error{make_error(ec::link, "what an earlier link has left still runs")};
  now.held = static_cast<std::uint32_t>(held_);
  now.credit -= now.held;
  return to_text(now);
}

void node::core::came_up(const peer& to) {
  std::unique_lock lock{mutex_};
  link_ = to.link;
  view_ = {.is_up = true, .since = ctx_.time().now(), .with = to.who.name};
  const auto leaving = leaving_;
  lock.unlock();
  if (leaving)
    send(to.link, to_text(leaving_message{*leaving}));
}

/// Of a link that has gone this may be told before its end is, which then is the reason until the next try.
void node::core::not_reached(const std::string& why) {
  const std::lock_guard guard{mutex_};
  if (link_ == 0)
    view_.why_down = why;
}

void node::core::went_down(std::uint64_t link, const std::string& why) {
  {
    const std::lock_guard guard{mutex_};
    if (link_ == link) {
      link_ = 0;
      view_ = {.since = ctx_.time().now(), .with = view_.with, .why_down = why};
    }
    left_ = left_ || (leaving_ && link_ == 0);
    changed_.notify_all();
  }
  cancel_calls_of(link, "the link to its coordinator has gone");
}

void node::core::cancel_calls_of(std::uint64_t link, const std::string& why) {
  std::vector<call_ptr> gone;
  {
    const std::lock_guard guard{mutex_};
    for (const auto& [key, c] : calls_)
      if (key.first == link)
        gone.push_back(c);
  }
  for (const auto& c : gone) {
    c->ctx.cancel({ec::canceled, "node", why});
    std::unique_lock lock{mutex_};
    if (c->is == taken_call::phase::waits)
      static_cast<void>(finish(*c));
  }
}

void node::core::give_up(std::uint64_t link, const std::string& why) {
  {
    const std::lock_guard guard{mutex_};
    if (std::exchange(given_up_, link) == link)
      return;
  }
  log()->warn("node: the coordinator is cut off: {}", why);
  const std::lock_guard guard{sending_};
  if (messenger_)
    messenger_->end(link, why);
}

void node::core::said(std::uint64_t link, std::string text) {
  std::unique_lock lock{mutex_};
  if (given_up_ == link)
    return;
  const auto leaving = leaving_.has_value();
  lock.unlock();
  auto read = read_message(std::move(text));
  if (!read)
    return give_up(link, text_of(read.error()));
  if (auto* c = std::get_if<call_message>(&*read))
    take(link, std::move(*c));
  else if (const auto* m = std::get_if<cancel_message>(&*read))
    cancel(link, *m);
  else if (const auto* l = std::get_if<leaving_message>(&*read); l && leaving)
    say_farewell(link, link::printable(l->why));
  else
    give_up(link, "it sent what only a node sends");
}

/// All that it had is done.
void node::core::say_farewell(std::uint64_t link, const std::string& why) {
  const std::lock_guard guard{sending_};
  if (messenger_)
    messenger_->leave(link, why);
}

bool node::core::is_full(std::uint64_t link) {
  const std::lock_guard guard{sending_};
  return messenger_ && messenger_->is_full(link);
}

void node::core::send(std::uint64_t link, std::string text) {
  const std::lock_guard guard{sending_};
  if (messenger_)
    messenger_->send(link, std::move(text));
}

// -- calls ------------------------------------------------------------------------------------------

/// Why a call can't be taken; under the lock.
std::string node::core::refusal_of(const taken_call& c) const {
  if (!c.function)
    return "it asked for the task '" + link::printable(c.what.task.name) + "' in version '" +
           link::printable(c.what.task.version) + "', which was not offered";
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
call_ptr node::core::begin_next() {
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

// -- leaving ----------------------------------------------------------------------------------------

void node::core::leave(const std::string& why) {
  std::uint64_t link = 0;
  {
    const std::lock_guard guard{mutex_};
    if (leaving_)
      return;
    leaving_ = why;
    link = link_;
  }
  const auto is_alone = messenger_->stop_dialing();
  if (link != 0)
    return send(link, to_text(leaving_message{why}));
  // One that has come up meanwhile has found that it is leaving. Of one that may never come up nothing is
  // told.
  std::unique_lock lock{mutex_};
  if (link_ != 0)
    return;
  left_ = true;
  changed_.notify_all();
  lock.unlock();
  if (!is_alone)
    for (const auto& l : messenger_->links())
      messenger_->end(l.link, why);
}

bool node::core::wait_until_left(const context& ctx) {
  const auto watch = ctx.on_cancel([this] {
    const std::lock_guard guard{mutex_};
    changed_.notify_all();
  });
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return left_ || ctx.canceled(); });
  return left_;
}

// -- looking on -------------------------------------------------------------------------------------

node_view node::core::look() const {
  // Before the lock, which the thread of the links may wait for.
  const auto links = messenger_->links();
  const std::lock_guard guard{mutex_};
  auto seen = view_;
  for (const auto& l : links)
    if (l.link == link_)
      seen.round_trip = l.round_trip;
  seen.held = held_;
  seen.leaving = leaving_.has_value();
  return seen;
}

}  // namespace weir::nodes
