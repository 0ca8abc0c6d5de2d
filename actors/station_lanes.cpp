/// The lanes of a station: how they come, what they take, when they sleep, and how they go.

#include <weir/actors/policy/routing.hpp>
#include <weir/actors/station.hpp>

#include <algorithm>
#include <cassert>

namespace weir {

namespace {

/// How long a lane that is used to short jobs waits before it asks to be woken.
constexpr duration nap = std::chrono::microseconds{50};

/// How long an idle lane sleeps at most before it looks whether a busy one is stuck in a long job with
/// others behind it.
constexpr duration look_max = std::chrono::milliseconds{1};

/// The lane whose thread this is.
lane*& own_lane() noexcept {
  struct tag;
  return sync::of_this_thread<tag, lane>();
}

}  // namespace

lane* lane::current() noexcept {
  return own_lane();
}

std::size_t station::resize(std::size_t parallelism) {
  lock_type held{mutex_};
  if (rest_told_)
    return 0;
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

void station::expect_lane() {
  assert(!options_.timeouts.run && !options_.timeouts.queue);
  lock_type held{mutex_};
  target_ = std::max(target_, ++active_);
}

station::lane_end station::serve() {
  const auto keep = shared_from_this();
  lock_type held{mutex_};
  auto& l = add_lane();
  // A thread that is lent may be that of a lane elsewhere.
  auto* const outer = std::exchange(own_lane(), &l);
  sync::name_this_thread([&] { return "lane " + std::to_string(l.number_) + " of " + options_.name; });
  while (l.state_ != lane::state::abandoned && pull(l, held))
    run_span(l, held);
  const auto end = l.state_ == lane::state::abandoned ? lane_end::written_off : lane_end::retired;
  own_lane() = outer;
  remove_lane(l);
  if (end == lane_end::written_off) {
    --lost_;
    rest_changed_.notify_all();
    lose_overdue(held);
  }
  return end;
}

void station::run_span(lane& l, lock_type& held) {
  auto block = l.work_.block;
  const auto first = l.work_.first;
  held.unlock();
  if (options_.timeouts.run)
    limit_attempt(l);
  // Timed without the lock: waiting for it is not the jobs' doing.
  const auto begun = ctx_.time().now();
  const auto stop = observer_ ? run_observed(l, *block, first, begun) : block->run(first, l);
  const auto elapsed = l.charged_ ? l.charged_->ran : ctx_.time().now() - begun;
  if (options_.timeouts.run)
    end_limit(l);
  held.lock();
  std::optional<halting> halt;
  if (l.state_ == lane::state::canceling)
    stop_canceling(l);
  else if (l.state_ != lane::state::abandoned)
    halt = report(l, stop, stop - first, elapsed);
  l.attempt_id_ = 0;
  auto grace = std::exchange(l.grace_alarm_, {});
  held.unlock();
  grace.reset();
  if (l.repeat_)
    arm_repeat(*std::exchange(l.repeat_, std::nullopt));
  if (halt)
    act_on_halt(*halt);
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
  while (l.state_ != lane::state::abandoned) {
    if (stopped_by_) {
      end_unstarted(std::exchange(l.work_, {}), l.attempt_ - 1);
      end_all_unstarted();
      settle(l);
      check_rest(held);
    }
    if (active_ > target_ || (lanes_may_go() && l.work_.empty() && !has_work())) {
      give_back(l);
      settle(l);
      l.state_ = lane::state::retired;
      --active_;
      if (has_work())
        wake_one();
      rouse();
      return false;
    }
    // It lets go of the lock: what was asked for meanwhile comes first.
    if (options_.timeouts.queue && expire_queued(held))
      continue;
    // What others still hold is theirs to end: to take it over now would start it.
    if (!stopped_by_ && find_work(l))
      return true;
    wait_for_work(l, held);
  }
  return false;
}

void station::give_back(lane& l) {
  l.key_.reset();
  auto jobs = std::exchange(l.work_, {});
  if (l.attempt_ > 1 && !jobs.empty())
    repeats_due_.push_front({std::move(jobs), l.attempt_, std::move(l.lost_)});
  else
    queue_.give_back(std::move(jobs));
}

bool station::find_work(lane& l) {
  // Above all, no limit that the stop has lowered may be raised again.
  if (stopped_by_)
    return false;
  if (!l.work_.empty()) {
    begin(l, std::move(l.work_), l.attempt_, std::move(l.lost_));
    return true;
  }
  if (!repeats_due_.empty()) {
    auto again = std::move(repeats_due_.front());
    repeats_due_.pop_front();
    begin(l, std::move(again.job), again.attempt, std::move(again.lost));
    if (has_work())
      wake_one();
    return true;
  }
  // What gathers is worth more after a nap, unless that has just been.
  if (queue_.empty() && (may_nap(l) || !fetch_gathered()))
    return take_over(l);
  begin(l, queue_.take(sizes_.next(queue_.jobs(), active_)), 1);
  if (!queue_.empty())
    wake_one();
  return true;
}

bool station::fetch_gathered() {
  enqueue(door_.take_open());
  return !queue_.empty();
}

bool station::take_over(lane& l) {
  std::vector<policy::holding> busy;
  const auto now = ctx_.time().now();
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    if (const auto& other = *lanes_[i]; other.state_ == lane::state::busy)
      busy.push_back({i, other.first_unstarted() - 1, other.work_.last, now - other.begun_});
  const auto choice = policy::choose_takeover(busy, sizes_.mean());
  if (!choice)
    return false;
  auto& from = *lanes_[choice->worker];
  sync::interleave();
  from.limit_.store(choice->at, std::memory_order_relaxed);
  if (!heavy_fence()) {
    from.limit_.store(from.work_.last, std::memory_order_relaxed);
    return false;
  }
  // What is published may run, whatever the limit; all behind it and the limit may not.
  const auto at = std::min(std::max(choice->at, from.first_unstarted()), from.work_.last);
  from.limit_.store(at, std::memory_order_relaxed);
  auto jobs = from.work_.take_back(at);
  if (jobs.empty())
    return false;
  begin(l, std::move(jobs), 1);
  return true;
}

void station::begin(lane& l, job_span jobs, unsigned attempt, lost_attempts lost) {
  if (l.state_ != lane::state::busy)
    peak_busy_ = std::max(peak_busy_, ++busy_);
  l.state_ = lane::state::busy;
  l.attempt_ = attempt;
  l.lost_ = std::move(lost);
  l.key_ = options_.keyed ? std::optional{jobs.block->key()} : std::nullopt;
  l.attempt_id_ = options_.timeouts.run ? ++last_attempt_id_ : 0;
  retries_ += attempt > 1 ? 1 : 0;
  ++begun_;
  l.begun_ = ctx_.time().now();
  // The time of a single job is that of its span, which is longer by what an observer does.
  l.fine_ = !sizes_.brief() && (jobs.size() > 1 || observer_);
  l.may_nap_ = sizes_.brief() && !options_.sends_jobs;
  l.in_burst_ = jobs.size() > 1;
  l.running_.store(jobs.first, std::memory_order_relaxed);
  l.claimed_.store(0, std::memory_order_relaxed);
  l.charged_.reset();
  l.limit_.store(jobs.last, std::memory_order_relaxed);
  l.look_again_ = {};
  l.work_ = std::move(jobs);
  if (awaits_span_ && l.work_.size() > 1)
    outcome_ready_.notify_one();
  rouse();
}

std::optional<station::halting> station::report(lane& l, std::uint64_t stop, std::uint64_t ran,
                                                duration elapsed) {
  auto done = l.work_.take_front(stop - l.work_.first);
  const auto executed = ran + (l.repeat_ ? 1 : 0);
  if (executed > 0) {
    sizes_.observe(l.charged_ ? l.charged_->jobs : executed, elapsed);
    fine_.store(observer_ || !sizes_.brief(), std::memory_order_relaxed);
  }
  if (!done.empty()) {
    note_outcome(l, done);
    count_outcomes(l, done.size());
    // What is published counts for those who look on; it is in the books now.
    l.running_.store(l.work_.first, std::memory_order_relaxed);
    deliver({std::move(done),
             {outcome_kind::completed, l.attempt_, l.begun_, elapsed / static_cast<std::int64_t>(executed)}});
  }
  if (l.repeat_)
    put_aside(l);
  settle(l);
  const auto decision = observe_outcomes();
  if (decision == policy::halt::decision::go_on)
    return std::nullopt;
  return begin_halt(decision, "its count was reached");
}

void station::settle(lane& l) {
  if (l.state_ != lane::state::busy || !l.work_.empty())
    return;
  l.work_ = {};
  l.state_ = lane::state::woken;
  --busy_;
  leave_line(std::exchange(l.key_, std::nullopt));
}

void station::count_outcomes(lane& l, std::uint64_t ran) {
  const auto failed = std::exchange(l.failed_, 0);
  const auto canceled = std::exchange(l.canceled_, 0);
  l.filed_.reset();
  ended_.failed += failed;
  ended_.canceled += canceled;
  ended_.completed += ran - failed - canceled;
}

bool station::may_nap(const lane& l) const {
  // Jobs that are done sooner than a lane is woken came thick and fast: several at once, or one while
  // another lane was at work or on its way. Whoever submits them gets on better without waking this
  // lane for each. A single caller who waits for each outcome finds no other lane at work.
  const auto at_work = [&l](const auto& other) {
    return other.get() != &l && (other->state_ == lane::state::busy || other->state_ == lane::state::woken);
  };
  return l.may_nap_ && (l.in_burst_ || std::any_of(lanes_.begin(), lanes_.end(), at_work));
}

void station::wait_for_work(lane& l, lock_type& held) {
  const auto naps = may_nap(l);
  l.may_nap_ = false;
  if (naps) {
    // It looks again soon, unless a full block wakes it before.
    l.state_ = lane::state::napping;
    l.wake_.wait_for(held, nap, [&] { return l.state_ == lane::state::woken || lanes_may_go(); });
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
  const auto woken = [&] { return l.state_ == lane::state::woken || lanes_may_go(); };
  // While another lane is at work it may take jobs of which one is long: then those behind it wait
  // for somebody to come and look. No message tells of that, as nothing happens.
  auto at_work = false;
  auto worth_a_look = false;
  for (const auto& other : lanes_) {
    at_work |= other->state_ == lane::state::busy || other->state_ == lane::state::napping;
    worth_a_look |= unstarted(*other) > 0;
  }
  // Who has looked in vain for so long is woken by the next one that takes several jobs.
  if (!at_work || (!worth_a_look && l.look_again_ == look_max)) {
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
  // After a stop what a lane holds is its own to end.
  if (stopped_by_ || l.state_ != lane::state::busy)
    return 0;
  return l.work_.last - std::min(l.work_.last, l.first_unstarted());
}

void station::note_hunger() {
  door_.set_hungry(idle_ > 0 || stopped_by_.has_value());
}

}  // namespace weir
