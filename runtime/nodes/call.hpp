#pragma once

/// Jobs that a node does together, on their way there and back: the part of `remote` that does not depend on
/// types. For one thread at a time.

#include <weir/actors/context.hpp>
#include <weir/runtime/batch_wish.hpp>
#include <weir/runtime/nodes/coordinator.hpp>
#include <weir/runtime/nodes/messages.hpp>

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::nodes {

class call {
public:
  /// Longer ones are two: the first outcomes of a call come back while the node is at the others, and what
  /// it holds for each of its workers has a bound in bytes.
  static constexpr std::size_t bytes_max = std::size_t{256} << 10;

  /// As `coordinator::wait_for_room`. `on` must outlive the call.
  static caf::expected<call> begin(coordinator& on, const context& ctx, const task_name& task,
                                   const std::string& settings, const batch_wish& wish);

  call(call&&) noexcept = default;
  call& operator=(call&&) = delete;

  /// The most jobs that can be added, from 1.
  [[nodiscard]] std::uint64_t limit() const noexcept { return room_.jobs(); }

  /// Adds the job that `append(std::string&)` writes. False if it was to become too long: it is one for
  /// another call. The first is never too long for that: where it can't be sent at all, or `append` throws,
  /// that is what becomes of the job.
  template <class Append>
  [[nodiscard]] bool add(Append append) {
    const auto at = text_.size();
    try {
      text_.add(append);
    } catch (...) {
      add_broken(make_error(std::current_exception()));
      return true;
    }
    if (text_.size() > bytes_max || text_.size() > text_bytes_max_)
      return was_too_long(at);
    ++added_;
    if (text_.count() == 1)
      expect_others_of(text_.size() - at);
    return true;
  }

  /// Has them done, and waits for that. When the context is canceled the node is told, and they still end
  /// there.
  void run() noexcept;

  /// The result of the next one of them, which lives as long as the call; nothing if it has none: then `why`
  /// says why, and at which node.
  [[nodiscard]] std::optional<std::string_view> next(caf::error& why) {
    if (plain_ && left_ > 0)
      if (const auto result = read_result(reader_)) {
        --left_;
        return result;
      }
    return next_otherwise(why);
  }

  /// What they took over there, all told; nothing if that is not known.
  [[nodiscard]] std::optional<duration> busy() const noexcept;

  /// The name of the node.
  [[nodiscard]] const std::string& place() const noexcept { return room_.node(); }

private:
  call(coordinator& on, const context& ctx, coordinator::room room, call_writer text);

  void add_broken(caf::error why);
  void expect_others_of(std::size_t bytes) noexcept;
  [[nodiscard]] bool was_too_long(std::size_t began);
  [[nodiscard]] std::optional<std::string_view> next_otherwise(caf::error& why);
  [[nodiscard]] caf::error with_place(const caf::error& why) const;
  [[nodiscard]] caf::error lose();

  coordinator* on_;
  context ctx_;
  coordinator::room room_;
  call_writer text_;
  std::size_t text_bytes_max_;
  std::map<std::uint64_t, caf::error> broken_;  // by their places: not sent
  std::uint64_t added_ = 0;
  std::uint64_t taken_ = 0;
  caf::error lost_;                  // of all that were sent
  std::vector<done_message> parts_;  // what came back
  std::size_t part_ = 0;             // of these the ones that have been begun
  std::uint32_t left_ = 0;           // in the last of these
  wire_reader reader_{{}};
  bool plain_ = false;  // all jobs were sent, and came back
};

}  // namespace weir::nodes
