#include <weir/actors/door.hpp>

#include <algorithm>
#include <limits>

namespace weir {

namespace {

/// How long a caller who waits for room sleeps before it looks by itself: nobody is woken for each slot,
/// and slots may have been freed that nobody has told of.
constexpr duration look_pause_min = std::chrono::microseconds{250};
constexpr duration look_pause_max = std::chrono::milliseconds{10};

caf::error full(std::uint64_t capacity) {
  return make_error(ec::overloaded, "all " + std::to_string(capacity) + " slots are taken");
}

}  // namespace

door::door(std::uint64_t capacity) : admission_(capacity), full_(full(capacity)) {}

caf::error door::admit(const std::unique_lock<biased_mutex>&) {
  if (admit_if_room())
    return {};
  admission_.reject();
  return admission_.closed() ? closed_with_ : full_;
}

void door::admit_all(std::uint64_t n) {
  std::lock_guard guard{mutex_};
  admission_.admit_all(n);
}

caf::error door::admit_or_wait(std::unique_lock<biased_mutex>& held, const context& ctx,
                               const std::function<void()>& fetch_slots) {
  if (ctx.canceled()) {
    admission_.reject();
    return ctx.error();
  }
  if (admit_if_room())
    return {};
  held.unlock();
  auto watch = ctx.on_cancel([this] {
    std::lock_guard guard{mutex_};
    room_.notify_all();
  });
  held.lock();
  // Counted before the room is looked at again: whoever releases a slot after that look sees it.
  waiting_.fetch_add(1);
  auto admitted = false;
  const auto over = [&] {
    // Armed before the look: a release that comes after it finds the mark.
    arm();
    sync::interleave();
    return ctx.canceled() || admission_.closed() || (admitted = admission_.admit(released_.load()));
  };
  for (auto pause = look_pause_min; !room_.wait_for(held, pause, over);
       pause = std::min(2 * pause, look_pause_max)) {
    if (!fetch_slots)
      continue;
    held.unlock();
    fetch_slots();
    held.lock();
  }
  waiting_.fetch_sub(1);
  if (!admitted)
    admission_.reject();
  auto why = admitted ? caf::error{} : admission_.closed() ? closed_with_ : ctx.error();
  // Ending the watch waits for its callback, which takes the lock.
  held.unlock();
  watch.reset();
  held.lock();
  return why;
}

void door::gather_with(std::function<job_span()> take_open) {
  std::lock_guard guard{mutex_};
  take_open_ = std::move(take_open);
}

void door::when_closed(std::function<void()> call) {
  std::lock_guard guard{mutex_};
  when_closed_ = std::move(call);
}

void door::arm() noexcept {
  wake_at_.store(admission_.worth_waking_from(hungry_.load()));
}

void door::wake_if_worth() noexcept {
  arm();
  if (!admission_.worth_waking(released_.load(), hungry_.load()))
    return;
  // Once is enough: whoever then waits again arms it again.
  wake_at_.store(std::numeric_limits<std::uint64_t>::max());
  room_.notify_all();
}

void door::set_hungry(bool is) noexcept {
  sync::interleave();
  hungry_.store(is);
  sync::interleave();
  if (!is || waiting_.load() == 0)
    return;
  std::lock_guard guard{mutex_};
  wake_if_worth();
}

job_span door::take_open() {
  // Lanes come often; there is no need to disturb who submits if there is nothing for them.
  if (!gathering_.load())
    return {};
  std::lock_guard guard{mutex_};
  return take_open_ ? take_open_() : job_span{};
}

void door::release(std::uint64_t n) noexcept {
  // While somebody waits this is called for each slot, and most of them wake nobody.
  const auto released = released_.fetch_add(n) + n;
  sync::interleave();
  if (waiting_.load() == 0 || released < wake_at_.load())
    return;
  std::lock_guard guard{mutex_};
  wake_if_worth();
}

void door::close(caf::error why) {
  std::lock_guard guard{mutex_};
  if (admission_.closed())
    return;
  closed_with_ = std::move(why);
  admission_.close();
  room_.notify_all();
  if (when_closed_)
    when_closed_();
}

void door::resize(std::uint64_t capacity) {
  auto refusal = full(capacity);
  std::lock_guard guard{mutex_};
  admission_.resize(capacity);
  std::swap(full_, refusal);
  room_.notify_all();
}

door::counts door::count() const {
  std::lock_guard guard{mutex_};
  return {admission_.offered(),  admission_.admitted(),
          admission_.rejected(), admission_.used(released_.load()),
          admission_.capacity(), admission_.closed()};
}

}  // namespace weir
