#include <weir/actors/error.hpp>
#include <weir/actors/log.hpp>
#include <weir/runtime/nodes/node.hpp>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace weir::nodes {

namespace {

std::uint32_t workers_of(const node_options& o) {
  return o.workers > 0 ? o.workers
                       : std::clamp(std::thread::hardware_concurrency(), 1u, node_options::workers_max);
}

caf::error out_of_range(const char* option, std::uint64_t value, std::uint64_t min, std::uint64_t max) {
  return make_error(ec::invalid_option, std::string{option} + " is " + std::to_string(value) +
                                            ", allowed is " + std::to_string(min) + " to " +
                                            std::to_string(max));
}

}  // namespace

caf::error node_options::validate() const {
  if (auto e = link.validate())
    return e;
  if (workers > workers_max)
    return out_of_range("workers", workers, 0, workers_max);
  if (const auto least = 2 * workers_of(*this); credit < least || credit > credit_max)
    return out_of_range("credit", credit, least, credit_max);
  return {};
}

caf::expected<std::unique_ptr<node>> node::make(engine& on, const node_options& options,
                                                task_registry tasks) {
  if (auto e = options.validate())
    return e;
  std::unique_ptr<node> made{new node{on, options, std::move(tasks)}};
  auto* const self = made.get();
  auto peers = nodes::peers::make(
      options.link, {.admit = [](const link::identity&, const std::string&) -> caf::expected<std::string> {
                       return make_error(ec::link, "it is a node, and takes no nodes");
                     },
                     .offers = [self] { return to_text(self->offer_); },
                     .up = [self](const peer& p) { self->came_up(p.link); },
                     .text = [self](std::uint64_t link, const std::string& text) { self->said(link, text); },
                     .down = [self](std::uint64_t link, const std::string&) { self->went_down(link); }});
  if (!peers)
    return std::move(peers.error());
  made->peers_ = std::move(*peers);
  if (auto e = made->peers_->dial(options.coordinator))
    return e;
  return made;
}

node::node(engine& on, const node_options& options, task_registry tasks)
    : tasks_(std::move(tasks)),
      offer_{tasks_.names(), workers_of(options), options.credit},
      ctx_(context::with_cancel(context::background())),
      pool_(std::make_unique<pool<call_ptr, caf::unit_t>>(
          on, [this](const call_ptr& c) { run(c); },
          pool_options{.name = "node", .parallelism = offer_.workers, .capacity = offer_.credit})) {}

node::~node() {
  ctx_.cancel("the node ends");
  std::unique_lock lock{mutex_};
  // What runs reports to the peers, and they have calls for it: neither goes while the other may ask for it.
  const auto ending = std::move(pool_);
  lock.unlock();
}

void node::came_up(std::uint64_t link) {
  std::unique_lock lock{mutex_};
  link_ = link;
  const auto leaving = leaving_;
  lock.unlock();
  if (leaving)
    peers_->send(link, to_text(message{leaving_message{*leaving}}));
}

void node::went_down(std::uint64_t link) {
  std::vector<call_ptr> gone;
  {
    const std::lock_guard guard{mutex_};
    if (link_ == link)
      link_ = 0;
    left_ = leaving_.has_value();
    for (const auto& [key, c] : calls_)
      if (key.first == link)
        gone.push_back(c);
    changed_.notify_all();
  }
  for (const auto& c : gone)
    c->ctx.cancel({ec::canceled, "node", "the link to its coordinator has gone"});
}

void node::said(std::uint64_t link, const std::string& text) {
  auto read = read_message(text);
  if (!read)
    return give_up(link, text_of(read.error()));
  if (auto* c = std::get_if<call_message>(&*read))
    take(link, std::move(*c));
  else if (const auto* m = std::get_if<cancel_message>(&*read))
    cancel(link, *m);
  else if (const auto* l = std::get_if<leaving_message>(&*read))
    peers_->leave(link, l->why);
  else
    give_up(link, "it sent what only a node sends");
}

void node::take(std::uint64_t link, call_message m) {
  const auto jobs = m.jobs.size();
  const auto* const function = tasks_.find(m.task);
  if (!function)
    return give_up(link, "it asked for the task '" + m.task.name + "' in version '" + m.task.version +
                             "', which was not offered");
  const auto ctx = m.time_left ? context::with_timeout(ctx_, *m.time_left) : context::with_cancel(ctx_);
  const auto c = std::make_shared<call>(call{link, std::move(m), function, ctx});
  const std::lock_guard guard{mutex_};
  if (!pool_)
    return;
  if (held_ + jobs > offer_.credit)
    return give_up(link, "it sent more jobs than the credit of " + std::to_string(offer_.credit));
  if (!calls_.emplace(call_key{link, c->what.id}, c).second)
    return give_up(link, "it sent a call twice");
  held_ += jobs;
  // There is a slot for each job that may be held.
  static_cast<void>(pool_->try_submit(c));
}

void node::cancel(std::uint64_t link, const cancel_message& m) {
  call_ptr c;
  {
    const std::lock_guard guard{mutex_};
    if (const auto found = calls_.find({link, m.id}); found != calls_.end())
      c = found->second;
  }
  if (c)
    c->ctx.cancel(m.why);
}

void node::run(const call_ptr& c) {
  done_message m{c->what.id, {}, {}};
  auto& clock = c->ctx.time();
  const auto begun = clock.now();
  for (const auto& job : c->what.jobs)
    m.ends.push_back(c->ctx.canceled() ? job_end{c->ctx.error(), {}}
                                       : (*c->function)(c->ctx, c->what.settings, job));
  m.busy = clock.now() - begun;
  {
    const std::lock_guard guard{mutex_};
    calls_.erase({c->link, c->what.id});
    held_ -= c->what.jobs.size();
  }
  // What ends with the node is no outcome: it runs elsewhere.
  if (!ctx_.canceled())
    peers_->send(c->link, fitting(std::move(m)));
}

/// What is too long to be sent has failed, where that is the reason.
std::string node::fitting(done_message m) const {
  auto text = to_text(message{m});
  const auto max = peers_->text_bytes_max();
  if (text.size() <= max)
    return text;
  for (auto& end : m.ends)
    end = {make_error(ec::failed, "its result takes " + std::to_string(text.size()) + " bytes to send, and " +
                                      std::to_string(max) + " are allowed (frame_bytes_max)"),
           {}};
  return to_text(message{std::move(m)});
}

void node::give_up(std::uint64_t link, const std::string& why) {
  log()->warn("node: the coordinator is not one to work with: {}", why);
  peers_->end(link, why);
}

void node::leave(const std::string& why) {
  std::uint64_t link = 0;
  {
    const std::lock_guard guard{mutex_};
    if (leaving_)
      return;
    leaving_ = why;
    link = link_;
    left_ = link == 0;
    changed_.notify_all();
  }
  if (link != 0)
    peers_->send(link, to_text(message{leaving_message{why}}));
}

bool node::wait_until_left(const context& ctx) {
  const auto watch = ctx.on_cancel([this] {
    const std::lock_guard guard{mutex_};
    changed_.notify_all();
  });
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return left_ || ctx.canceled(); });
  return left_;
}

}  // namespace weir::nodes
