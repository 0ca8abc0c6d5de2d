#pragma once

/// The waits of threads that somebody may wait for in turn: those of lanes, which run jobs, and of receivers,
/// which take outcomes. A wait that can never end, as it closes a cycle, fails instead of hanging (P9). The
/// verdict is exact: a job that any free worker could run, now or when it has backed off, and a slot that
/// anybody may give back are no reason to fail; threads of the application's own are taken to go on.
///
/// Costs nothing for threads that are neither; else a look at each stage on the way, under one lock, before a
/// thread goes to sleep.

#include <caf/error.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace weir {

class station;

/// What a thread is about to wait for.
struct awaited {
  enum class what_t : std::uint8_t {
    job,   ///< the outcome of job `index`
    room,  ///< a free slot
    rest,  ///< that all jobs have ended
  } what = what_t::job;
  std::uint64_t station_id = 0;
  std::uint64_t index = 0;
  /// Whether it is over; asked by other threads while this one waits, under a lock. May be empty.
  std::function<bool()> over = {};
};

/// A wait of the calling thread for as long as it lives.
class wait_entry {
public:
  explicit wait_entry(awaited what);
  ~wait_entry();
  wait_entry(const wait_entry&) = delete;
  wait_entry& operator=(const wait_entry&) = delete;

  /// `ec::deadlock` with the cycle if this wait could never end: then there must be none.
  [[nodiscard]] const caf::error& problem() const noexcept { return problem_; }

private:
  std::uint64_t waiter_ = 0;  // 0: nobody waits for this thread
  caf::error problem_;
};

/// Says that the calling thread hands over the outcomes of a station for as long as this lives.
class receiver_mark {
public:
  explicit receiver_mark(station& of) noexcept;
  ~receiver_mark();
  receiver_mark(const receiver_mark&) = delete;
  receiver_mark& operator=(const receiver_mark&) = delete;

private:
  station& of_;
};

namespace detail {

/// Makes a station known to the waits; from its construction to its end.
void register_station(const station& s);
void forget_station(const station& s);

}  // namespace detail

/// What the lanes and the receiver of a station wait for just now: a line each, for messages.
[[nodiscard]] std::vector<std::string> describe_waits(const station& of);

}  // namespace weir
