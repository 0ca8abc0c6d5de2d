#include <weir/actors/door.hpp>

namespace weir {

caf::error door::admit(const std::unique_lock<std::mutex>&) {
  if (admission_.admit(released_.load(std::memory_order_acquire)))
    return {};
  admission_.reject();
  if (admission_.closed())
    return closed_with_;
  return make_error(ec::overloaded, "all " + std::to_string(admission_.capacity()) + " slots are taken");
}

void door::admit_all(std::uint64_t n) {
  std::lock_guard<std::mutex> guard{mutex_};
  admission_.admit_all(n);
}

caf::error door::admit_or_wait(std::unique_lock<std::mutex>& held, const context& ctx) {
  if (ctx.canceled()) {
    admission_.reject();
    return ctx.error();
  }
  if (admission_.admit(released_.load(std::memory_order_acquire)))
    return {};
  // Counted before the room is looked at again: whoever releases a slot after that look sees it.
  waiting_.fetch_add(1);
  held.unlock();
  auto watch = ctx.on_cancel([this] {
    std::lock_guard<std::mutex> guard{mutex_};
    room_.notify_all();
  });
  held.lock();
  auto admitted = false;
  room_.wait(held, [&] {
    return ctx.canceled() || admission_.closed() || (admitted = admission_.admit(released_.load()));
  });
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
  std::lock_guard<std::mutex> guard{mutex_};
  take_open_ = std::move(take_open);
}

bool door::worth_waking() const noexcept {
  return admission_.worth_waking(released_.load(), hungry_.load(std::memory_order_relaxed));
}

void door::set_hungry(bool is) noexcept {
  hungry_.store(is);
  if (!is || waiting_.load() == 0)
    return;
  std::lock_guard<std::mutex> guard{mutex_};
  if (worth_waking())
    room_.notify_all();
}

job_span door::take_open() {
  std::lock_guard<std::mutex> guard{mutex_};
  return take_open_ ? take_open_() : job_span{};
}

void door::release(std::uint64_t n) noexcept {
  released_.fetch_add(n);
  if (waiting_.load() == 0)
    return;
  std::lock_guard<std::mutex> guard{mutex_};
  if (worth_waking())
    room_.notify_all();
}

void door::close(caf::error why) {
  std::lock_guard<std::mutex> guard{mutex_};
  if (admission_.closed())
    return;
  closed_with_ = std::move(why);
  admission_.close();
  room_.notify_all();
}

void door::resize(std::uint64_t capacity) {
  std::lock_guard<std::mutex> guard{mutex_};
  admission_.resize(capacity);
  room_.notify_all();
}

door::counts door::count() const {
  std::lock_guard<std::mutex> guard{mutex_};
  return {admission_.offered(),  admission_.admitted(),
          admission_.rejected(), admission_.used(released_.load()),
          admission_.capacity(), admission_.closed()};
}

}  // namespace weir
