#pragma once

/// A thread of a simulation.

#include <weir/actors/simulation/schedule.hpp>

#include <boost/context/fiber.hpp>

#include <array>

#include <cxxabi.h>

namespace weir::simulation {

/// The exceptions that a thread handles just now, as the C++ runtime keeps them: for each thread of the
/// system, so that fibers have to take theirs along. The layout is that of the Itanium C++ ABI.
struct handled_exceptions {
  void* caught = nullptr;
  unsigned int uncaught = 0;

  /// Puts these in the place of the thread's and keeps those.
  void exchange() noexcept;
};

class fiber {
public:
  static constexpr std::size_t own_max = 8;

  fiber(std::uint64_t id, std::string name, std::function<void()> body, bool daemon)
      : id_(id), name_(std::move(name)), body_(std::move(body)), daemon_(daemon) {}

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  void rename(std::string name) { name_ = std::move(name); }
  /// Pointers of its own.
  std::array<void*, own_max> own{};

private:
  friend class schedule;

  std::uint64_t id_;
  std::string name_;
  std::function<void()> body_;
  bool daemon_;
  bool ended_ = false;
  bool ready_ = true;
  time_point ready_since_{};
  bool woken_ = false;
  place at_ = place::body;
  waiters* waits_at_ = nullptr;
  std::optional<time_point> until_;
  handled_exceptions exceptions_;
  boost::context::fiber rest_;  // what it still has to do; empty while it runs
};

}  // namespace weir::simulation
