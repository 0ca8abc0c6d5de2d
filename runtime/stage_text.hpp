#pragma once

/// The state of a stage as a person reads it who wants to know why nothing goes on.

#include <weir/actors/station.hpp>

#include <string>

namespace weir {

/// What a stage holds, which jobs run and for how long, and what its threads wait for; several lines, each
/// with its end:
///
///     stage "fetch": 2 of 2 workers at work, 3 queued, 5 of 8 slots taken; 40 completed, 1 failed
///       job 41 ("notes.txt") has been running for 3.20 s
///       job 42 of "fetch" waits for room in "store"
///
/// Takes the stage's lock a few times; for what is rare. The lines may be of different instants.
[[nodiscard]] std::string state_text(const station& of);

}  // namespace weir
