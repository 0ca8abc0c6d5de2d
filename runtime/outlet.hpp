#pragma once

/// A sink of a run and what it said. Shared with the threads that call it, which may have been written off.

#include <weir/actors/context.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/sink.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir::detail {

/// The sink is called by one thread at a time, the others wait; and no more once it has failed or is closed.
/// A failure cancels the run: `ec::sink_closed` if its reader has gone, else `ec::io`.
class outlet {
public:
  /// `name` stands before what it says; none if it is the only one.
  outlet(std::unique_ptr<sink> to, context run, std::string name)
      : to_(std::move(to)), run_(std::move(run)), name_(std::move(name)) {}

  [[nodiscard]] std::vector<std::string> files() const { return to_->files(); }

  void open();
  void put(const completed_item& done);
  void put(const failed_item& failed);
  void flush();

  /// Lets nobody in any more but for the last call. False if a thread that was written off is still in the
  /// sink: then there can be none.
  [[nodiscard]] bool close();

  /// The last call, if it was opened; `early` if a part of the input has no outcome.
  void finish(bool early);

  /// What the sink failed with. Thread-safe.
  [[nodiscard]] caf::error problem() const;

  /// How many outcomes it has taken. Thread-safe.
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_.load(); }

  [[nodiscard]] std::string named(const std::string& text) const {
    return name_.empty() ? text : name_ + ": " + text;
  }

private:
  template <class Call>
  [[nodiscard]] bool call(Call make_call);
  template <class Call>
  bool enter(Call make_call) noexcept;
  void fail(caf::error e);

  std::unique_ptr<sink> to_;
  context run_;
  std::string name_;
  mutable sync::mutex mutex_;
  sync::condition_variable left_;
  caf::error problem_;
  std::atomic<std::uint64_t> taken_{0};
  bool opened_ = false;
  bool inside_ = false;
  bool closed_ = false;
};

}  // namespace weir::detail
