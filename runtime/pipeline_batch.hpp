#pragma once

/// The steps of a pipeline that gather values into vectors. They have no workers; the one that looks at the
/// time has no thread either.

#include <weir/actors/policy/gathering.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/pipeline_step.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace weir::detail {

/// A link without workers: there is nothing in it to be stopped, killed or counted.
class passive_link : public pipeline_link {
public:
  void stop(const cause&) override {}
  void kill(duration) override {}
  [[nodiscard]] std::optional<cause> stopped_by() const override { return std::nullopt; }
  [[nodiscard]] std::optional<pipeline_summary::stage> summary() const override { return std::nullopt; }
};

/// Gathers values until they are as many as asked for, and waits where it hands them on.
template <class T>
class batch_link final : public passive_link {
public:
  batch_link(std::size_t size, inlet<std::vector<T>> to) : size_(size), to_(std::move(to)) {}

  bool add(std::uint64_t index, T&& value) {
    if (values_.empty())
      first_ = index;
    values_.push_back(std::move(value));
    return values_.size() < size_ || pass();
  }

  void drain() override {
    if (!values_.empty())
      pass();
  }

private:
  bool pass() { return to_(first_, std::exchange(values_, {})); }

  const std::size_t size_;
  inlet<std::vector<T>> to_;
  std::vector<T> values_;
  std::uint64_t first_ = 0;
};

/// Gathers values until they are as many as asked for or the first has waited for its time. The clock passes
/// them on then, but never waits: while the next stage has no room they go on gathering, and it looks again.
template <class T>
class timed_batch_link final : public passive_link {
public:
  using offer_function = std::function<offered(std::uint64_t, std::vector<T>&)>;

  /// How soon the clock looks again.
  static constexpr duration look_pause = std::chrono::milliseconds{10};

  timed_batch_link(std::size_t size, duration time, clock& by, inlet<std::vector<T>> to, offer_function offer)
      : clock_(by), to_(std::move(to)), offer_(std::move(offer)), values_(size, time) {}

  bool add(std::uint64_t index, T&& value) {
    // Ended without the lock: it waits for a call that is being made, and that takes the lock.
    timer last;
    std::unique_lock lock{mutex_};
    if (values_.empty())
      first_ = index;
    if (values_.add(std::move(value), clock_.now()))
      last = look_at(values_.due_at());
    return !values_.full() || pass(std::move(lock));
  }

  ~timed_batch_link() override { look_no_more(); }

  void drain() override {
    look_no_more();
    std::unique_lock lock{mutex_};
    if (!values_.empty())
      pass(std::move(lock));
  }

private:
  void look_no_more() {
    timer last;
    const std::lock_guard guard{mutex_};
    over_ = true;
    last = std::exchange(alarm_, {});
  }

  void pass_if_due() {
    timer last;
    const std::lock_guard guard{mutex_};
    if (!values_.due(clock_.now()))
      return;
    auto values = values_.take();
    // With `never` the run is at its end, and what gathered goes with it.
    if (offer_(first_, values) != offered::not_now)
      return;
    values_.put_back(std::move(values));
    try {
      last = look_at(clock_.now() + look_pause);
    } catch (const std::system_error&) {
      // Without a thread that looks at the clock they wait for the next value, or for the end.
    }
  }

  /// Returns the alarm before.
  [[nodiscard]] timer look_at(time_point when) {
    return over_ ? timer{} : std::exchange(alarm_, clock_.at(when, [this] { pass_if_due(); }));
  }

  /// Waits for room without the lock, as the clock must not wait for who does. No vector overtakes this one:
  /// none gathers before it is gone.
  bool pass(std::unique_lock<sync::mutex> lock) {
    const auto first = first_;
    auto values = values_.take();
    lock.unlock();
    return to_(first, std::move(values));
  }

  clock& clock_;
  const inlet<std::vector<T>> to_;
  const offer_function offer_;
  sync::mutex mutex_;
  policy::gathering<T> values_;
  std::uint64_t first_ = 0;
  timer alarm_;
  bool over_ = false;
};

struct batch_step {
  std::size_t size;

  template <class In, class Rest>
  inlet<In> make_inlet(const assembly& a, const context&, Rest rest) const {
    auto onward = rest.template make_inlet<std::vector<In>>(a, a.run->ctx());
    auto link = std::make_shared<batch_link<In>>(size, std::move(onward));
    a.run->add(link);
    return [link](std::uint64_t index, In&& value) { return link->add(index, std::move(value)); };
  }
};

struct timed_batch_step {
  std::size_t size;
  duration time;

  template <class In, class Rest>
  inlet<In> make_inlet(const assembly& a, const context& within, Rest rest) const {
    static_assert(
        Rest::begins_with_stage,
        "what follows batch(size, time) is a stage, a filter or a flat_map: a vector that is due is "
        "passed on by the clock, which must not wait for a sink");
    const auto next = rest.template make_stage<std::vector<In>>(a, nullptr);
    auto link = std::make_shared<timed_batch_link<In>>(
        size, time, a.run->ctx().time(),
        [next, within](std::uint64_t index, std::vector<In>&& values) {
          return next->submit(within, index, std::move(values));
        },
        [next](std::uint64_t index, std::vector<In>& values) { return next->offer(index, values); });
    a.run->add(link);
    return [link](std::uint64_t index, In&& value) { return link->add(index, std::move(value)); };
  }
};

}  // namespace weir::detail
