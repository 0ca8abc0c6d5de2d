#include <weir/actors/error.hpp>
#include <weir/actors/log.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/nodes/node_core.hpp>

#include <mutex>
#include <utility>
#include <variant>
#include <vector>

namespace weir::nodes {

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
    return make_error(ec::invalid_option, "the names, versions and shapes of its tasks take " +
                                              std::to_string(bytes) + " bytes, and " +
                                              std::to_string(offer_bytes_max) + " are allowed");
  pool_ = std::make_unique<call_pool>(
      on, [self = shared_from_this()](const caf::unit_t&) { self->do_next(); },
      pool_options{
          .name = "calls", .parallelism = offer_.workers, .capacity = offer_.credit + offer_.workers});
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
