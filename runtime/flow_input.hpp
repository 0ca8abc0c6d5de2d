#pragma once

/// A source of a run and where its items go.

#include <weir/runtime/flow.hpp>
#include <weir/runtime/junction.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::detail {

class flow_input {
public:
  /// `trace` is null where the run is not traced.
  flow_input(source_plan plan, junction to, std::shared_ptr<flow_trace> trace)
      : plan_(std::move(plan)), to_(std::move(to)), trace_(std::move(trace)) {}

  [[nodiscard]] const std::string& name() const noexcept { return plan_.name; }

  void leave_out(const std::vector<std::string>& files) { plan_.source->leave_out(files); }

  /// Reads the source to its end, or until `reading` is canceled or the way on is closed; `indices` gives
  /// each item its number. Blocks the calling thread; for one.
  void read(const context& reading, std::atomic<std::uint64_t>& indices, flow_account& account) noexcept;

  /// Says that there is nobody to read it.
  void fail(std::string why) { error_ = std::move(why); }

  // -- once it has been read ---------------------------------------------------------------------------

  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] const std::optional<std::string>& error() const noexcept { return error_; }
  [[nodiscard]] std::uint64_t offered() const noexcept { return offered_; }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }

private:
  void read_on(const context& reading, std::atomic<std::uint64_t>& indices, flow_account& account);
  bool submit(const context& reading, std::uint64_t index, item from, flow_account& account);

  source_plan plan_;
  junction to_;
  std::shared_ptr<flow_trace> trace_;
  bool ended_ = false;
  std::optional<std::string> error_;
  std::uint64_t offered_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace weir::detail
