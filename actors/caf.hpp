#pragma once

/// All that Weir uses of CAF 0.17 beyond spawning: tags, sending, timers, watching. Later versions of
/// CAF changed each of these, so a port touches this file.

#include <weir/actors/clock.hpp>
#include <weir/actors/error.hpp>

#include <caf/actor_cast.hpp>
#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>
#include <system_error>

namespace weir {

// -- tags: the first element of a message names it ---------------------------------------------------

using resize_tag = caf::atom_constant<caf::atom("resize")>;
using done_tag = caf::atom_constant<caf::atom("done")>;
using cancel_tag = caf::atom_constant<caf::atom("cancel")>;
using stop_tag = caf::atom_constant<caf::atom("stop")>;
using leave_tag = caf::atom_constant<caf::atom("leave")>;
using at_rest_tag = caf::atom_constant<caf::atom("at_rest")>;
using retry_tag = caf::atom_constant<caf::atom("retry")>;
using phase_due_tag = caf::atom_constant<caf::atom("phase_due")>;
using lane_ended_tag = caf::atom_constant<caf::atom("lane_ended")>;
using lane_lost_tag = caf::atom_constant<caf::atom("lane_lost")>;

// -- sending ---------------------------------------------------------------------------------------

/// Sends from outside of the actor system, or without a sender. Overtakes what is queued: control
/// must not wait behind work.
template <class Handle, class... Ts>
void tell(const Handle& to, Ts&&... content) {
  caf::anon_send<caf::message_priority::high>(to, std::forward<Ts>(content)...);
}

/// A reference that keeps nobody alive; `tell_if_alive` is silent once the actor has gone.
template <class Handle, class... Ts>
void tell_if_alive(const caf::actor_addr& to, Ts&&... content) {
  if (const auto alive = caf::actor_cast<Handle>(to))
    tell(alive, std::forward<Ts>(content)...);
}

// -- timers ----------------------------------------------------------------------------------------

/// Sends `Tag` to `to` at `when`, unless the timer is dropped before. CAF's own delayed messages can't
/// be called back and keep their receiver alive until they are due; so they serve only where the clock
/// needs a thread and the system has none left, and a receiver takes a tag that comes late for nothing.
template <class Handle, class Tag>
timer tell_at(clock& time, time_point when, const Handle& to, Tag tag) {
  try {
    return time.at(when,
                   [to = caf::actor_cast<caf::actor_addr>(to), tag] { tell_if_alive<Handle>(to, tag); });
  } catch (const std::system_error&) {
    caf::delayed_anon_send<caf::message_priority::high>(to, when - time.now(), tag);
    return timer{};
  }
}

// -- watching --------------------------------------------------------------------------------------

/// Logs what ended an actor: a library's user needs no logger for including this.
void log_handler_error(const char* actor, const caf::error& e);

/// Gives an actor handlers for all that CAF would otherwise print, ignore or die of. `on_down` is
/// told of monitored actors that have gone; an exception in a handler ends the actor with an error
/// that its watcher sees.
template <class Self, class OnDown>
void watch(Self* self, OnDown on_down) {
  self->set_down_handler([on_down](caf::down_msg& m) { on_down(m.source, m.reason); });
  self->set_default_handler(caf::drop);
  self->set_error_handler([self](caf::error& e) {
    log_handler_error(self->name(), e);
    self->quit(e);
  });
  self->set_exception_handler([self](caf::scheduled_actor*, std::exception_ptr& thrown) -> caf::error {
    auto e = make_error(thrown);
    log_handler_error(self->name(), e);
    return e;
  });
}

}  // namespace weir
