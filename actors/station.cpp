#include <weir/actors/policy/routing.hpp>
#include <weir/actors/station.hpp>

#include <algorithm>

namespace weir {

namespace {

/// How long a lane that is used to short jobs waits before it asks to be woken.
constexpr duration nap = std::chrono::microseconds{50};

/// How long an idle lane sleeps at most before it looks whether a busy one is stuck in a long job with
/// others behind it.
constexpr duration look_max = std::chrono::milliseconds{1};

/// How long outcomes may wait in a span before the collector fetches them. Most spans end before.
constexpr duration harvest_after = std::chrono::milliseconds{1};

}  // namespace

outcome_kind lane::ended_with(std::uint64_t i, const caf::error& why) noexcept {
  const auto kind = ctx_.explains(why) ? outcome_kind::canceled : outcome_kind::failed;
  station_.note_error(*this, i, kind, why);
  return kind;
}

void lane::release_slot() noexcept {
  station_.door_.release(1);
}

station::station(station_options options, const context& parent)
    : options_(std::move(options)),
      ctx_(context::with_cancel(parent)),
      jobs_ctx_(context::with_cancel(ctx_)),
      door_(options_.capacity),
      // Where each outcome is looked at before the next job, and where nothing can be taken back from
      // a lane, a lane holds no more than it runs.
      sizes_(options_.halt.counts_completed() || !has_asymmetric_fence() ? 1 : options_.batch_max),
      outcomes_(options_.ordered),
      halt_(options_.halt) {
  // Callbacks are made in the reverse order of their registration: this one before the jobs' context.
  on_cancel_ = ctx_.on_cancel([this] { stop(*ctx_.why()); });
  // A job that cancels the context it was given means the run.
  on_jobs_cancel_ = jobs_ctx_.on_cancel([this] { ctx_.cancel(*jobs_ctx_.why()); });
}

station::~station() = default;

// -- input ----------------------------------------------------------------------------------------

void station::offer(job_span jobs) {
  if (jobs.empty())
    return;
  lock_type held{mutex_};
  if (stopped_by_) {
    end_unstarted(std::move(jobs), finished_span::how_t::canceled);
    check_rest(held);
    return;
  }
  queue_.push(std::move(jobs));
  wake_one();
}

void station::close(caf::error why) {
  door_.close(std::move(why));
  closing_ = true;
  lock_type held{mutex_};
  check_rest(held);
}

// -- lanes ----------------------------------------------------------------------------------------

std::size_t station::resize(std::size_t parallelism) {
  lock_type held{mutex_};
  target_ = std::clamp<std::size_t>(parallelism, 1, lanes_max);
  if (active_ <= target_) {
    const auto missing = target_ - active_;
    active_ = target_;
    return missing;
  }
  // Those who sleep go first; of those who work, each stops at its next job until enough have gone.
  for (auto& l : lanes_)
    if (l->state_ == lane::state::idle || l->state_ == lane::state::napping)
      l->wake_.notify_one();
    else if (l->state_ == lane::state::busy)
      l->limit_.store(0, std::memory_order_relaxed);
  return 0;
}

lane& station::add_lane() {
  std::size_t number = 0;
  const auto taken = [&](const auto& l) { return l->number_ == number; };
  while (std::any_of(lanes_.begin(), lanes_.end(), taken))
    ++number;
  return *lanes_.emplace_back(std::make_unique<lane>(*this, number, jobs_ctx_));
}

void station::remove_lane(const lane& l) {
  std::erase_if(lanes_, [&](const auto& owned) { return owned.get() == &l; });
}

station::lane_end station::serve() {
  const auto keep = shared_from_this();
  lock_type held{mutex_};
  auto& l = add_lane();
  while (l.state_ != lane::state::abandoned && pull(l, held))
    run_span(l, held);
  const auto end = l.state_ == lane::state::abandoned ? lane_end::written_off : lane_end::retired;
  remove_lane(l);
  if (end == lane_end::written_off) {
    --lost_;
    rest_changed_.notify_all();
  }
  return end;
}

void station::run_span(lane& l, lock_type& held) {
  auto block = l.work_.block;
  const auto first = l.work_.first;
  held.unlock();
  // Timed without the lock: waiting for it is not the jobs' doing.
  const auto begun = ctx_.time().now();
  const auto stop = block->run(first, l);
  const auto elapsed = ctx_.time().now() - begun;
  held.lock();
  auto decision = policy::halt::decision::go_on;
  if (l.state_ != lane::state::abandoned)
    decision = report(l, stop, stop - first, elapsed);
  held.unlock();
  if (decision != policy::halt::decision::go_on)
    act_on_halt(decision, "its count was reached");
  block.reset();
  held.lock();
  check_rest(held);
}

std::size_t station::lane_missing() {
  lock_type held{mutex_};
  // The stage may have been made smaller since: then it has enough without this one.
  target_ = std::min(target_, --active_);
  return active_;
}

void station::retire() {
  lock_type held{mutex_};
  retiring_ = true;
  for (auto& l : lanes_)
    l->wake_.notify_one();
}

bool station::pull(lane& l, lock_type& held) {
  for (;;) {
    if (stopped_by_) {
      end_unstarted(std::exchange(l.work_, {}), finished_span::how_t::canceled);
      end_unstarted(door_.take_open(), finished_span::how_t::canceled);
      for (auto& jobs : queue_.take_all())
        end_unstarted(std::move(jobs), finished_span::how_t::canceled);
      settle(l);
      check_rest(held);
    }
    if (active_ > target_ || (retiring_ && l.work_.empty() && queue_.empty())) {
      queue_.give_back(std::exchange(l.work_, {}));
      settle(l);
      l.state_ = lane::state::retired;
      --active_;
      if (!queue_.empty())
        wake_one();
      rouse();
      return false;
    }
    // What others still hold is theirs to end: to take it over now would start it.
    if (!stopped_by_ && find_work(l))
      return true;
    wait_for_work(l, held);
  }
}

bool station::find_work(lane& l) {
  // Above all, no limit that the stop has lowered may be raised again.
  if (stopped_by_)
    return false;
  if (!l.work_.empty()) {
    begin(l, std::move(l.work_));
    return true;
  }
  if (queue_.empty() && !fetch_gathered())
    return take_over(l);
  begin(l, queue_.take(sizes_.next(queue_.jobs(), active_)));
  if (!queue_.empty())
    wake_one();
  return true;
}

bool station::fetch_gathered() {
  queue_.push(door_.take_open());
  return !queue_.empty();
}

bool station::take_over(lane& l) {
  std::vector<policy::holding> busy;
  const auto now = ctx_.time().now();
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    if (const auto& other = *lanes_[i]; other.state_ == lane::state::busy)
      busy.push_back(
          {i, other.running_.load(std::memory_order_relaxed), other.work_.last, now - other.begun_});
  const auto choice = policy::choose_takeover(busy, sizes_.mean());
  if (!choice)
    return false;
  auto& from = *lanes_[choice->worker];
  from.limit_.store(choice->at, std::memory_order_relaxed);
  if (!heavy_fence()) {
    from.limit_.store(from.work_.last, std::memory_order_relaxed);
    return false;
  }
  // The job that is published may run, whatever the limit; all behind it and the limit may not.
  const auto at =
      std::min(std::max(choice->at, from.running_.load(std::memory_order_relaxed) + 1), from.work_.last);
  from.limit_.store(at, std::memory_order_relaxed);
  auto jobs = from.work_.take_back(at);
  if (jobs.empty())
    return false;
  begin(l, std::move(jobs));
  return true;
}

void station::begin(lane& l, job_span jobs) {
  if (l.state_ != lane::state::busy)
    peak_busy_ = std::max(peak_busy_, ++busy_);
  l.state_ = lane::state::busy;
  l.begun_ = ctx_.time().now();
  l.fine_ = sizes_.fine();
  l.may_nap_ = sizes_.brief();
  l.in_burst_ = jobs.size() > 1;
  l.running_.store(jobs.first, std::memory_order_relaxed);
  l.limit_.store(jobs.last, std::memory_order_relaxed);
  l.look_again_ = {};
  l.work_ = std::move(jobs);
  if (awaits_span_ && l.work_.size() > 1)
    outcome_ready_.notify_one();
  rouse();
}

policy::halt::decision station::report(lane& l, std::uint64_t stop, std::uint64_t ran, duration elapsed) {
  auto done = l.work_.take_front(stop - l.work_.first);
  if (ran > 0) {
    sizes_.observe(ran, elapsed);
    fine_.store(sizes_.fine(), std::memory_order_relaxed);
  }
  if (!done.empty()) {
    count_outcomes(l, done.size());
    // What is published counts for those who look on; it is in the books now.
    l.running_.store(l.work_.first, std::memory_order_relaxed);
    deliver({std::move(done), finished_span::how_t::ran, l.begun_, elapsed / static_cast<std::int64_t>(ran)});
  }
  settle(l);
  if (!halt_.watches())
    return policy::halt::decision::go_on;
  const auto so_far = count_books();
  return halt_.observe(so_far.completed, so_far.failed);
}

void station::settle(lane& l) {
  if (l.state_ != lane::state::busy || !l.work_.empty())
    return;
  l.work_ = {};
  l.state_ = lane::state::woken;
  --busy_;
}

void station::count_outcomes(lane& l, std::uint64_t ran) {
  const auto failed = std::exchange(l.failed_, 0);
  const auto canceled = std::exchange(l.canceled_, 0);
  l.filed_.reset();
  ended_.failed += failed;
  ended_.canceled += canceled;
  ended_.completed += ran - failed - canceled;
}

bool station::may_nap(lane& l) const {
  // Jobs that are done sooner than a lane is woken came thick and fast: several at once, or one while
  // another lane was at work or on its way. Whoever submits them gets on better without waking this
  // lane for each. A single caller who waits for each outcome finds no other lane at work.
  if (!std::exchange(l.may_nap_, false))
    return false;
  return l.in_burst_ || std::any_of(lanes_.begin(), lanes_.end(), [&l](const auto& other) {
           return other.get() != &l &&
                  (other->state_ == lane::state::busy || other->state_ == lane::state::woken);
         });
}

void station::wait_for_work(lane& l, lock_type& held) {
  if (may_nap(l)) {
    // It looks again soon, unless a full block wakes it before.
    l.state_ = lane::state::napping;
    l.wake_.wait_for(held, nap,
                     [&] { return l.state_ == lane::state::woken || retiring_ || active_ > target_; });
    l.state_ = lane::state::woken;
    return;
  }
  l.state_ = lane::state::idle;
  ++idle_;
  note_hunger();
  // Who puts a job into the gathering block after this look sees the hunger and passes it on.
  if (!fetch_gathered())
    sleep_for_news(l, held);
  if (l.state_ == lane::state::idle)
    wake(l);
}

void station::sleep_for_news(lane& l, lock_type& held) {
  const auto woken = [&] { return l.state_ == lane::state::woken || retiring_ || active_ > target_; };
  // While another lane is at work it may take jobs of which one is long: then those behind it wait
  // for somebody to come and look. No message tells of that, as nothing happens.
  auto at_work = false;
  auto worth_a_look = false;
  for (const auto& other : lanes_) {
    at_work |= other->state_ == lane::state::busy || other->state_ == lane::state::napping;
    worth_a_look |= unstarted(*other) > 0;
  }
  if (!at_work) {
    l.deaf_ = true;
    l.wake_.wait(held, woken);
    l.deaf_ = false;
    l.look_again_ = {};
    return;
  }
  l.look_again_ = worth_a_look ? 2 * policy::takeover_min
                               : std::clamp<duration>(2 * l.look_again_, 2 * policy::takeover_min, look_max);
  l.wake_.wait_for(held, l.look_again_, woken);
}

void station::wake(lane& l) {
  if (l.state_ == lane::state::idle) {
    --idle_;
    note_hunger();
  }
  l.state_ = lane::state::woken;
  l.wake_.notify_one();
}

void station::wake_one() {
  const auto sleeps = [](const auto& l) {
    return l->state_ == lane::state::idle || l->state_ == lane::state::napping;
  };
  const auto sleeper = std::find_if(lanes_.begin(), lanes_.end(), sleeps);
  if (sleeper != lanes_.end())
    wake(**sleeper);
}

// Keeps true: while jobs wait behind a running one, and some lane is idle, an idle lane looks after them.
void station::rouse() {
  const auto behind = [this](const auto& l) { return unstarted(*l) > 0; };
  if (idle_ == 0 || std::none_of(lanes_.begin(), lanes_.end(), behind))
    return;
  const auto sleeper = std::find_if(lanes_.begin(), lanes_.end(),
                                    [](const auto& l) { return l->deaf_ && l->state_ == lane::state::idle; });
  if (sleeper != lanes_.end())
    wake(**sleeper);
}

std::uint64_t station::unstarted(const lane& l) const noexcept {
  if (l.state_ != lane::state::busy)
    return 0;
  return l.work_.last - std::min(l.work_.last, l.running_.load(std::memory_order_relaxed) + 1);
}

void station::note_hunger() {
  door_.set_hungry(idle_ > 0 || stopped_by_.has_value());
}

// -- outcomes -------------------------------------------------------------------------------------

void station::deliver(finished_span piece) {
  if (!options_.collected)
    return;
  const auto sequence = piece.jobs.block->sequence() + piece.jobs.first;
  const auto size = piece.jobs.size();
  if (discarding_) {
    door_.release(size);
    dead_.push_back(std::move(piece.jobs.block));
    return;
  }
  outcomes_.add(sequence, size, std::move(piece));
  if (outcomes_.ready())
    outcome_ready_.notify_one();
}

void station::end_unstarted(job_span jobs, finished_span::how_t how) {
  if (jobs.empty())
    return;
  const auto canceled = jobs.block->cancel(jobs.first, jobs.last, *stop_error_);
  ended_.canceled += canceled;
  ended_.completed += jobs.size() - canceled;
  if (!options_.collected) {
    door_.release(canceled);
    dead_.push_back(std::move(jobs.block));
    return;
  }
  deliver({std::move(jobs), how, {}, {}, stop_error_});
}

bool station::collect(std::vector<finished_span>& out) {
  lock_type held{mutex_};
  const auto over = [this] {
    return discarding_ || outcomes_.ready() || (complete() && outcomes_.held() == 0);
  };
  while (!over()) {
    if (!holds_spans()) {
      awaits_span_ = true;
      outcome_ready_.wait(held, [&] { return over() || holds_spans(); });
      awaits_span_ = false;
    } else if (!outcome_ready_.wait_for(held, harvest_after, over)) {
      harvest();
    }
  }
  if (!outcomes_.ready())
    return false;
  outcomes_.take(out);
  return true;
}

bool station::holds_spans() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const auto& l) { return l->state_ == lane::state::busy && l->work_.size() > 1; });
}

/// A lane reports at the end of its span. If one of its jobs turns out to be long, the outcomes of those
/// before it would wait for it.
void station::harvest() {
  for (auto& l : lanes_)
    if (l->state_ == lane::state::busy)
      deliver_passed(*l);
}

void station::deliver_passed(lane& l) {
  const auto at = std::clamp(l.running_.load(std::memory_order_acquire), l.work_.first, l.work_.last);
  auto done = l.work_.take_front(at - l.work_.first);
  if (done.empty())
    return;
  // What was filed last may be about the job that still runs: that one has not passed yet.
  const auto filed = l.filed_ && l.filed_->first >= at ? l.filed_ : std::nullopt;
  if (filed)
    --l.filed_count(filed->second);
  count_outcomes(l, done.size());
  if (filed) {
    ++l.filed_count(filed->second);
    l.filed_ = filed;
  }
  if (options_.collected)
    deliver({std::move(done), finished_span::how_t::ran, l.begun_, sizes_.mean()});
}

void station::taken(std::uint64_t n) {
  door_.release(n);
  taken_ += n;
  if (!closing_)
    return;
  lock_type held{mutex_};
  check_rest(held);
}

void station::discard() {
  lock_type held{mutex_};
  discarding_ = true;
  std::vector<finished_span> left;
  outcomes_.take_all(left);
  for (auto& piece : left) {
    door_.release(piece.jobs.size());
    dead_.push_back(std::move(piece.jobs.block));
  }
  outcome_ready_.notify_all();
  check_rest(held);
}

// -- errors and the end ---------------------------------------------------------------------------

void station::note_error(lane& l, std::uint64_t i, outcome_kind kind, const caf::error& why) {
  lock_type held{mutex_};
  if (l.state_ == lane::state::abandoned)
    return;
  ++l.filed_count(kind);
  l.filed_ = {i, kind};
  if (kind != outcome_kind::failed)
    return;
  const auto index = l.work_.block->sequence() + i;
  if (!root_)
    root_ = root_error{index, why};
  if (!halt_.watches())
    return;
  const auto so_far = count_books();
  const auto decision = halt_.observe(so_far.completed, so_far.failed);
  if (decision == policy::halt::decision::go_on)
    return;
  held.unlock();
  act_on_halt(decision, "job " + std::to_string(index) + " failed: " + text_of(why));
}

void station::act_on_halt(policy::halt::decision d, const std::string& reason) {
  cause why{ec::canceled, "halt", "rule \"" + to_string(options_.halt) + "\", " + reason};
  if (d == policy::halt::decision::stop_now)
    ctx_.cancel(std::move(why));
  else
    stop(why);
}

void station::stop(const cause& why) {
  const auto error = std::make_shared<const caf::error>(make_error(why.code, to_string(why)));
  lock_type held{mutex_};
  // At rest there is nothing to stop, and the cause would be taken for that of the end.
  if (stopped_by_ || rest_told_)
    return;
  door_.close(*error);
  closing_ = true;
  stopped_by_ = why;
  stop_error_ = error;
  // From now on a job that was admitted a moment ago is passed on at once, and ends in `offer`.
  note_hunger();
  for (auto& l : lanes_)
    l->limit_.store(0, std::memory_order_relaxed);
  if (heavy_fence())
    for (auto& l : lanes_)
      cancel_unstarted(*l);
  for (auto& jobs : queue_.take_all())
    end_unstarted(std::move(jobs), finished_span::how_t::canceled);
  end_unstarted(door_.take_open(), finished_span::how_t::canceled);
  check_rest(held);
}

void station::cancel_unstarted(lane& l) {
  if (l.state_ != lane::state::busy)
    return;
  // As in a takeover: the job that is published may run, those behind it may not.
  const auto at = std::min(l.running_.load(std::memory_order_relaxed) + 1, l.work_.last);
  end_unstarted(l.work_.take_back(at), finished_span::how_t::canceled);
}

std::vector<straggler> station::abandon() {
  stop(ctx_.why().value_or(cause{ec::canceled, "shutdown", "what still runs is written off"}));
  lock_type held{mutex_};
  std::vector<straggler> names;
  for (auto& l : lanes_)
    if (l->state_ == lane::state::busy)
      names.push_back(write_off(*l));
  check_rest(held);
  return names;
}

straggler station::write_off(lane& l) {
  l.state_ = lane::state::abandoned;
  --busy_;
  --active_;
  ++abandoned_;
  ++lost_;
  const auto name = name_running(l);
  deliver_passed(l);
  auto rest = std::exchange(l.work_, {});
  if (!rest.empty())
    end_unstarted(rest.take_front(1), finished_span::how_t::abandoned);
  end_unstarted(std::move(rest), finished_span::how_t::canceled);
  return name;
}

void station::wait_for_lost_lanes() const {
  lock_type held{mutex_};
  rest_changed_.wait(held, [this] { return lost_ == 0; });
}

std::vector<straggler> station::running() const {
  lock_type held{mutex_};
  std::vector<straggler> all;
  for (const auto& l : lanes_)
    if (l->state_ == lane::state::busy)
      all.push_back(name_running(*l));
  return all;
}

straggler station::name_running(const lane& l) const {
  // Past its last job a lane is still busy with handing it over.
  const auto at = std::min(l.running_.load(std::memory_order_relaxed), l.work_.last - 1);
  return {l.number_, l.work_.block->sequence() + at, ctx_.time().now() - l.begun_};
}

bool station::complete() const {
  const auto at_door = door_.count();
  return at_door.closed && ended_.ended() == at_door.admitted;
}

bool station::at_rest() const {
  lock_type held{mutex_};
  return complete() && all_taken();
}

bool station::all_taken() const {
  return !options_.collected || discarding_ || taken_ == ended_.ended();
}

void station::wait_for_rest() const {
  lock_type held{mutex_};
  rest_changed_.wait(held, [this] { return rest_told_; });
}

void station::on_rest(std::function<void()> hook) {
  lock_type held{mutex_};
  if (rest_told_) {
    held.unlock();
    hook();
    return;
  }
  rest_hook_ = std::move(hook);
}

void station::bury(lock_type& held) {
  if (dead_.empty())
    return;
  auto gone = std::exchange(dead_, {});
  held.unlock();
  gone.clear();
  held.lock();
}

void station::check_rest(lock_type& held) {
  bury(held);
  if (!closing_ || rest_told_ || !complete())
    return;
  // The one who collects may wait for an end that needs no further outcome.
  if (options_.collected)
    outcome_ready_.notify_all();
  if (!all_taken())
    return;
  rest_told_ = true;
  rest_changed_.notify_all();
  if (!rest_hook_)
    return;
  const auto hook = std::exchange(rest_hook_, {});
  held.unlock();
  hook();
  held.lock();
}

// -- looking on -----------------------------------------------------------------------------------

policy::books station::count_books() const {
  auto all = ended_;
  for (const auto& l : lanes_) {
    if (l->state_ != lane::state::busy)
      continue;
    const auto failed = l->failed_;
    const auto canceled = l->canceled_;
    const auto at = std::clamp(l->running_.load(std::memory_order_relaxed), l->work_.first, l->work_.last);
    const auto passed = std::max(at - l->work_.first, failed + canceled);
    all.failed += failed;
    all.canceled += canceled;
    all.completed += passed - failed - canceled;
  }
  return all;
}

station::snapshot station::look() const {
  lock_type held{mutex_};
  const auto at_door = door_.count();
  snapshot s;
  s.books = count_books();
  s.books.offered = at_door.offered;
  s.books.admitted = at_door.admitted;
  s.books.rejected = at_door.rejected;
  s.running = busy_;
  s.peak_running = peak_busy_;
  s.idle = idle_;
  s.queued = s.books.open() - std::min<std::uint64_t>(s.books.open(), busy_);
  s.parallelism = target_;
  s.capacity = at_door.capacity;
  s.used = at_door.used;
  s.abandoned = abandoned_;
  return s;
}

std::optional<root_error> station::root() const {
  lock_type held{mutex_};
  return root_;
}

std::optional<cause> station::stopped_by() const {
  lock_type held{mutex_};
  return stopped_by_;
}

}  // namespace weir
