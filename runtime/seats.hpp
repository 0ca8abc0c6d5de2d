#pragma once

/// The workers of a task that actors do: which of them are free. A lane takes one for a job and gives it
/// back. The part of `worker_from_actor` that does not depend on types. All members are thread-safe.

#include <weir/actors/child_supervisor.hpp>
#include <weir/actors/context.hpp>
#include <weir/actors/sync.hpp>

#include <caf/actor.hpp>
#include <caf/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace weir::detail {

/// Says that a worker goes on though it was killed.
void log_abandoned_worker();

class seats {
public:
  explicit seats(std::size_t count) : all_(count) {}

  struct seat {
    std::size_t number;
    caf::actor worker;
    std::uint64_t job;  // tells one that it had from the next
  };

  /// Waits until a worker is free, or until `ctx` is canceled, which is then the error; if there will be none
  /// any more it cancels `ctx`. Blocks.
  [[nodiscard]] caf::expected<seat> take(const context& ctx);

  /// The one that was taken is free again, if it has not gone meanwhile.
  void give_back(const seat& s);

  /// What the supervisor of the workers tells.
  void started(std::size_t number, const caf::actor& worker);
  void ended(std::size_t number);
  void gave_up(const caf::error& why);

private:
  struct place {
    caf::actor worker = {};
    bool taken = false;
  };

  std::uint64_t last_job_ = 0;

  sync::mutex mutex_;
  sync::condition_variable changed_;
  std::vector<place> all_;
  std::optional<caf::error> gave_up_;
};

/// Workers under a supervisor, which ends with this.
class supervised_seats {
public:
  supervised_seats(caf::actor_system& system, const policy::restart_rule& rule,
                   std::vector<child_spec> workers);
  ~supervised_seats();
  supervised_seats(const supervised_seats&) = delete;
  supervised_seats& operator=(const supervised_seats&) = delete;

  [[nodiscard]] seats& places() noexcept { return *seats_; }

private:
  std::shared_ptr<seats> seats_;
  child_supervisor_actor supervisor_;
};

}  // namespace weir::detail
