#include <weir/actors/simulation/fiber.hpp>

#include <boost/context/protected_fixedsize_stack.hpp>

#include <algorithm>
#include <cassert>
#include <exception>
#include <utility>

namespace weir::simulation {

namespace {

constexpr std::size_t stack_bytes = std::size_t{256} * 1024;

/// How seldom a thread is held up where it could go on; each run has one of them.
constexpr std::array<std::uint64_t, 4> hold_up_one_in{8, 32, 128, 512};

/// How seldom time passes while somebody could go on.
constexpr std::uint64_t haste_one_in = 128;

/// How seldom a thread can't be started, where that is to happen.
constexpr std::uint64_t no_thread_one_in = 8;

/// No thread that could go on is held up for longer.
constexpr duration held_up_max = std::chrono::milliseconds{100};

/// Stacks are kept for the next fiber: to map one costs as much as a short run.
class stacks {
public:
  boost::context::stack_context allocate() {
    if (kept().empty())
      return fresh_.allocate();
    const auto s = kept().back();
    kept().pop_back();
    return s;
  }
  static void deallocate(boost::context::stack_context& s) noexcept { kept().push_back(s); }

private:
  static std::vector<boost::context::stack_context>& kept() {
    static auto* const all = new std::vector<boost::context::stack_context>;
    return *all;
  }

  boost::context::protected_fixedsize_stack fresh_{stack_bytes};
};

/// splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
std::uint64_t next_random(std::uint64_t& state) noexcept {
  auto z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

thread_local schedule* current_schedule = nullptr;

}  // namespace

std::string_view to_string(place p) noexcept {
  switch (p) {
    case place::lock:
      return "a lock";
    case place::unlock:
      return "an unlock";
    case place::fence:
      return "a fence";
    case place::condition:
      return "a condition";
    case place::value:
      return "a value";
    case place::messages:
      return "messages";
    case place::join:
      return "the end of a thread";
    case place::body:
      return "its start";
  }
  return "?";
}

void handled_exceptions::exchange() noexcept {
  auto* const of_thread = reinterpret_cast<handled_exceptions*>(abi::__cxa_get_globals());
  std::swap(*of_thread, *this);
}

struct schedule::root {
  boost::context::fiber rest;
};

schedule::schedule(schedule_options options)
    : options_(std::move(options)), random_(options_.seed), root_(std::make_unique<root>()) {
  hold_up_one_in_ = hold_up_one_in[next_random(random_) % hold_up_one_in.size()];
  current_schedule = this;
}

schedule::~schedule() {
  current_schedule = nullptr;
  if (failure_.empty())
    return;
  // What is left can't be unwound, as it may be in the middle of anything: it's leaked, together with what
  // it may still point to.
  for (auto& f : fibers_)
    static_cast<void>(f.release());
  static_cast<void>(own_.release());
}

schedule* schedule::current() noexcept {
  return current_schedule;
}

fiber& schedule::start(std::string name, std::function<void()> body, bool daemon) {
  auto& f =
      *fibers_.emplace_back(std::make_unique<fiber>(++last_fiber_, std::move(name), std::move(body), daemon));
  f.rest_ = boost::context::fiber{std::allocator_arg, stacks{}, [this, &f](boost::context::fiber&& from) {
                                    root_->rest = std::move(from);
                                    try {
                                      f.body_();
                                    } catch (const std::exception& e) {
                                      fail(f.name_ + " ended with an exception: " + e.what());
                                    } catch (const boost::context::detail::forced_unwind&) {
                                      throw;
                                    } catch (...) {
                                      fail(f.name_ + " ended with an exception");
                                    }
                                    // Like a thread's, its body is destroyed before anybody sees its end.
                                    f.body_ = nullptr;
                                    f.ended_ = true;
                                    return std::move(root_->rest);
                                  }};
  make_ready(f);
  return f;
}

void schedule::make_ready(fiber& f) {
  f.ready_since_ = now_;
  ready_.push_back(&f);
}

/// FNV-1a, a number at a time.
void schedule::mix(std::uint64_t what) noexcept {
  hash_ = (hash_ ^ what) * 1099511628211ULL;
}

std::uint64_t schedule::choose(std::uint64_t n, std::uint64_t one_in) {
  assert(n <= choices_max);
  if (n < 2)
    return 0;
  std::uint64_t chosen = 0;
  if (options_.choices) {
    const auto& given = *options_.choices;
    chosen = made_.size() < given.size() ? given[made_.size()] % n : 0;
  } else if (one_in <= 1) {
    chosen = next_random(random_) % n;
  } else if (next_random(random_) % one_in == 0) {
    chosen = 1 + next_random(random_) % (n - 1);
  }
  made_.push_back(static_cast<std::uint16_t>(chosen));
  mix(chosen);
  return chosen;
}

void schedule::interleave(place p) {
  if (!running_ || over_)
    return;
  if (++steps_ > options_.steps_max)
    fail("it goes on for more than " + std::to_string(options_.steps_max) + " steps");
  auto& f = *running_;
  if (ready_.empty() || choose(2, hold_up_one_in_) == 0)
    return;
  if (tells())
    options_.story(f.name_ + " is held up at " + std::string{to_string(p)});
  f.at_ = p;
  make_ready(f);
  give_way();
}

bool schedule::wait(waiters& at, place p, std::optional<time_point> until) {
  auto& f = *running_;
  if (++steps_ > options_.steps_max)
    fail("it goes on for more than " + std::to_string(options_.steps_max) + " steps");
  f.ready_ = false;
  f.woken_ = false;
  f.at_ = p;
  f.until_ = until;
  f.waits_at_ = &at;
  at.add(f);
  give_way();
  return f.woken_;
}

void schedule::wake(fiber& f) {
  if (f.ready_)
    return;
  f.ready_ = true;
  f.woken_ = true;
  f.until_.reset();
  std::exchange(f.waits_at_, nullptr)->remove(f);
  make_ready(f);
}

void schedule::wake_all(waiters& at) {
  while (!at.empty())
    wake(*at.all().front());
}

bool schedule::thread_fails() {
  if (!threads_fail_ || choose(2, no_thread_one_in) == 0)
    return false;
  note("no thread can be started");
  return true;
}

void schedule::fail(std::string why) {
  if (failure_.empty())
    failure_ = std::move(why);
  over_ = true;
  if (!running_)
    std::terminate();
  for (;;)
    give_way();
}

void schedule::note(const std::string& what) {
  if (tells())
    options_.story((running_ ? running_->name_ + ": " : std::string{}) + what);
}

void schedule::give_way() {
  root_->rest = std::move(root_->rest).resume();
}

void schedule::resume(fiber& f) {
  running_ = &f;
  mix(f.id_ ^ (static_cast<std::uint64_t>(f.at_) << 32U));
  f.exceptions_.exchange();
  f.rest_ = std::move(f.rest_).resume();
  f.exceptions_.exchange();
  running_ = nullptr;
}

/// When the next one that waits has waited long enough.
std::optional<time_point> schedule::due() const {
  auto first = time_point::max();
  for (const auto& f : fibers_)
    if (!f->ready_ && f->until_)
      first = std::min(first, *f->until_);
  return first == time_point::max() ? std::nullopt : std::optional{first};
}

/// Up to the next who is due, unless that is later than `until`: then not at all.
bool schedule::pass_time(time_point until) {
  const auto next = due();
  if (!next || *next > until)
    return false;
  now_ = std::max(now_, *next);
  mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  for (const auto& f : fibers_)
    if (!f->ready_ && f->until_ && *f->until_ <= now_) {
      wake(*f);
      f->woken_ = false;
    }
  return true;
}

fiber* schedule::next() {
  if (ready_.empty() && !pass_time(time_point::max()))
    return nullptr;
  const auto before = now_;
  if (choose(2, haste_one_in) != 0 && pass_time(ready_.front()->ready_since_ + held_up_max) &&
      now_ != before && tells())
    options_.story(
        "time passes while others are ready: " +
        std::to_string(
            std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count()) +
        " us");
  const auto i = choose(ready_.size());
  auto* const f = ready_[i];
  if (i != 0 && tells())
    options_.story(f->name_ + " goes on, ahead of " + std::to_string(i) + (i == 1 ? " other" : " others"));
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(i));
  return f;
}

void schedule::run() {
  while (auto* const f = next()) {
    resume(*f);
    if (over_)
      return;
    if (f->ended_)
      std::erase_if(fibers_, [f](const auto& owned) { return owned.get() == f; });
  }
  if (std::any_of(fibers_.begin(), fibers_.end(), still_has_to_end))
    failure_ = "nobody goes on any more: " + waiting_text();
}

/// A daemon that is in the middle of something has to come back.
bool schedule::still_has_to_end(const std::unique_ptr<fiber>& f) noexcept {
  return !f->daemon_ || f->at_ != place::messages;
}

std::string schedule::waiting_text() const {
  std::string text;
  for (const auto& f : fibers_)
    if (still_has_to_end(f))
      text += (text.empty() ? "" : "; ") + f->name_ + " waits for " + std::string{to_string(f->at_)};
  return text;
}

}  // namespace weir::simulation
