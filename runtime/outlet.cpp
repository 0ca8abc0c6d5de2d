#include <weir/runtime/outlet.hpp>

#include <exception>
#include <utility>

namespace weir::detail {

void outlet::open() {
  opened_ = call([&] { return to_->open(); });
}

void outlet::put(const completed_item& done) {
  taken_ += call([&] { return to_->put(done); }) ? 1 : 0;
}

void outlet::put(const failed_item& failed) {
  taken_ += call([&] { return to_->put(failed); }) ? 1 : 0;
}

void outlet::flush() {
  static_cast<void>(call([&] { return to_->flush(); }));
}

bool outlet::close() {
  std::lock_guard guard{mutex_};
  closed_ = true;
  left_.notify_all();
  return !inside_;
}

void outlet::finish(bool early) {
  if (opened_ && !problem())
    enter([&] { return early ? to_->finish_early() : to_->finish(); });
}

caf::error outlet::problem() const {
  std::lock_guard guard{mutex_};
  return problem_;
}

/// False if the call failed or was not made.
template <class Call>
bool outlet::call(Call make_call) {
  {
    std::unique_lock lock{mutex_};
    left_.wait(lock, [this] { return !inside_ || problem_ || closed_; });
    if (problem_ || closed_)
      return false;
    inside_ = true;
  }
  const auto fine = enter(make_call);
  std::lock_guard guard{mutex_};
  inside_ = false;
  left_.notify_one();
  return fine;
}

template <class Call>
bool outlet::enter(Call make_call) noexcept {
  try {
    auto e = make_call();
    if (!e)
      return true;
    fail(std::move(e));
  } catch (...) {
    fail(make_error(std::current_exception()));
  }
  return false;
}

void outlet::fail(caf::error e) {
  const auto code = is(e, ec::sink_closed) ? ec::sink_closed : ec::io;
  auto text = named(text_of(e));
  {
    std::lock_guard guard{mutex_};
    problem_ = std::move(e);
  }
  left_.notify_all();
  run_.cancel({code, "sink", std::move(text)});
}

}  // namespace weir::detail
