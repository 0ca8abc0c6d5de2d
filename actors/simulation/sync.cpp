#include <weir/actors/policy/time.hpp>
#include <weir/actors/simulation/fiber.hpp>
#include <weir/actors/sync.hpp>

#include <algorithm>
#include <cassert>
#include <exception>
#include <map>
#include <system_error>

namespace weir::sync {

namespace {

using simulation::place;
using simulation::schedule;

schedule* in_run() noexcept {
  auto* const run = schedule::current();
  return run && run->in_fiber() ? run : nullptr;
}

void hold_up(place p) {
  if (auto* const run = in_run())
    run->interleave(p);
}

void wait(simulation::waiters& at, place p) {
  auto* const run = in_run();
  if (!run)
    std::terminate();  // nobody is there who could end it
  run->wait(at, p);
}

void wake_all(simulation::waiters& at) {
  if (auto* const run = schedule::current())
    run->wake_all(at);
}

}  // namespace

// -- locks ----------------------------------------------------------------------------------------

void mutex::lock() noexcept {
  hold_up(place::lock);
  while (locked_)
    wait(waiters_, place::lock);
  locked_ = true;
}

bool mutex::try_lock() noexcept {
  hold_up(place::lock);
  return !std::exchange(locked_, true);
}

void mutex::open() noexcept {
  locked_ = false;
  wake_all(waiters_);
}

void mutex::unlock() noexcept {
  open();
  hold_up(place::unlock);
}

// -- conditions -----------------------------------------------------------------------------------

void condition_variable::notify_one() noexcept {
  auto* const run = schedule::current();
  if (!run || waiters_.empty())
    return;
  run->wake(*waiters_.all()[run->choose(waiters_.all().size())]);
}

void condition_variable::notify_all() noexcept {
  wake_all(waiters_);
}

time_point condition_variable::after(duration time) noexcept {
  return policy::after(now(), time);
}

/// How seldom a thread wakes for nothing.
constexpr std::uint64_t for_nothing_one_in = 512;

bool condition_variable::sleep(lock_type& held, std::optional<time_point> until) {
  auto* const run = in_run();
  if (!run)
    std::terminate();
  // Nobody comes in between: threads change only where they wait.
  held.mutex()->open();
  const auto at_once = (until && *until <= run->now()) || run->choose(2, for_nothing_one_in) != 0;
  if (at_once) {
    run->interleave(place::condition);
    held.mutex()->lock();
    return !until || *until > run->now();
  }
  const auto woken = run->wait(waiters_, place::condition, until);
  held.mutex()->lock();
  return woken;
}

// -- values ---------------------------------------------------------------------------------------

template <class T>
void waitable<T>::notify_all() noexcept {
  wake_all(waiters_);
  hold_up(place::fence);
}

template <class T>
void waitable<T>::wait(T old, std::memory_order) noexcept {
  hold_up(place::fence);
  while (value_ == old)
    sync::wait(waiters_, place::value);
}

template class waitable<std::uint32_t>;

// -- threads --------------------------------------------------------------------------------------

struct thread::end {
  bool reached = false;
  simulation::waiters waiters;
};

thread::thread(std::function<void()> body) : end_(std::make_shared<end>()) {
  auto* const run = in_run();
  if (!run || run->thread_fails())
    throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again),
                            run ? "no thread is left" : "no simulation runs"};
  run->start("a thread", [run, at = end_, body = std::move(body)]() mutable {
    body();
    body = nullptr;
    at->reached = true;
    run->wake_all(at->waiters);
  });
}

thread& thread::operator=(thread&& other) noexcept {
  if (joinable())
    std::terminate();
  end_ = std::move(other.end_);
  return *this;
}

thread::~thread() {
  if (joinable())
    std::terminate();
}

void thread::join() {
  while (!end_->reached)
    wait(end_->waiters, place::join);
  end_ = nullptr;
}

thread::id this_thread() noexcept {
  const auto* const run = in_run();
  return run ? run->running().id() : 0;
}

void rename_this_thread(std::string name) {
  if (auto* const run = in_run())
    run->running().rename(std::move(name));
}

std::size_t detail::next_own() noexcept {
  static std::size_t used = 0;
  assert(used < simulation::fiber::own_max);
  return used++;
}

void*& detail::own(std::size_t i) noexcept {
  static std::array<void*, simulation::fiber::own_max> of_the_only_thread{};
  auto* const run = in_run();
  return run ? run->running().own[i] : of_the_only_thread[i];
}

// -- stopping -------------------------------------------------------------------------------------

struct detail::stop_state {
  bool requested = false;
  std::map<std::uint64_t, std::function<void()>> calls;
  std::uint64_t last_id = 0;
  std::uint64_t running_id = 0;
  thread::id runner = 0;
  simulation::waiters call_over;
};

stop_source::stop_source() : state_(std::make_shared<detail::stop_state>()) {}

bool stop_source::stop_requested() const noexcept {
  return state_->requested;
}

// As the standard's: each call is made once, on the thread that requests the stop, the last registered one
// first in libstdc++ and so here.
bool stop_source::request_stop() noexcept {
  const auto s = state_;
  hold_up(place::fence);
  if (std::exchange(s->requested, true))
    return false;
  outside_.request_stop();
  while (!s->calls.empty()) {
    const auto last = std::prev(s->calls.end());
    s->running_id = last->first;
    s->runner = this_thread();
    // Its owner destroys it; until then it is only no longer to be called.
    auto call = s->calls.extract(last);
    hold_up(place::fence);
    call.mapped()();
    s->running_id = 0;
    wake_all(s->call_over);
  }
  return true;
}

template <>
stop_callback<std::function<void()>>::stop_callback(std::shared_ptr<detail::stop_state> state,
                                                    std::function<void()> call)
    : state_(std::move(state)) {
  hold_up(place::fence);
  if (state_->requested) {
    call();
    return;
  }
  id_ = ++state_->last_id;
  state_->calls.emplace(id_, std::move(call));
}

template <>
stop_callback<std::function<void()>>::~stop_callback() {
  hold_up(place::fence);
  if (id_ == 0)
    return;
  state_->calls.erase(id_);
  while (state_->running_id == id_ && state_->runner != this_thread())
    wait(state_->call_over, place::join);
}

void interleave() noexcept {
  hold_up(place::fence);
}

bool simulated() noexcept {
  return schedule::current() != nullptr;
}

time_point now() noexcept {
  const auto* const run = schedule::current();
  return run ? run->now() : time_point{};
}

std::uint64_t random_seed() {
  auto* const run = schedule::current();
  return run ? run->choose(1U << 16U) : 0;
}

}  // namespace weir::sync
