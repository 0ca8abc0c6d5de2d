#pragma once

/// A call that a node has taken, and the answer to it: the outcomes of its jobs, in as many messages as they
/// take, each of some 256 KiB unless a single outcome is longer. For the node alone.

#include <weir/actors/context.hpp>
#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/messages.hpp>
#include <weir/runtime/nodes/task_registry.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace weir::nodes {

/// Jobs that came together.
struct taken_call {
  enum class phase : std::uint8_t { waits, runs, ended };

  std::uint64_t link;
  call_message what;
  const task_registry::function* function;
  context ctx;
  phase is = phase::waits;  // under the node's lock
};

/// The outcomes of a call, in as many messages as they take.
class answer {
public:
  /// `send` takes the messages, each of `text_bytes_max` at most.
  answer(const taken_call& of, std::size_t text_bytes_max, std::function<void(std::string)> send)
      : of_(of), text_bytes_max_(text_bytes_max), send_(std::move(send)) {}

  /// `write(done_writer&)` writes the next one. What can't be sent has failed, with that as the reason.
  template <class Write>
  void add(Write write) {
    if (to_.size() >= message_bytes_max)
      flush_for(make_writer());
    const auto at = to_.size();
    write(to_);
    if (to_.size() <= text_bytes_max_)
      return;
    if (to_.count() > 1) {
      auto last = make_writer();
      to_.move_last(at, last);
      flush_for(std::move(last));
    }
    if (const auto size = to_.size(); size > text_bytes_max_) {
      to_ = make_writer();
      to_.add(make_error(ec::failed, "its result takes " + std::to_string(size) + " bytes to send, and " +
                                         std::to_string(text_bytes_max_) + " are allowed (frame_bytes_max)"));
    }
  }

  /// There is at least one, and no more.
  void end() { send_(to_.take(of_.ctx.time().now() - since_)); }

private:
  /// Those that are ready need not wait for all others.
  static constexpr std::size_t message_bytes_max = std::size_t{256} << 10;

  void flush_for(done_writer next) {
    end();
    since_ = of_.ctx.time().now();
    to_ = std::move(next);
  }

  /// As long as the jobs, as nobody knows better.
  [[nodiscard]] done_writer make_writer() const {
    return {of_.what.id,
            std::min(of_.what.jobs.bytes() + front_bytes + of_.what.jobs.count(), message_bytes_max)};
  }

  static constexpr std::size_t front_bytes = 32;  // before the first outcome

  const taken_call& of_;
  const std::size_t text_bytes_max_;
  const std::function<void(std::string)> send_;
  time_point since_ = of_.ctx.time().now();
  done_writer to_ = make_writer();
};

}  // namespace weir::nodes
