#pragma once

/// The steps of a pipeline that gather values into vectors. They have no workers; the one that looks at the
/// time has no thread either.

#include <weir/actors/policy/gathering.hpp>
#include <weir/runtime/free_slots.hpp>
#include <weir/runtime/pipeline_step.hpp>

#include <memory>
#include <mutex>
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
/// them on then, and must not wait: so a slot of the next stage is taken before the first value is, where
/// waiting is allowed.
template <class T>
class timed_batch_link final : public passive_link {
public:
  timed_batch_link(std::size_t size, duration time, clock& by, std::shared_ptr<free_slots> slots,
                   inlet<std::vector<T>> to)
      : clock_(by), slots_(std::move(slots)), to_(std::move(to)), values_(size, time) {}

  bool add(std::uint64_t index, T&& value) {
    // Ended without the lock: it waits for a call that is being made, and that takes the lock.
    timer last;
    std::unique_lock lock{mutex_};
    if (!has_slot_) {
      // Only this thread takes one, so nobody adds a value meanwhile.
      lock.unlock();
      if (!slots_->take())
        return false;
      lock.lock();
      has_slot_ = true;
      first_ = index;
    }
    if (values_.add(std::move(value), clock_.now()))
      last = std::exchange(alarm_, clock_.at(values_.due_at(), [this] { pass_if_due(); }));
    const auto open = !values_.full() || pass();
    lock.unlock();
    return open;
  }

  void drain() override {
    alarm_.reset();
    std::lock_guard guard{mutex_};
    if (!values_.empty())
      pass();
  }

private:
  void pass_if_due() {
    std::lock_guard guard{mutex_};
    if (values_.due(clock_.now()))
      pass();
  }

  /// Under the lock, so that no vector overtakes another; it does not wait, as the slot is there.
  bool pass() {
    has_slot_ = false;
    return to_(first_, values_.take());
  }

  clock& clock_;
  const std::shared_ptr<free_slots> slots_;
  const inlet<std::vector<T>> to_;
  std::mutex mutex_;
  policy::gathering<T> values_;
  std::uint64_t first_ = 0;
  bool has_slot_ = false;
  // Declared last: it calls into this object and must go first.
  timer alarm_;
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
    auto slots = std::make_shared<free_slots>(1, within);
    auto next = rest.template make_stage<std::vector<In>>(a, [slots](std::uint64_t n) { slots->give(0, n); });
    slots->give(0, next->slots());
    auto link = std::make_shared<timed_batch_link<In>>(
        size, time, a.run->ctx().time(), std::move(slots),
        [next, ctx = a.run->ctx()](std::uint64_t index, std::vector<In>&& values) {
          return next->submit(ctx, index, std::move(values));
        });
    a.run->add(link);
    return [link](std::uint64_t index, In&& value) { return link->add(index, std::move(value)); };
  }
};

}  // namespace weir::detail
