#include <weir/runtime/flow_input.hpp>

#include <utility>

namespace weir::detail {

void flow_input::read(const context& reading, std::atomic<std::uint64_t>& indices,
                      flow_account& account) noexcept {
  try {
    read_on(reading, indices, account);
  } catch (...) {
    error_ = text_of(make_error(std::current_exception()));
  }
}

void flow_input::read_on(const context& reading, std::atomic<std::uint64_t>& indices, flow_account& account) {
  while (!reading.canceled()) {
    auto next = plan_.source->next(reading);
    if (!next) {
      error_ = text_of(next.error());
      return;
    }
    if (!*next) {
      ended_ = !reading.canceled();
      return;
    }
    ++offered_;
    // Refused: a stage has closed, and the reason is on its way here.
    if (!submit(reading, indices.fetch_add(1), std::move(**next), account))
      return;
  }
}

/// What can't be read is a job that has failed before the first stage.
bool flow_input::submit(const context& reading, std::uint64_t index, item from, flow_account& account) {
  auto unreadable = std::exchange(from.unreadable, {});
  auto trace = flow_trace::admit(trace_, index, from.name);
  const auto origin = std::make_shared<flow_origin>(index, std::move(from), std::move(trace));
  flow_job job;
  job.origin = origin;
  std::optional<flow_failure> failure;
  if (unreadable) {
    job.fail(std::move(unreadable), {});
    failure = describe_failure(*origin, *job.before);
  }
  origin->split(to_.copies(), to_.copies());
  const auto refused = to_.hand_on(reading, std::move(job));
  if (refused.size() == to_.copies()) {
    ++rejected_;
    return false;
  }
  if (failure)
    origin->failed(account, *failure);
  for (const auto& copy : refused)
    end_unfinished(account, copy.job, copy.why);
  return refused.empty();
}

}  // namespace weir::detail
