#pragma once

/// The end of a link that the engine has, where a relay has the other. All of it belongs to the thread of
/// the links.

#include <weir/runtime/link/record.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace weir::link {

class engine_end {
public:
  virtual ~engine_end() = default;

  /// Hands over what has come from the peer, after what came before. False if the engine wants no more of it.
  [[nodiscard]] virtual bool take(bytes_view come) = 0;

  /// What is to be sent next, as much as there is and a record has room for, behind
  /// `record_limits::head_bytes` others, which are the caller's to write to; empty if there is nothing. It
  /// stays until the next call.
  [[nodiscard]] virtual std::span<std::byte> give() = 0;

  /// Whether the engine wants the link to end.
  [[nodiscard]] virtual bool is_closed() const = 0;

  /// Calls this, on the same thread, whenever there may be something to give, or the engine has closed it.
  virtual void when_ready(std::function<void()> call) = 0;

  /// Says that the link has gone. Nothing more is asked of it afterwards.
  virtual void link_has_gone() = 0;
};

/// What an engine has for a link.
struct engine_side {
  std::shared_ptr<engine_end> end;
  std::uint64_t gateway = 0;  ///< the id of the actor that the peer may talk to, the only one
};

}  // namespace weir::link
