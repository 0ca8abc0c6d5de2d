#pragma once

/// A run's sink and what it said. Shared with the threads that call it, which may have been written off.

#include <weir/actors/context.hpp>
#include <weir/runtime/sink.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weir::detail {

/// The sink is called by one thread at a time, and no more once it has failed or is closed. A failure cancels
/// the run: `ec::sink_closed` if its reader has gone, else `ec::io`.
class outlet {
public:
  outlet(std::unique_ptr<sink> to, context run) : to_(std::move(to)), run_(std::move(run)) {}

  [[nodiscard]] std::vector<std::string> files() const { return to_->files(); }

  void open();
  void put(const completed_item& done);
  void put(const failed_item& failed);
  void flush();

  /// Lets nobody in any more but for the last call. False if a thread that was written off is still in the
  /// sink: then there can be none.
  [[nodiscard]] bool close();

  /// The last call; `early` if a part of the input has no outcome.
  void finish(bool early);

  /// What the sink failed with. Thread-safe.
  [[nodiscard]] caf::error problem() const;

private:
  template <class Call>
  void call(Call make_call);
  template <class Call>
  void enter(Call make_call) noexcept;
  void fail(caf::error e);

  std::unique_ptr<sink> to_;
  context run_;
  mutable std::mutex mutex_;
  caf::error problem_;
  bool inside_ = false;
  bool closed_ = false;
};

}  // namespace weir::detail
