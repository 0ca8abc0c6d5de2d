#include <weir/actors/error.hpp>
#include <weir/actors/log.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/nodes/coordinator.hpp>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

namespace weir::nodes {

namespace {

/// That it takes to send it, and a few more.
std::size_t bytes_of(const call_message& m) {
  constexpr std::size_t fixed = 64;
  auto bytes = fixed + m.task.name.size() + m.task.version.size() + m.settings.size();
  for (const auto& job : m.jobs)
    bytes += sizeof(std::uint32_t) + job.size();
  return bytes;
}

policy::node_table::task_id id_of(const task_name& task) {
  return task.name + '\n' + task.version;
}

/// Of nodes that have gone.
constexpr std::size_t records_max = 1000;

}  // namespace

caf::expected<std::unique_ptr<coordinator>> coordinator::make(const link::link_options& options,
                                                              const std::string& address) {
  std::unique_ptr<coordinator> made{new coordinator};
  auto* const self = made.get();
  auto peers = nodes::peers::make(
      options, {.admit = [](const link::identity&, const std::string& offers) -> caf::expected<std::string> {
                  if (auto offer = read_offer(offers); !offer)
                    return std::move(offer.error());
                  return std::string{};
                },
                .offers = [] { return std::string{}; },
                .up = [self](const peer& p) { self->joined(p); },
                .text = [self](std::uint64_t link, const std::string& text) { self->said(link, text); },
                .down = [self](std::uint64_t link, const std::string& why) { self->gone(link, why); }});
  if (!peers)
    return std::move(peers.error());
  made->peers_ = std::move(*peers);
  const auto port = made->peers_->listen(address);
  if (!port)
    return port.error();
  made->port_ = *port;
  return made;
}

coordinator::~coordinator() {
  std::unique_lock lock{mutex_};
  closing_ = true;
  for (const auto& [task, queue] : queues_)
    for (const auto& one : queue)
      one->changed.notify_all();
  lock.unlock();
  // Whoever waits for an answer has it then: it is lost.
  if (peers_)
    peers_->close();
  lock.lock();
  no_caller_.wait(lock, [this] { return callers_ == 0; });
}

// -- calls ------------------------------------------------------------------------------------------

caf::error coordinator::check(const call_message& m) const {
  if (m.jobs.empty() || m.jobs.size() > call_jobs_max)
    return make_error(ec::failed, "a call has 1 to " + std::to_string(call_jobs_max) + " jobs, not " +
                                      std::to_string(m.jobs.size()));
  if (const auto bytes = bytes_of(m); bytes > peers_->text_bytes_max())
    return make_error(ec::failed, "it takes " + std::to_string(bytes) + " bytes to send it, and " +
                                      std::to_string(peers_->text_bytes_max()) +
                                      " are allowed (frame_bytes_max)");
  return {};
}

/// Those who have waited longest come first, so that none waits for ever; each is woken for itself.
void coordinator::serve_waiting() {
  for (auto& [task, queue] : queues_)
    while (!queue.empty()) {
      const auto first = queue.front();
      first->to = table_.take(task, first->jobs);
      if (!first->to)
        break;
      queue.pop_front();
      calls_.emplace(first->to->call, first);
      first->changed.notify_all();
    }
}

/// Of a call that was not sent yet; false if its node has gone meanwhile, which is its answer.
bool coordinator::take_back(const policy::node_table::assignment& a) {
  if (!table_.finish(a.node, a.call))
    return false;
  calls_.erase(a.call);
  serve_waiting();
  return true;
}

/// What to say of a task that no node can do, once; empty if there is nothing to say. Under the lock.
std::string coordinator::missing(const task_name& task, std::size_t jobs) {
  if (table_.any_for(id_of(task), jobs) || !missed_.insert(task).second)
    return {};
  auto text = "no node can do '" + task.name + "' in version '" + task.version + "' yet";
  for (const auto& [link, m] : members_) {
    text += "; " + m.who.who.name + " has";
    for (const auto& t : m.offer.tasks)
      text += " '" + link::printable(t.name) + "' " + link::printable(t.version);
  }
  return text;
}

caf::expected<std::vector<job_end>> coordinator::call(const context& ctx, const task_name& task,
                                                      const std::string& settings,
                                                      std::vector<std::string> jobs) {
  call_message out{0, task, settings, {}, std::move(jobs)};
  if (auto e = check(out))
    return e;
  const auto mine = std::make_shared<waiting>();
  mine->jobs = out.jobs.size();
  const auto watch = ctx.on_cancel([this, mine] {
    const std::lock_guard guard{mutex_};
    mine->changed.notify_all();
  });
  std::unique_lock lock{mutex_};
  ++callers_;
  const auto leave = [this, &lock] {
    if (!lock.owns_lock())
      lock.lock();
    if (--callers_ == 0)
      no_caller_.notify_all();
  };
  auto& queue = queues_[id_of(task)];
  queue.push_back(mine);
  serve_waiting();
  if (const auto said = mine->to ? std::string{} : missing(task, mine->jobs); !said.empty()) {
    lock.unlock();
    log()->warn("nodes: {}", said);
    lock.lock();
  }
  mine->changed.wait(lock, [&] { return mine->to || closing_ || ctx.canceled(); });
  const auto to = mine->to;
  if (!to || (ctx.canceled() && take_back(*to))) {
    std::erase(queue, mine);
    leave();
    return ctx.canceled() ? ctx.error() : make_error(ec::worker_lost, "the coordinator ends");
  }
  mine->since = control_clock().now();
  lock.unlock();

  out.id = to->call;
  if (const auto deadline = ctx.deadline())
    out.time_left = *deadline - ctx.time().now();
  // One that is not sent is lost with its link.
  peers_->send(to->node, to_text(message{std::move(out)}));

  lock.lock();
  mine->changed.wait(lock, [&] { return mine->answer || ctx.canceled(); });
  if (!mine->answer) {
    lock.unlock();
    peers_->send(to->node, to_text(message{cancel_message{to->call, *ctx.why()}}));
    lock.lock();
    mine->changed.wait(lock, [&] { return mine->answer.has_value(); });
  }
  leave();
  return std::move(*mine->answer);
}

// -- what nodes say ---------------------------------------------------------------------------------

void coordinator::joined(const peer& who) {
  auto offer = read_offer(who.said);
  policy::node_table::offer can{offer->workers, offer->credit, {}};
  for (const auto& task : offer->tasks)
    can.tasks.insert(id_of(task));
  log()->info("node {} has joined: {} workers, {} tasks", who.who.name, offer->workers, offer->tasks.size());
  const std::lock_guard guard{mutex_};
  table_.join(who.link, std::move(can));
  members_.emplace(who.link, member{who, std::move(*offer)});
  // Of what still can't be done it is said again, with what this one has.
  missed_.clear();
  serve_waiting();
}

void coordinator::gone(std::uint64_t link, const std::string& why) {
  std::unique_lock lock{mutex_};
  const auto left = members_.extract(link);
  const auto& name = left.mapped().who.who.name;
  const auto lost = table_.remove(link);
  records_[name].lost += lost.size();
  for (const auto id : lost) {
    const auto call = calls_.extract(id);
    call.mapped()->answer = make_error(ec::worker_lost, "node " + name + " has gone: " + why);
    call.mapped()->changed.notify_all();
  }
  keep_few_records();
  lock.unlock();
  if (lost.empty())
    log()->info("node {} has gone: {}", name, why);
  else
    log()->warn("node {} has gone: {}; {} calls run again elsewhere", name, why, lost.size());
}

void coordinator::keep_few_records() {
  const auto is_there = [this](const std::string& name) {
    return std::any_of(members_.begin(), members_.end(),
                       [&](const auto& m) { return m.second.who.who.name == name; });
  };
  for (auto i = records_.begin(); i != records_.end() && records_.size() > records_max;)
    i = is_there(i->first) ? std::next(i) : records_.erase(i);
}

void coordinator::said(std::uint64_t link, const std::string& text) {
  auto read = read_message(text);
  if (read) {
    if (auto* m = std::get_if<done_message>(&*read))
      return done(link, std::move(*m));
    if (std::holds_alternative<leaving_message>(*read))
      return leaving(link);
  }
  peers_->end(link, read ? "it sent what only a coordinator sends" : text_of(read.error()));
}

void coordinator::done(std::uint64_t link, done_message m) {
  std::unique_lock lock{mutex_};
  const auto found = calls_.find(m.id);
  if (found != calls_.end() && found->second->jobs != m.ends.size()) {
    lock.unlock();
    return peers_->end(link, "it answered for another count of jobs than it was given");
  }
  // One that comes late, as its call was given up with an earlier link, is dropped here.
  if (found == calls_.end() || !table_.finish(link, m.id))
    return;
  const auto call = std::move(calls_.extract(found).mapped());
  auto& seen = records_[members_.at(link).who.who.name];
  seen.done += call->jobs;
  seen.busy += std::min<duration>(m.busy, control_clock().now() - call->since);
  call->answer = std::move(m.ends);
  call->changed.notify_all();
  serve_waiting();
  lock.unlock();
  tell_if_drained(link);
}

void coordinator::leaving(std::uint64_t link) {
  {
    const std::lock_guard guard{mutex_};
    const auto found = members_.find(link);
    if (found == members_.end() || std::exchange(found->second.leaving, true))
      return;
    table_.drain(link);
  }
  tell_if_drained(link);
}

void coordinator::tell_if_drained(std::uint64_t link) {
  std::unique_lock lock{mutex_};
  const auto drained = table_.drained(link);
  lock.unlock();
  if (drained)
    peers_->send(link, to_text(message{leaving_message{"all that it had is done"}}));
}

// -- looking on -------------------------------------------------------------------------------------

std::vector<node_state> coordinator::nodes() const {
  const auto links = peers_->links();
  const std::lock_guard guard{mutex_};
  std::vector<node_state> all;
  for (const auto& [link, m] : members_) {
    node_state s;
    s.name = m.who.who.name;
    s.workers = m.offer.workers;
    s.credit = m.offer.credit;
    s.in_flight = table_.load_of(link).jobs;
    s.leaving = m.leaving;
    const auto same = [number = link](const auto& l) { return l.link == number; };
    if (const auto found = std::find_if(links.begin(), links.end(), same); found != links.end()) {
      s.address = found->address;
      s.round_trip = found->round_trip;
    }
    all.push_back(std::move(s));
  }
  for (const auto& [name, r] : records_) {
    const auto called = [&of = name](const auto& s) { return s.name == of; };
    auto found = std::find_if(all.begin(), all.end(), called);
    if (found == all.end()) {
      found = all.emplace(all.end());
      found->name = name;
      found->connected = false;
    }
    found->done = r.done;
    found->busy = r.busy;
    found->lost = r.lost;
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return all;
}

}  // namespace weir::nodes
