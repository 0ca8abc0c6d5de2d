#include <weir/runtime/outlet.hpp>

#include <exception>
#include <utility>

namespace weir::detail {

void outlet::open() {
  call([&] { return to_->open(); });
}

void outlet::put(const completed_item& done) {
  call([&] { return to_->put(done); });
}

void outlet::put(const failed_item& failed) {
  call([&] { return to_->put(failed); });
}

void outlet::flush() {
  call([&] { return to_->flush(); });
}

bool outlet::close() {
  std::lock_guard guard{mutex_};
  closed_ = true;
  return !inside_;
}

void outlet::finish(bool early) {
  if (!problem())
    enter([&] { return early ? to_->finish_early() : to_->finish(); });
}

caf::error outlet::problem() const {
  std::lock_guard guard{mutex_};
  return problem_;
}

template <class Call>
void outlet::call(Call make_call) {
  {
    std::lock_guard guard{mutex_};
    if (problem_ || closed_)
      return;
    inside_ = true;
  }
  enter(make_call);
  std::lock_guard guard{mutex_};
  inside_ = false;
}

template <class Call>
void outlet::enter(Call make_call) noexcept {
  try {
    if (auto e = make_call())
      fail(std::move(e));
  } catch (...) {
    fail(make_error(std::current_exception()));
  }
}

void outlet::fail(caf::error e) {
  const auto code = is(e, ec::sink_closed) ? ec::sink_closed : ec::io;
  auto text = text_of(e);
  {
    std::lock_guard guard{mutex_};
    problem_ = std::move(e);
  }
  run_.cancel({code, "sink", std::move(text)});
}

}  // namespace weir::detail
