#pragma once

/// Standard output may be the terminal on which something else is drawn, such as a status line, which has to
/// be out of the way while lines are written there. Thread-safe.

#include <functional>

namespace weir::detail {

/// Calls the function that it is given, once, when there is room for what that writes.
using room_maker = std::function<void(const std::function<void()>& write)>;

/// What goes to standard output is written by a room maker for as long as this lives. There is one at a time
/// in a process; the end waits for what is being written.
class shared_standard_output {
public:
  explicit shared_standard_output(room_maker make_room);
  ~shared_standard_output();
  shared_standard_output(const shared_standard_output&) = delete;
  shared_standard_output& operator=(const shared_standard_output&) = delete;
};

/// Calls `write`, which writes to standard output by its descriptor, 1; not for other ways to the same
/// terminal, as /dev/tty. Blocks as long as `write` does.
void write_to_standard_output(const std::function<void()>& write);

}  // namespace weir::detail
