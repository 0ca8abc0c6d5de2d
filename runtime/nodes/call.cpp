#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/call.hpp>

#include <algorithm>
#include <utility>

namespace weir::nodes {

caf::expected<call> call::begin(coordinator& on, const context& ctx, const task_name& task,
                                const std::string& settings, std::uint64_t most) {
  auto room = on.wait_for_room(ctx, task, std::min<std::uint64_t>(most, call_jobs_max));
  if (!room)
    return std::move(room.error());
  std::optional<duration> time_left;
  if (const auto deadline = ctx.deadline())
    time_left = *deadline - ctx.time().now();
  call_writer text{room->id(), task, settings, time_left};
  return call{on, ctx, std::move(*room), std::move(text)};
}

call::call(coordinator& on, const context& ctx, coordinator::room room, call_writer text)
    : on_(&on), ctx_(&ctx), room_(std::move(room)), text_(std::move(text)) {}

void call::add_broken(caf::error why) {
  broken_.emplace(added_++, std::move(why));
}

bool call::was_added(std::size_t began) {
  const auto most = on_->text_bytes_max();
  const auto is_first = text_.count() == 1;
  if (text_.size() <= (is_first ? most : std::min(bytes_max, most))) {
    ++added_;
    return true;
  }
  const auto size = text_.size();
  text_.take_back(began);
  if (!is_first)
    return false;
  add_broken(make_error(ec::failed, "it takes " + std::to_string(size) + " bytes to send it, and " +
                                        std::to_string(most) + " are allowed (frame_bytes_max)"));
  return true;
}

void call::run() {
  if (text_.count() == 0)
    return;
  const auto jobs = text_.count();
  auto answer = on_->call(*ctx_, room_, text_.take(), jobs);
  if (!answer) {
    lost_ = std::move(answer.error());
    return;
  }
  parts_ = std::move(*answer);
  reader_ = parts_.front().ends.read();
}

caf::expected<std::string_view> call::next() {
  if (const auto found = broken_.find(taken_++); found != broken_.end())
    return found->second;
  return lost_ ? caf::expected<std::string_view>{lost_} : next_end();
}

caf::expected<std::string_view> call::next_end() {
  if (part_taken_ == parts_[part_].ends.count()) {
    if (!reader_.whole())
      return lose();
    reader_ = parts_[++part_].ends.read();
    part_taken_ = 0;
  }
  auto end = read_end(reader_);
  if (!end)
    return lose();
  ++part_taken_;
  return std::move(*end);
}

/// A node that says what can't be read is asked no more.
caf::error call::lose() {
  lost_ = on_->give_up(room_, "its outcomes can't be read");
  return lost_;
}

std::optional<duration> call::busy() const {
  if (parts_.empty())
    return std::nullopt;
  duration all{};
  for (const auto& part : parts_)
    all += part.busy;
  return all;
}

}  // namespace weir::nodes
