#pragma once

/// One run of a program whose threads are fibers of one thread: which of them goes on, when time passes and
/// whatever else is left to chance is decided by one sequence of choices. The same choices give the same run.
///
/// Choice 0 is the benign one everywhere: go on with the thread that runs, else with the one that has been
/// ready longest; break nothing. So a run is told by its other choices, and one with fewer of them is
/// simpler. The choices come from a seed, or from those of another run; after the last there are only zeros.
///
/// Fibers switch where threads wait for each other and, by choice, at each lock, unlock and fence. Memory is
/// as if sequentially consistent. Time is virtual: it passes when every thread waits, or by choice.
/// After: Zhou et al., "FoundationDB", SIGMOD 2021 (simulation); Burckhardt et al., "A Randomized Scheduler
/// with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010 (few preemptions find most bugs).

#include <weir/actors/clock.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

namespace weir::simulation {

class fiber;

/// Those who wait at one place, in the order in which they came.
class waiters {
public:
  void add(fiber& f) { all_.push_back(&f); }
  void remove(const fiber& f) { std::erase(all_, &f); }
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] const std::vector<fiber*>& all() const noexcept { return all_; }

private:
  std::vector<fiber*> all_;
};

/// Where a thread may be held up, or what it waits for.
enum class place : std::uint8_t { lock, unlock, fence, condition, value, messages, join, body };

[[nodiscard]] std::string_view to_string(place p) noexcept;

struct schedule_options {
  std::uint64_t seed = 0;
  /// Those of another run, instead of the seed's.
  std::optional<std::vector<std::uint16_t>> choices = {};
  /// A run that goes on for longer counts as one that never ends.
  std::uint64_t steps_max = 1'000'000;
  /// Told of each choice that is not benign, and of each `note`.
  std::function<void(const std::string&)> story = {};
};

class schedule {
public:
  explicit schedule(schedule_options options);
  ~schedule();
  schedule(const schedule&) = delete;
  schedule& operator=(const schedule&) = delete;

  /// The one that this thread runs, or null. A process has one at a time.
  [[nodiscard]] static schedule* current() noexcept;

  /// Adds a thread. One that is a `daemon` need not have ended at the end, if it waits for messages then.
  fiber& start(std::string name, std::function<void()> body, bool daemon = false);

  /// Runs all threads until none is left, or until something is wrong. To be called once.
  void run();

  /// What went wrong, or nothing: the first failure, threads that wait for ever, or a run without an end.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

  /// What was chosen.
  [[nodiscard]] const std::vector<std::uint16_t>& choices() const noexcept { return made_; }

  /// Of the choices, the threads that went on and the time: the same for the same run, whichever compiler
  /// built the program.
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

  // -- for the threads ----------------------------------------------------------------------------

  [[nodiscard]] bool in_fiber() const noexcept { return running_ != nullptr; }
  [[nodiscard]] fiber& running() const noexcept { return *running_; }
  [[nodiscard]] time_point now() const noexcept { return now_; }

  /// A number below `n`, which is at most `choices_max`; 0 is the benign one. `one_in`: how seldom it is
  /// another; 1: each is as likely.
  static constexpr std::uint64_t choices_max = 65'536;
  std::uint64_t choose(std::uint64_t n, std::uint64_t one_in = 1);

  /// The thread may be held up here.
  void interleave(place p);

  /// The thread waits until it is woken, or until then. False if nobody has woken it.
  bool wait(waiters& at, place p, std::optional<time_point> until = {});

  void wake(fiber& f);
  void wake_all(waiters& at);

  /// Whether from now on the system has no thread left, now and then. Returns what it was before.
  bool let_threads_fail(bool may) noexcept { return std::exchange(threads_fail_, may); }
  [[nodiscard]] bool thread_fails();

  /// The run ends here. The first failure counts.
  [[noreturn]] void fail(std::string why);

  /// A line of the story.
  void note(const std::string& what);
  [[nodiscard]] bool tells() const noexcept { return static_cast<bool>(options_.story); }

  /// The one `T` of this run.
  template <class T>
  [[nodiscard]] T& own() {
    auto& at = (*own_)[std::type_index{typeid(T)}];
    if (!at)
      at = std::make_shared<T>();
    return *static_cast<T*>(at.get());
  }

private:
  void mix(std::uint64_t what) noexcept;
  [[nodiscard]] static bool still_has_to_end(const std::unique_ptr<fiber>& f) noexcept;
  [[nodiscard]] fiber* next();
  void make_ready(fiber& f);
  [[nodiscard]] std::optional<time_point> due() const;
  bool pass_time(time_point until);
  void resume(fiber& f);
  void give_way();
  [[nodiscard]] std::string waiting_text() const;

  schedule_options options_;
  std::uint64_t random_;
  std::uint64_t hold_up_one_in_;
  std::vector<std::uint16_t> made_;
  std::uint64_t hash_ = 14695981039346656037ULL;
  std::uint64_t steps_ = 0;
  std::uint64_t last_fiber_ = 0;
  time_point now_{};
  std::string failure_;
  bool over_ = false;
  bool threads_fail_ = false;
  fiber* running_ = nullptr;
  std::vector<std::unique_ptr<fiber>> fibers_;
  std::vector<fiber*> ready_;  // in the order in which they became so
  using own_objects = std::map<std::type_index, std::shared_ptr<void>>;
  std::unique_ptr<own_objects> own_ = std::make_unique<own_objects>();
  struct root;
  std::unique_ptr<root> root_;
};

}  // namespace weir::simulation
