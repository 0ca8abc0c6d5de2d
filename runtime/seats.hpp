#pragma once

/// The workers of a task that actors do: which of them are free. A lane takes one for a job and gives it
/// back. The part of `worker_from_actor` that does not depend on types. All members are thread-safe.

#include <weir/actors/child_supervisor.hpp>
#include <weir/actors/context.hpp>
#include <weir/actors/sync.hpp>

#include <caf/actor.hpp>
#include <caf/expected.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace weir::detail {

/// What the seats of one task have in common: how their workers are made, and which were left to themselves.
class worker_source {
public:
  using make_worker = std::function<caf::actor(caf::actor_system&)>;

  worker_source(make_worker make, duration stop_time, std::size_t abandoned_max)
      : stop_time_(stop_time), abandoned_max_(abandoned_max), make_(std::move(make)) {}

  /// One at a time. Null once it is closed. Throws what `make` throws, and if that makes none.
  [[nodiscard]] caf::actor start(caf::actor_system& system);

  /// When it has returned, `make` is not called any more, and is gone.
  void close();

  [[nodiscard]] duration stop_time() const noexcept { return stop_time_; }

  /// Whether a worker that goes on though it was killed may be replaced; then it counts until it ends.
  [[nodiscard]] static bool abandon(const std::shared_ptr<worker_source>& from, const caf::actor& worker);

private:
  const duration stop_time_;
  const std::size_t abandoned_max_;
  std::atomic<std::size_t> abandoned_{0};
  sync::mutex mutex_;
  make_worker make_;
};

class seats {
public:
  explicit seats(std::size_t count) : all_(count) {}

  struct seat {
    std::size_t number;
    caf::actor worker;
    std::uint64_t job;  // what the job is called there: a `leave` for an earlier one is ignored
  };

  /// Waits until a worker is free, or until `ctx` is canceled, which is then the error; if there will be none
  /// any more it cancels `ctx`. Blocks.
  [[nodiscard]] caf::expected<seat> take(const context& ctx);

  /// The one that was taken is free again, if it has not gone meanwhile.
  void give_back(const seat& s);

  /// If there will be none any more: cancels `ctx`, and returns the error of a job that none can do.
  [[nodiscard]] caf::error none_left(const context& ctx);

  /// What the supervisor of the workers tells.
  void started(std::size_t number, const caf::actor& worker);
  void ended(std::size_t number);
  void gave_up(const caf::error& why);

private:
  struct place {
    caf::actor worker = {};
    bool taken = false;
  };

  sync::mutex mutex_;
  sync::condition_variable changed_;
  std::uint64_t last_job_ = 0;
  std::vector<place> all_;
  std::optional<caf::error> gave_up_;
};

/// Workers under a supervisor. With this they are asked to end, and none is made any more.
class supervised_seats {
public:
  supervised_seats(caf::actor_system& system, const policy::restart_rule& rule,
                   std::vector<child_spec> workers, std::shared_ptr<worker_source> source);
  ~supervised_seats();
  supervised_seats(const supervised_seats&) = delete;
  supervised_seats& operator=(const supervised_seats&) = delete;

  [[nodiscard]] seats& places() noexcept { return *seats_; }

private:
  std::shared_ptr<worker_source> source_;
  std::shared_ptr<seats> seats_;
  child_supervisor_actor supervisor_;
};

}  // namespace weir::detail
