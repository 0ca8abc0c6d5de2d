#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/call.hpp>
#include <weir/runtime/trace/trace_span.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace weir::nodes {

caf::expected<call> call::begin(coordinator& on, const context& ctx, const task_name& task,
                                const std::string& settings, const batch_wish& wish) {
  auto room = on.wait_for_room(ctx, task, wish);
  if (!room)
    return std::move(room.error());
  std::optional<duration> time_left;
  if (const auto deadline = ctx.deadline())
    time_left = *deadline - ctx.time().now();
  trace_attribute("weir.node", room->node());
  call_writer text{room->id(), task, settings, time_left, current_trace()};
  return call{on, ctx, std::move(*room), std::move(text)};
}

call::call(coordinator& on, const context& ctx, coordinator::room room, call_writer text)
    : on_(&on),
      ctx_(ctx),
      room_(std::move(room)),
      text_(std::move(text)),
      text_bytes_max_(on.text_bytes_max()) {}

void call::add_broken(caf::error why) {
  broken_.emplace(added_++, std::move(why));
}

/// Jobs that go together are about as long as the first one: memory that grew with them would be copied, and
/// much of it new to the process, each time.
void call::expect_others_of(std::size_t bytes) noexcept {
  try {
    text_.reserve(text_.size() + std::min<std::uint64_t>((limit() - 1) * bytes, bytes_max));
  } catch (const std::bad_alloc&) {
    return;  // then it grows with them
  }
}

bool call::was_too_long(std::size_t began) {
  const auto size = text_.size();
  const auto is_first = text_.count() == 1;
  if (is_first && size <= text_bytes_max_) {
    ++added_;
    return true;
  }
  text_.take_back(began);
  if (!is_first)
    return false;
  add_broken(make_error(ec::failed, "it takes " + std::to_string(size) + " bytes to send it, and " +
                                        std::to_string(text_bytes_max_) + " are allowed (frame_bytes_max)"));
  return true;
}

void call::run() noexcept {
  if (text_.count() == 0)
    return;
  try {
    const auto jobs = text_.count();
    auto answer = on_->call(ctx_, room_, text_.take(), jobs);
    if (answer)
      parts_ = std::move(*answer);
    else
      lost_ = std::move(answer.error());
    plain_ = !lost_ && broken_.empty();
  } catch (const std::exception& e) {
    // The node may have them.
    lost_ = on_->give_up(room_, e.what());
  }
}

/// Of one that is not simply the next result in a message.
std::optional<std::string_view> call::next_otherwise(caf::error& why) {
  if (const auto found = broken_.find(taken_++); found != broken_.end()) {
    why = found->second;
    return std::nullopt;
  }
  if (!lost_ && left_ == 0 && (part_ == 0 || reader_.whole())) {
    reader_ = parts_[part_].ends.read();
    left_ = parts_[part_++].ends.count();
  }
  if (!lost_ && left_ > 0) {
    --left_;
    if (const auto result = read_result(reader_))
      return result;
    if (const auto failure = read_failure(reader_)) {
      if (ctx_.explains(*failure))
        room_.add_not_done();
      why = with_place(*failure);
      return std::nullopt;
    }
  }
  why = lost_ ? lost_ : lose();
  return std::nullopt;
}

/// Whoever reads why it failed looks for it there.
caf::error call::with_place(const caf::error& why) const {
  return make_error(static_cast<ec>(why.code()), text_of(why) + " (node " + place() + ')');
}

/// A node that says what can't be read is asked no more.
caf::error call::lose() {
  lost_ = on_->give_up(room_, "its outcomes can't be read");
  return lost_;
}

std::optional<duration> call::busy() const noexcept {
  if (parts_.empty())
    return std::nullopt;
  duration all{};
  for (const auto& part : parts_)
    all += part.busy;
  return all;
}

}  // namespace weir::nodes
