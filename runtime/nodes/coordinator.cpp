#include <weir/actors/error.hpp>
#include <weir/actors/log.hpp>
#include <weir/runtime/link/record.hpp>
#include <weir/runtime/nodes/coordinator.hpp>

#include <spdlog/common.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

namespace weir::nodes {

namespace {

policy::node_table::task_id id_of(const task_name& task) {
  return task.name + '\n' + task.version + '\n' + task.shape;
}

task_name task_of(const policy::node_table::task_id& id) {
  const auto name_end = id.find('\n');
  const auto version_end = id.find('\n', name_end + 1);
  return {id.substr(0, name_end), id.substr(name_end + 1, version_end - name_end - 1),
          id.substr(version_end + 1)};
}

std::string shape_text(const task_name& task) {
  return task.shape.empty() ? "" : " (" + link::printable(task.shape) + ')';
}

std::string task_text(const task_name& task) {
  return "'" + task.name + "' in version '" + task.version + "'" + shape_text(task);
}

/// In a line that people read.
constexpr std::size_t named_max = 10;

std::string tasks_text(const std::vector<task_name>& all) {
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), named_max); ++i)
    text += (i == 0 ? " '" : ", '") + link::printable(all[i].name) + "' " + link::printable(all[i].version) +
            shape_text(all[i]);
  return text + (all.size() > named_max ? ", and others" : "");
}

/// After so often who waits goes where it did not want to.
constexpr unsigned passed_over_max = 1000;

/// Of nodes that have gone.
constexpr std::size_t records_max = 1000;

}  // namespace

caf::expected<std::unique_ptr<coordinator>> coordinator::make(const messenger_maker& over,
                                                              const std::string& address) {
  std::unique_ptr<coordinator> made{new coordinator};
  auto* const self = made.get();
  auto messenger =
      over({.admit = [](const link::identity&, const std::string& offers) -> caf::expected<std::string> {
              if (auto offer = read_offer(offers); !offer)
                return std::move(offer.error());
              return std::string{};
            },
            .offers = [] { return std::string{}; },
            .up = [self](const peer& p) { self->joined(p); },
            .text = [self](std::uint64_t link, std::string text) { self->said(link, std::move(text)); },
            .down = [self](std::uint64_t link, const std::string& why) { self->gone(link, why); }});
  if (!messenger)
    return std::move(messenger.error());
  made->messenger_ = std::move(*messenger);
  const auto port = made->messenger_->listen(address);
  if (!port)
    return port.error();
  made->port_ = *port;
  return made;
}

coordinator::~coordinator() {
  close();
}

void coordinator::close() {
  std::unique_lock lock{mutex_};
  closing_ = true;
  more_nodes_.notify_all();
  for (const auto& [task, queue] : queues_)
    for (const auto& one : queue)
      one->changed.notify_all();
  lock.unlock();
  // Whoever waits for an answer has it then: it is lost.
  if (messenger_)
    messenger_->close();
  lock.lock();
  no_caller_.wait(lock, [this] { return callers_ == 0; });
}

// -- calls ------------------------------------------------------------------------------------------

std::uint64_t coordinator::room::id() const noexcept {
  return for_->to->call;
}

std::uint64_t coordinator::room::jobs() const noexcept {
  return for_->to->jobs;
}

const std::string& coordinator::room::node() const noexcept {
  return for_->node;
}

void coordinator::room::add_not_done() noexcept {
  ++for_->not_done;
}

coordinator::room::~room() {
  if (on_)
    on_->give_back(for_);
}

/// Those who have waited longest come first, whatever they wait for, so that none waits for ever; each is
/// woken for itself. Who does not want to go to some node gets its room only if nobody else wants it.
void coordinator::serve_waiting() {
  if (serve(false))
    static_cast<void>(serve(true));
}

/// `anywhere`: also where they do not want to go. True if for want of that somebody was passed over.
bool coordinator::serve(bool anywhere) {
  struct open_line {
    const policy::node_table::task_id* task;
    waiting_line* line;
    waiting_line::iterator next;
  };
  auto passed_over = false;
  std::vector<open_line> open;
  for (auto& [task, line] : queues_)
    if (!line.empty())
      open.push_back({&task, &line, line.begin()});
  while (!open.empty()) {
    const auto oldest = std::min_element(open.begin(), open.end(), [](const auto& a, const auto& b) {
      return (*a.next)->turn < (*b.next)->turn;
    });
    const auto w = *oldest->next;
    const auto wants_any = anywhere || w->not_at.empty();
    const auto served = give_room(*oldest->task, w, wants_any);
    if (served)
      oldest->next = oldest->line->erase(oldest->next);
    else
      ++oldest->next;
    passed_over = passed_over || (!served && !wants_any);
    // Where there is no room for who would go anywhere there is none for those behind.
    if ((!served && wants_any) || oldest->next == oldest->line->end())
      open.erase(oldest);
  }
  return passed_over;
}

/// False if there is no room for it.
bool coordinator::give_room(const policy::node_table::task_id& task, const std::shared_ptr<waiting>& to,
                            bool anywhere) {
  const auto is_patient = !anywhere && to->passed_over < passed_over_max && table_.any_for(task, to->not_at);
  const auto at = table_.take(task, to->jobs, is_patient ? to->not_at : std::string{});
  if (!at) {
    ++to->passed_over;
    return false;
  }
  try {
    to->node = members_.at(at->node).who.who.name;
    calls_.emplace(at->call, to);
  } catch (...) {
    static_cast<void>(table_.finish(at->node, at->call));
    throw;
  }
  to->to = at;
  to->changed.notify_all();
  return true;
}

/// Whoever had room, or was given some as it went, has none any more, and waits for none.
void coordinator::give_back(const std::shared_ptr<waiting>& w) {
  std::unique_lock lock{mutex_};
  if (!w->to)
    for (auto& [task, line] : queues_)
      std::erase(line, w);
  if (w->to && table_.finish(w->to->node, w->to->call)) {
    calls_.erase(w->to->call);
    serve_waiting();
    lock.unlock();
    tell_if_drained(w->to->node);
    lock.lock();
  }
  if (const auto found = records_.find(w->node); found != records_.end())
    found->second.done -= std::min(found->second.done, w->not_done);
  caller_goes();
}

/// Under the lock.
void coordinator::caller_goes() {
  if (--callers_ == 0)
    no_caller_.notify_all();
}

/// Of tasks that no node can do though jobs wait for it; again when nodes have come, or one that could do it
/// has gone.
void coordinator::tell_missing() {
  std::vector<std::string> said;
  std::unique_lock lock{mutex_};
  // That nodes come in a moment is usual.
  const auto level = members_.empty() ? spdlog::level::info : spdlog::level::warn;
  for (const auto& [task, line] : queues_)
    if (!line.empty() && !closing_ && !table_.any_for(task) && missed_.insert(task).second)
      said.push_back(missing(task_of(task)));
  lock.unlock();
  for (const auto& text : said)
    log()->log(level, "nodes: {}", text);
}

/// Under the lock.
void coordinator::may_be_missing(const std::vector<task_name>& tasks) {
  for (const auto& task : tasks)
    missed_.erase(id_of(task));
}

/// Under the lock.
std::string coordinator::missing(const task_name& task) const {
  const auto what = task_text(task);
  std::string leaving;
  for (const auto& [link, m] : members_)
    if (m.leaving && std::find(m.offer.tasks.begin(), m.offer.tasks.end(), task) != m.offer.tasks.end())
      leaving += (leaving.empty() ? "" : ", ") + m.who.who.name;
  if (!leaving.empty())
    return "whoever can do " + what + " is leaving (" + leaving + "): its jobs wait for another node";
  if (members_.empty())
    return "no node is there; jobs for " + what + " wait for one";
  auto text = "no node can do " + what + "; jobs for it wait for one that can";
  std::size_t named = 0;
  for (const auto& [link, m] : members_) {
    if (named++ == named_max)
      return text + "; and others have other tasks";
    text += "; " + m.who.who.name + " has" + tasks_text(m.offer.tasks);
  }
  return text;
}

caf::expected<coordinator::room> coordinator::wait_for_room(const context& ctx, const task_name& task,
                                                            const batch_wish& wish) {
  const auto mine = std::make_shared<waiting>();
  mine->jobs = std::min<std::uint64_t>(wish.most, call_jobs_max);
  mine->not_at = wish.not_at;
  {
    const std::lock_guard guard{mutex_};
    ++callers_;
  }
  // It takes the lock as it goes, so that it goes after the one here; and while it is there the coordinator
  // is, for the callback too.
  room taken{*this, mine};
  const auto wake = [this, mine] {
    const std::lock_guard guard{mutex_};
    mine->changed.notify_all();
  };
  const auto watch = ctx.on_cancel(wake);
  const auto watch_wish = wish.until.on_cancel(wake);
  std::unique_lock lock{mutex_};
  mine->turn = ++last_turn_;
  queues_[id_of(task)].push_back(mine);
  serve_waiting();
  if (!mine->to) {
    lock.unlock();
    tell_missing();
    lock.lock();
  }
  mine->changed.wait(lock, [&] { return mine->to || closing_ || ctx.canceled() || wish.until.canceled(); });
  const auto has_room = mine->to.has_value();
  lock.unlock();
  if (has_room)
    return taken;
  for (const auto* canceled : {&ctx, &wish.until})
    if (canceled->canceled())
      return in_vain(canceled->error(), task);
  return make_error(ec::closed, "the coordinator ends");
}

/// Whoever has waited until it was canceled learns whether that was for a node at all.
caf::error coordinator::in_vain(const caf::error& why, const task_name& task) const {
  const std::lock_guard guard{mutex_};
  if (table_.any_for(id_of(task)))
    return why;
  return make_error(static_cast<ec>(why.code()), text_of(why) + "; no node can do " + task_text(task));
}

caf::expected<std::vector<done_message>> coordinator::call(const context& ctx, const room& at,
                                                           std::string text, std::uint64_t jobs) {
  auto& mine = *at.for_;
  const auto& to = *mine.to;
  const auto watch = ctx.on_cancel([this, w = at.for_] {
    const std::lock_guard guard{mutex_};
    w->changed.notify_all();
  });
  std::unique_lock lock{mutex_};
  if (ctx.canceled())
    return ctx.error();
  if (!mine.lost) {
    mine.jobs = jobs;
    mine.since = control_clock().now();
    table_.shrink(to.call, jobs);
    serve_waiting();
    lock.unlock();
    // One that is not sent is lost with its link.
    messenger_->send(to.node, std::move(text));
    lock.lock();
  }
  mine.changed.wait(lock, [&] { return mine.has_answer() || ctx.canceled(); });
  if (!mine.has_answer()) {
    lock.unlock();
    messenger_->send(to.node, to_text(cancel_message{to.call, *ctx.why()}));
    lock.lock();
    mine.changed.wait(lock, [&] { return mine.has_answer(); });
  }
  if (mine.lost)
    return mine.lost;
  return std::move(mine.parts);
}

caf::error coordinator::give_up(const room& at, const std::string& why) {
  cut_off(at.for_->to->node, why);
  return make_error(ec::worker_lost, "a node was given up: " + why);
}

/// It is given nothing more while it hears why.
void coordinator::cut_off(std::uint64_t link, const std::string& why) {
  {
    const std::lock_guard guard{mutex_};
    table_.drain(link);
  }
  messenger_->end(link, why);
}

// -- what nodes say ---------------------------------------------------------------------------------

void coordinator::joined(const peer& who) {
  auto offer = read_offer(who.said);
  policy::node_table::offer can{offer->workers, offer->credit, {}, who.who.name};
  for (const auto& task : offer->tasks)
    can.tasks.insert(id_of(task));
  log()->info("node {} has joined: {} worker{},{}{}", who.who.name, offer->workers,
              offer->workers == 1 ? "" : "s", tasks_text(offer->tasks),
              offer->held > 0 ? "; it still has " + std::to_string(offer->held) +
                                    (offer->held == 1 ? " job" : " jobs") + " of an earlier link"
                              : std::string{});
  std::unique_lock lock{mutex_};
  members_.emplace(who.link, member{who, std::move(*offer)});
  table_.join(who.link, std::move(can));
  missed_.clear();
  more_nodes_.notify_all();
  serve_waiting();
  lock.unlock();
  tell_missing();
}

void coordinator::gone(std::uint64_t link, const std::string& why) {
  std::unique_lock lock{mutex_};
  const auto left = members_.extract(link);
  if (left.empty())
    return;
  const auto& name = left.mapped().who.who.name;
  const auto lost = table_.remove(link);
  records_[name].lost += lost.size();
  for (const auto id : lost) {
    const auto call = calls_.extract(id);
    call.mapped()->lost = make_error(ec::worker_lost, "node " + name + " has gone: " + why);
    call.mapped()->changed.notify_all();
  }
  keep_few_records();
  may_be_missing(left.mapped().offer.tasks);
  lock.unlock();
  if (lost.empty())
    log()->info("node {} has gone: {}", name, why);
  else
    log()->warn("node {} has gone: {}; {} that it had may run again elsewhere", name, why,
                std::to_string(lost.size()) + (lost.size() == 1 ? " call" : " calls"));
  tell_missing();
}

void coordinator::keep_few_records() {
  const auto is_there = [this](const std::string& name) {
    return std::any_of(members_.begin(), members_.end(),
                       [&](const auto& m) { return m.second.who.who.name == name; });
  };
  for (auto i = records_.begin(); i != records_.end() && records_.size() > records_max;)
    i = is_there(i->first) ? std::next(i) : records_.erase(i);
}

void coordinator::said(std::uint64_t link, std::string text) {
  auto read = read_message(std::move(text));
  if (read) {
    if (auto* m = std::get_if<done_message>(&*read))
      return done(link, std::move(*m));
    if (std::holds_alternative<leaving_message>(*read))
      return leaving(link);
  }
  cut_off(link, read ? "it sent what only a coordinator sends" : text_of(read.error()));
}

void coordinator::done(std::uint64_t link, done_message m) {
  std::unique_lock lock{mutex_};
  const auto found = calls_.find(m.id);
  // One that comes late, as its call was given up with an earlier link, is dropped here.
  if (found == calls_.end() || found->second->to->node != link)
    return;
  const auto call = found->second;
  const auto count = m.ends.count();
  if (!call->since || count > call->jobs - call->ended) {
    lock.unlock();
    return cut_off(link, "it answered for more jobs than it was given");
  }
  auto& seen = records_[members_.at(link).who.who.name];
  m.busy = std::min<duration>(m.busy, control_clock().now() - *call->since);
  seen.done += count;
  seen.busy += m.busy;
  call->parts.push_back(std::move(m));
  call->ended += count;
  if (!call->has_answer())
    return;
  static_cast<void>(table_.finish(link, call->to->call));
  calls_.erase(found);
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
    may_be_missing(found->second.offer.tasks);
  }
  tell_missing();
  tell_if_drained(link);
}

void coordinator::tell_if_drained(std::uint64_t link) {
  std::unique_lock lock{mutex_};
  const auto drained = table_.drained(link);
  lock.unlock();
  if (drained)
    messenger_->send(link, to_text(leaving_message{"all that it had is done"}));
}

}  // namespace weir::nodes
