#pragma once

/// The place where jobs meet workers: what the actors of one stage share. Behind one lock it holds the
/// queue, what each lane has, the way to the outcomes, and the books; every decision is a policy's.
/// Jobs and outcomes pass through here a span at a time and never through a mailbox; the actors
/// start, watch, resize and end what happens here.
///
/// Invariants: each admitted job is in exactly one of the gathering block, a call of `offer` or `fail`, the
/// line of its key, the queue, one lane, the jobs that wait for another attempt, the fan-in, or has been
/// handed over (P1); at most `parallelism` lanes that are not on their way out hold work, or are still in a
/// job that has ended (P2); nothing starts after `stop` (P5): a job counts as started once its lane has found
/// it allowed, so one a lane may be between that look and its first instruction.
///
/// User code never runs under the lock: neither tasks nor the destructors of jobs. (Under the door's, jobs
/// are moved into their block.)
///
/// Owned by `shared_ptr`: by its run, its actors and its lanes. All members are thread-safe.

#include <weir/actors/adaptive_condition.hpp>
#include <weir/actors/adaptive_mutex.hpp>
#include <weir/actors/context.hpp>
#include <weir/actors/door.hpp>
#include <weir/actors/job_block.hpp>
#include <weir/actors/lane.hpp>
#include <weir/actors/policy/batch_size.hpp>
#include <weir/actors/policy/books.hpp>
#include <weir/actors/policy/fan_in.hpp>
#include <weir/actors/policy/halt.hpp>
#include <weir/actors/policy/key_lines.hpp>
#include <weir/actors/policy/retry.hpp>
#include <weir/actors/policy/stall.hpp>
#include <weir/actors/policy/timeouts.hpp>
#include <weir/actors/policy/wait_graph.hpp>
#include <weir/actors/policy/work_queue.hpp>
#include <weir/actors/sync.hpp>
#include <weir/actors/waits.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct station_options {
  std::string name = "stage";
  std::uint64_t capacity = 1;
  std::size_t parallelism = 1;
  policy::halt_rule halt = {};
  policy::retry_rule retry = {};
  /// Which errors are worth another attempt; none: all. Called on the lanes, several at a time.
  std::function<bool(const caf::error&)> retry_if = {};
  policy::timeouts timeouts = {};
  /// Jobs of one key run one after the other, in the order in which they came. Each block has one job.
  bool keyed = false;
  /// Outcomes are taken from here with `collect`; else their blocks hand them over by themselves.
  bool collected = false;
  /// Collected outcomes come in the order of their jobs' sequence numbers.
  bool ordered = false;
  /// The most jobs that one span may hold.
  std::uint64_t batch_max = policy::batch_size::jobs_max;
  /// Its jobs are done elsewhere: a lane sends some at a time, and waits for them.
  bool sends_jobs = false;
};

/// The outcomes of consecutive jobs of one block.
struct finished_span {
  job_span jobs;
  /// `begun`: when the lane took them; `ran`: the time of one, where they were not timed one by one.
  forced_end how;
  /// Null: the block has their outcomes. Else they have none there, but ended as `how` says.
  std::shared_ptr<const caf::error> why = {};
  bool in_use = false;  ///< a thread may still be in the job
};

/// The first failure of a run.
struct root_error {
  std::uint64_t index = 0;
  caf::error why;
};

/// A job that is running.
struct straggler {
  std::size_t lane = 0;
  std::uint64_t index = 0;
  duration since{};       ///< how long its lane has held the span it is in
  std::string name = {};  ///< what its task calls it; often nothing
  bool ended = false;     ///< it has its outcome, which its lane hands over just now
};

class station : public std::enable_shared_from_this<station> {
public:
  station(station_options options, const context& parent);
  ~station();
  station(const station&) = delete;
  station& operator=(const station&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return options_.name; }
  [[nodiscard]] const context& ctx() const noexcept { return ctx_; }
  [[nodiscard]] door& entrance() noexcept { return door_; }
  /// As its options say.
  [[nodiscard]] bool sends_jobs() const noexcept { return options_.sends_jobs; }

  // -- input --------------------------------------------------------------------------------------

  /// Queues admitted jobs and wakes a lane.
  void offer(job_span jobs);

  /// Ends the job that has waited longest without being started, as canceled; its slot is free then, or,
  /// where outcomes are collected, when its outcome has been taken. False if none waits.
  [[nodiscard]] bool drop_oldest();

  /// To be called after an admission was taken back: it may have been all that was left.
  void look_for_rest();

  /// No more input: later offers are refused with `why`.
  void close(caf::error why);

  // -- lanes --------------------------------------------------------------------------------------

  /// More lanes than this are not started, whoever asks for them.
  static constexpr std::size_t lanes_max = 1024;

  /// Sets how many lanes there are to be, from 1 to `lanes_max`; returns how many must be started
  /// for it: none at rest.
  std::size_t resize(std::size_t parallelism);

  /// How a lane came to its end.
  enum class lane_end : std::uint8_t { retired, written_off };

  /// Counts a lane that `resize` need not ask for: its thread is lent by somebody who waits for the end of
  /// the run, and calls `serve`. Comes before the first `resize`. Not where attempts have time limits: what
  /// follows from those is set up as the actors start.
  void expect_lane();

  /// Runs a lane until it is retired or written off, or the run is at rest. The calling thread is the
  /// stage's meanwhile.
  lane_end serve();

  /// Says that one of the lanes that `resize` asked for can't be started. Returns how many there are.
  std::size_t lane_missing();

  /// Lets the lanes go as soon as they have no work.
  void retire();

  // -- outcomes -----------------------------------------------------------------------------------

  /// Waits for outcomes and moves all that are ready to `out`. False when there are none left and
  /// none will come.
  bool collect(std::vector<finished_span>& out);

  /// Says that the outcomes of `n` collected jobs have been taken: frees their slots.
  void taken(std::uint64_t n);

  /// Whether a thread of the stage's own hands outcomes over; told by `receiver_mark`.
  void set_receiver(bool there) noexcept { receiver_ = there; }

  /// Says that nobody will collect any more: outcomes are dropped, `collect` returns false, and rest
  /// no longer depends on what has been taken.
  void discard();
  [[nodiscard]] bool discards() const noexcept { return discarding_; }

  // -- the end ------------------------------------------------------------------------------------

  /// Starts nothing more: what has not started ends canceled, what runs goes on. Called when the
  /// context is canceled, and by a halt rule that says "soon". At rest it does nothing.
  void stop(const cause& why);

  /// Stops, and writes off every lane that still runs a job: the job ends canceled, its thread is
  /// left to itself and what it returns is dropped. Returns the jobs.
  std::vector<straggler> abandon();

  /// Waits until no lane that was written off runs user code any more; for callers whose jobs use
  /// what is theirs. Blocks for as long as such a job does.
  void wait_for_lost_lanes() const;

  [[nodiscard]] std::vector<straggler> running() const;

  /// True once the input is closed and each admitted job has its outcome (and it has been taken,
  /// where outcomes are collected).
  [[nodiscard]] bool at_rest() const;

  /// Waits for that.
  void wait_for_rest() const;

  /// Calls `hook` once at rest, on the thread that brought it about, without a lock held.
  void on_rest(std::function<void()> hook);

  /// Calls `hook` whenever a lane was written off because its job went on after its time limit and grace;
  /// from a thread of the clock's. To be set before the first job.
  void on_lane_lost(std::function<void(const straggler&)> hook) { lane_lost_hook_ = std::move(hook); }

  /// How to run, on a thread that user code may hold up, what follows from an alarm; an error if there is no
  /// thread. Not set: on the clock's. To be set before the first job.
  using errand_runner = std::function<caf::error(std::function<void()>)>;
  void run_errands_with(errand_runner run) { errand_runner_ = std::move(run); }

  // -- who waits for whom -------------------------------------------------------------------------

  /// Names this station among all that the process has ever had.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

  /// The nodes of the graph of waits.
  [[nodiscard]] static std::uint64_t node_of(const lane& l) noexcept;
  [[nodiscard]] static std::uint64_t node_of_receiver(const station& s) noexcept;
  [[nodiscard]] static std::uint64_t node_of_workers(const station& s) noexcept;
  [[nodiscard]] static bool is_workers(std::uint64_t node) noexcept;

  /// Who has to go on so that some lane is free.
  [[nodiscard]] policy::awaited_nodes who_is_at_work() const;

  /// Who has to go on so that this wait ends.
  [[nodiscard]] policy::awaited_nodes who_ends(const awaited& what) const;

  /// What messages call it: "job 3 of "pool""; nothing if the node is not of this station.
  [[nodiscard]] std::optional<std::string> name_of_waiter(std::uint64_t node) const;

  // -- looking on ---------------------------------------------------------------------------------

  struct snapshot {
    policy::books books;
    std::uint64_t queued = 0;       ///< those that back off included
    std::uint64_t backing_off = 0;  ///< have failed, and wait for the time of another attempt
    std::uint64_t retries = 0;      ///< attempts after the first that have begun
    std::uint64_t dropped = 0;      ///< canceled to make room for newer ones
    std::uint64_t running = 0;
    std::uint64_t canceling = 0;  ///< have their outcome, by a time limit, but have not stopped
    std::uint64_t peak_running = 0;
    std::uint64_t untaken = 0;  ///< have an outcome that is not counted as taken yet
    std::size_t idle = 0;       ///< lanes that sleep until there is work
    std::size_t parallelism = 0;
    std::uint64_t capacity = 0;
    std::uint64_t used = 0;  ///< slots that are taken
    std::size_t abandoned = 0;
  };
  [[nodiscard]] snapshot look() const;

  /// What a watchdog goes by.
  [[nodiscard]] policy::stall::sight sight() const;

  [[nodiscard]] std::optional<root_error> root() const;

  /// Why nothing more was started, if the run ended early.
  [[nodiscard]] std::optional<cause> stopped_by() const;

  /// The mean time of a job is long enough for each to be timed.
  [[nodiscard]] bool fine() const noexcept { return fine_.load(std::memory_order_relaxed); }

private:
  friend class lane;
  using lock_type = std::unique_lock<adaptive_mutex>;

  // The rule has said to end early, and nothing starts any more.
  struct halting {
    policy::halt::decision how;
    cause why;
  };

  // Outcomes that the observer is to be told of without the lock. All have one kind.
  struct news {
    job_span jobs;
    unsigned attempts = 0;
    outcome_kind kind = outcome_kind::completed;
    time_point at{};
    caf::error why{};
  };

  // Each is called with the lock held.
  lane& add_lane();
  void remove_lane(const lane& l);
  void run_span(lane& l, lock_type& held);
  bool pull(lane& l, lock_type& held);
  bool find_work(lane& l);
  bool fetch_gathered();
  void enqueue(job_span jobs);
  void leave_line(std::optional<std::uint64_t> key);
  [[nodiscard]] std::optional<job_span> take_oldest(std::optional<time_point> before);
  bool take_over(lane& l);
  void begin(lane& l, job_span jobs, unsigned attempt, lost_attempts lost = {});
  [[nodiscard]] std::optional<halting> report(lane& l, std::uint64_t stop, std::uint64_t ran,
                                              duration elapsed);
  // Whether it is in a job that has no outcome; else it is free, or on its way out of its last one.
  [[nodiscard]] static bool runs_job(const std::unique_ptr<lane>& l) noexcept;
  [[nodiscard]] bool holds_spans() const;
  void harvest();
  void deliver_passed(lane& l);
  void settle(lane& l);
  void wait_for_work(lane& l, lock_type& held);
  [[nodiscard]] bool may_nap(const lane& l) const;
  [[nodiscard]] bool lanes_may_go() const noexcept { return retiring_ || rest_told_ || active_ > target_; }
  void wake_one();
  void wake(lane& l);
  void rouse();
  void sleep_for_news(lane& l, lock_type& held);
  [[nodiscard]] std::uint64_t unstarted(const lane& l) const noexcept;
  [[nodiscard]] bool has_work() const noexcept { return !queue_.empty() || !repeats_due_.empty(); }
  void stop_starting(const cause& why);
  [[nodiscard]] policy::halt::decision observe_outcomes();
  [[nodiscard]] halting begin_halt(policy::halt::decision d, const std::string& reason);
  void end_unstarted(job_span jobs, unsigned attempt = 0);
  void end_all_unstarted();
  outcome_kind end_one(job_span job, const forced_end& how, caf::error why, bool in_use,
                       std::optional<outcome_kind> own);
  [[nodiscard]] static std::optional<outcome_kind> filed_for(const lane& l, std::uint64_t i) noexcept;
  void deliver(finished_span piece);
  void count_outcomes(lane& l, std::uint64_t ran);
  void cancel_unstarted(lane& l);
  straggler write_off(lane& l);
  void bury(lock_type& held);
  void note_hunger();
  [[nodiscard]] bool complete() const;
  [[nodiscard]] bool all_taken() const;
  void check_rest(lock_type& held);
  [[nodiscard]] policy::books count_books() const;
  [[nodiscard]] straggler name_running(const lane& l) const;

  void give_back(lane& l);
  void put_aside(lane& l);

  // Each takes the lock.
  [[nodiscard]] policy::awaited_nodes who_runs(std::uint64_t index) const;
  [[nodiscard]] policy::awaited_nodes who_makes_room() const;
  [[nodiscard]] policy::awaited_nodes who_brings_rest() const;

  // Of time limits.
  void run_errand(std::function<void()> what, lock_type& held);
  [[nodiscard]] lane* find_attempt(std::uint64_t id);
  void fail_late(lane& l, lock_type& held);
  bool expire_queued(lock_type& held);
  void arm_queue_alarm();
  void stop_canceling(lane& l);
  void lose(lane& l);
  void lose_overdue(lock_type& held);
  void fail(job_span job, const forced_end& how, const caf::error& why, bool in_use, lock_type& held);

  void note_outcome(const lane& l, const job_span& done);
  void tell_rest(lock_type& held);

  // Each without the lock held.
  [[nodiscard]] std::uint64_t run_observed(lane& l, job_block& block, std::uint64_t first, time_point begun);
  void tell(const news& n) const;
  void limit_attempt(lane& l);
  void end_limit(lane& l);
  void attempt_is_late(std::uint64_t id);
  void grace_is_over(std::uint64_t id);
  [[nodiscard]] lock_type cancel_late(std::uint64_t id);
  void run_errands();
  void queue_alarm();
  [[nodiscard]] bool plan_repeat(lane& l, caf::error& why);
  [[nodiscard]] bool plan_repeat_after_loss(lane& l, caf::error& why);
  void arm_repeat(const lane::repeat_plan& plan);
  void repeat_now(std::uint64_t id);
  void act_on_halt(const halting& h);
  [[nodiscard]] bool note_error(lane& l, std::uint64_t i, outcome_kind kind, const caf::error& why);

  const std::uint64_t id_;
  const station_options options_;
  context ctx_;
  const std::shared_ptr<station_observer> observer_;  // mostly null
  // What the jobs get: a child, so that a cancel stops the station before it reaches what jobs have
  // hung onto theirs, which may take its time.
  context jobs_ctx_;
  // Canceled when nothing starts any more, for lanes that wait before a job; none: there are no such lanes.
  const std::optional<context> starts_;
  door door_;

  mutable adaptive_mutex mutex_;
  mutable sync::condition_variable_any rest_changed_;
  adaptive_condition outcome_ready_;
  std::vector<std::unique_ptr<lane>> lanes_;
  policy::work_queue<std::shared_ptr<job_block>> queue_;
  policy::key_lines<std::shared_ptr<job_block>> lines_;
  // A job that has failed, or was lost, and is to run again: first it waits for its time, then for a lane.
  struct repeat {
    job_span job;
    unsigned attempt = 1;  // the one to come
    lost_attempts lost = {};
    timer alarm{};
    bool armed = false;
  };
  std::map<std::uint64_t, repeat> repeats_waiting_;  // by the id of their plan
  std::deque<repeat> repeats_due_;
  policy::retry retry_;
  std::uint64_t repeat_id_ = 0;
  std::uint64_t backing_off_ = 0;  // of those that wait, the ones whose alarm is set
  std::uint64_t retries_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t begun_ = 0;  // spans
  policy::batch_size sizes_;
  policy::fan_in<finished_span> outcomes_;
  policy::halt halt_;
  policy::books ended_;  // only the counts of outcomes
  std::optional<root_error> root_;
  std::optional<cause> stopped_by_;
  std::shared_ptr<const caf::error> stop_error_;
  std::function<void()> rest_hook_;
  std::function<void(const straggler&)> lane_lost_hook_;
  std::size_t target_ = 0;
  std::size_t active_ = 0;  // lanes that are neither retired nor abandoned
  std::size_t idle_ = 0;    // lanes that sleep and have not been woken
  std::size_t busy_ = 0;
  std::size_t peak_busy_ = 0;
  std::size_t abandoned_ = 0;
  std::size_t lost_ = 0;       // of those, the lanes whose threads have not come back
  std::size_t canceling_ = 0;  // lanes
  std::uint64_t last_attempt_id_ = 0;
  timer queue_alarm_;
  bool queue_alarm_armed_ = false;
  errand_runner errand_runner_;
  std::deque<std::function<void()>> errands_;     // one for each alarm that is set, at most
  bool on_errand_ = false;                        // somebody runs them
  std::vector<std::shared_ptr<job_block>> dead_;  // to be let go of without the lock
  std::vector<news> untold_;
  std::size_t telling_ = 0;  // threads that tell it just now; no rest before they are done
  bool ending_ = false;      // at rest, but for what the observer has to be told
  bool retiring_ = false;
  std::atomic<bool> discarding_{false};
  bool awaits_span_ = false;  // the collector wants to know when a lane takes several jobs at once
  bool rest_told_ = false;
  std::atomic<bool> fine_{true};
  std::atomic<bool> closing_{false};  // before that, no one needs to look for rest
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<bool> receiver_{false};

  // Declared last: it calls into this object and must go first.
  context::subscription on_cancel_;
  context::subscription on_jobs_cancel_;
};

}  // namespace weir
