#include <weir/actors/station.hpp>

#include <algorithm>

namespace weir {

namespace {

/// How long outcomes may wait in a span before the collector fetches them. Most spans end before.
constexpr duration harvest_after = std::chrono::milliseconds{1};

std::uint64_t next_id() noexcept {
  struct counter {
    std::atomic<std::uint64_t> last{0};
  };
  return ++sync::of_this_process<counter>().last;
}

}  // namespace

bool lane::is_late() const noexcept {
  return ctx_.canceled() && !station_.jobs_ctx_.canceled() && ctx_.why()->code == ec::deadline_exceeded;
}

bool lane::repeats(caf::error& why, bool there) noexcept {
  const auto again = there && station_.plan_repeat(*this, why);
  if (again && station_.observer_)
    last_ = {attempt_end::how_t::repeats, {}, why};
  return again;
}

outcome_kind lane::ended_with(std::uint64_t i, const caf::error& why) noexcept {
  const auto kind = station_.jobs_ctx_.explains(why) ? outcome_kind::canceled : outcome_kind::failed;
  if (station_.observer_)
    last_ = {
        kind == outcome_kind::failed ? attempt_end::how_t::failed : attempt_end::how_t::canceled, {}, why};
  return station_.note_error(*this, i, kind, why) ? kind : outcome_kind::canceled;
}

const context& lane::starts() const noexcept {
  return *station_.starts_;
}

void lane::release_slot() noexcept {
  station_.door_.release(1);
}

station::station(station_options options, const context& parent)
    : id_(next_id()),
      options_(std::move(options)),
      ctx_(context::with_cancel(parent)),
      observer_(ctx_.observer() ? ctx_.observer()->watch(options_.name, ctx_.time().now()) : nullptr),
      jobs_ctx_(observer_ ? context::with_observer(ctx_, observer_->of_jobs()) : context::with_cancel(ctx_)),
      starts_(options_.sends_jobs ? std::optional{context::with_cancel(context::background())}
                                  : std::nullopt),
      door_(options_.capacity),
      retry_(options_.retry, options_.retry.repeats() ? sync::random_seed() : 0),
      // Where each outcome is looked at before the next job, where each job has a time limit or a key, where
      // an observer is told of each, and where nothing can be taken back from a lane, a lane holds no more
      // than it runs.
      sizes_(options_.halt.counts_completed() || options_.timeouts.watch_jobs() || options_.keyed ||
                     observer_ || !has_asymmetric_fence()
                 ? 1
                 : options_.batch_max,
             options_.sends_jobs ? policy::batch_size::target_elsewhere : policy::batch_size::target),
      outcomes_(options_.ordered),
      halt_(options_.halt) {
  // Callbacks are made in the reverse order of their registration: this one before the jobs' context.
  on_cancel_ = ctx_.on_cancel([this] {
    const auto why = *ctx_.why();
    {
      const lock_type held{mutex_};
      stop_starting(why);
    }
    // What runs hears of it before what has waited is destroyed, which may take its time.
    jobs_ctx_.cancel(why);
    look_for_rest();
  });
  // A job that cancels the context it was given means the run.
  on_jobs_cancel_ = jobs_ctx_.on_cancel([this] { ctx_.cancel(*jobs_ctx_.why()); });
  detail::register_station(*this);
}

station::~station() {
  detail::forget_station(*this);
}

// -- input ----------------------------------------------------------------------------------------

void station::offer(job_span jobs) {
  if (jobs.empty())
    return;
  lock_type held{mutex_};
  if (stopped_by_) {
    end_unstarted(std::move(jobs));
    check_rest(held);
    return;
  }
  enqueue(std::move(jobs));
  wake_one();
}

void station::enqueue(job_span jobs) {
  if (!options_.keyed) {
    queue_.push(std::move(jobs));
  } else if (!jobs.empty()) {
    const auto& b = *jobs.block;
    if (auto next = lines_.arrive(b.key(), b.opened(), std::move(jobs)))
      queue_.push(std::move(*next));
  }
  arm_queue_alarm();
}

void station::leave_line(std::optional<std::uint64_t> key) {
  if (!key)
    return;
  auto next = lines_.leave(*key);
  if (!next)
    return;
  // It may have come before others that are queued.
  queue_.insert(std::move(*next), [](const job_span& s) { return s.block->opened(); });
  wake_one();
}

/// Takes the job that was admitted first out of those that wait to be started, if it was admitted before, or
/// at, `before`.
std::optional<job_span> station::take_oldest(std::optional<time_point> before) {
  const auto in_line = lines_.oldest();
  const auto queued = queue_.empty() ? std::nullopt : std::optional{queue_.front().block->opened()};
  const auto oldest = !in_line || (queued && *queued <= *in_line) ? queued : in_line;
  if (!oldest || (before && *oldest > *before))
    return std::nullopt;
  if (oldest != queued)
    return lines_.take_oldest();
  auto job = queue_.take(1);
  if (options_.keyed)
    leave_line(job.block->key());
  return job;
}

bool station::drop_oldest() {
  lock_type held{mutex_};
  enqueue(door_.take_open());
  auto job = stopped_by_ ? std::nullopt : take_oldest(std::nullopt);
  if (!job)
    return false;
  ++dropped_;
  end_one(std::move(*job), {outcome_kind::canceled, 0, ctx_.time().now()},
          make_error(ec::overloaded, "dropped to make room for a newer job"), false, std::nullopt);
  check_rest(held);
  return true;
}

void station::look_for_rest() {
  lock_type held{mutex_};
  check_rest(held);
}

void station::close(caf::error why) {
  door_.close(std::move(why));
  closing_ = true;
  lock_type held{mutex_};
  check_rest(held);
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

void station::end_unstarted(job_span jobs, unsigned attempt) {
  if (jobs.empty())
    return;
  const forced_end how{outcome_kind::canceled, attempt};
  ended_.canceled += jobs.size();
  if (observer_)
    untold_.push_back({jobs, attempt, outcome_kind::canceled, ctx_.time().now(), *stop_error_});
  if (options_.collected) {
    deliver({std::move(jobs), how, stop_error_});
    return;
  }
  jobs.block->end(jobs.first, jobs.last, how, stop_error_);
  door_.release(jobs.size());
  dead_.push_back(std::move(jobs.block));
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

bool station::runs_job(const std::unique_ptr<lane>& l) noexcept {
  return l->state_ == lane::state::busy && l->running_.load(std::memory_order_relaxed) < l->work_.last;
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
  const auto ran = l.in_burst_ ? sizes_.mean() : ctx_.time().now() - l.begun_;
  auto done = l.work_.take_front(at - l.work_.first);
  if (done.empty())
    return;
  // What was filed last may be about the job that still runs: that one has not passed yet.
  const auto filed = l.filed_ && l.filed_->first >= at ? l.filed_ : std::nullopt;
  if (filed)
    --l.filed_count(filed->second);
  note_outcome(l, done);
  count_outcomes(l, done.size());
  if (filed) {
    ++l.filed_count(filed->second);
    l.filed_ = filed;
  }
  if (options_.collected)
    deliver({std::move(done), {outcome_kind::completed, l.attempt_, l.begun_, ran}});
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
  s.running = static_cast<std::uint64_t>(std::count_if(lanes_.begin(), lanes_.end(), runs_job));
  s.canceling = canceling_;
  s.peak_running = peak_busy_;
  s.untaken = options_.collected && !discarding_ ? s.books.ended() - taken_ : 0;
  s.backing_off = backing_off_;
  s.retries = retries_;
  s.dropped = dropped_;
  s.idle = idle_;
  // What has failed and is not put aside yet still counts as running.
  s.queued = std::max(s.books.open() - std::min(s.books.open(), s.running), backing_off_);
  s.parallelism = target_;
  s.capacity = at_door.capacity;
  s.used = at_door.used;
  s.abandoned = abandoned_;
  return s;
}

policy::stall::sight station::sight() const {
  lock_type held{mutex_};
  const auto admitted = door_.count().admitted;
  const auto ended = count_books().ended();
  const auto rests = [](const auto& l) {
    return l->state_ == lane::state::idle || l->state_ == lane::state::retired ||
           l->state_ == lane::state::abandoned;
  };
  const auto no_lane = std::all_of(lanes_.begin(), lanes_.end(), rests) && idle_ == active_;
  // What is with a receiver of the application's own is none of the station's business.
  const auto received = receiver_ && !all_taken();
  policy::stall::sight s;
  s.moves = begun_ + ended + taken_;
  s.open = admitted > ended || outcomes_.held() > 0 || received;
  s.at_work = !no_lane || outcomes_.ready() || (received && ended_.ended() > taken_ + outcomes_.held());
  s.due = backing_off_ > 0;
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
