#pragma once

/// Errors of Weir: a `caf::error` of category "weir" whose code is an `ec` and whose context is one
/// sentence for a person. In process, an error made from an exception also keeps the `exception_ptr`.

#include <caf/error.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir {

/// What went wrong. The numbers are part of the public face: they only ever grow.
enum class ec : std::uint8_t {
  overloaded = 1,     ///< no slot was free: the job was refused and handed back
  closed,             ///< the pool, stream or engine takes no more jobs: the job was handed back
  canceled,           ///< somebody canceled the context; the text says who and why
  deadline_exceeded,  ///< the context's deadline passed
  failed,             ///< the task reported a failure
  exception,          ///< the task threw; `exception_of` has what it threw
  abandoned,          ///< the job did not stop within the shutdown budget; its thread was written off
  invalid_option,     ///< an option or a config value is out of range; nothing was started
  invalid_config,     ///< a flow file can't be read or has an error; nothing was started
  io,                 ///< reading or writing failed; the text names the file and the system's reason
  sink_closed,        ///< the reader of the output has gone
  submit_timeout,     ///< no slot became free within the time limit: the job was handed back
  queue_timeout,      ///< the job did not start within its time limit
  run_timeout,        ///< an attempt did not end within its time limit
  rate_limited,       ///< it came too soon after those before it: the job was handed back
  deadlock,           ///< the wait would never have ended: it closed a cycle, which the text names
  worker_lost,        ///< who did the work has gone; the job runs again with another one, if it can
  quarantined,        ///< the job has lost as many workers as it may; the text says how
  link,               ///< another node was refused, or what connects us with it has ended
};

/// The name of `code` as it stands in the enumeration, e.g. "overloaded".
[[nodiscard]] std::string_view name_of(ec code) noexcept;

/// An error with one sentence for a person: what, where, what is allowed, what to do.
/// Thread-safe, does not block, allocates.
[[nodiscard]] caf::error make_error(ec code, std::string text);

/// An error for what a task threw; keeps its text and the pointer itself.
[[nodiscard]] caf::error make_error(std::exception_ptr thrown);

/// An error thrown, where a function has no other way to tell of it. As an outcome it is itself again, not
/// `ec::exception`.
class thrown_error : public std::runtime_error {
public:
  explicit thrown_error(caf::error why);
  [[nodiscard]] const caf::error& why() const noexcept { return *why_; }

private:
  std::shared_ptr<const caf::error> why_;  // an exception must be copied without throwing
};

/// The same error with another sentence; it keeps its code and what was thrown.
[[nodiscard]] caf::error with_text(const caf::error& e, std::string text);

/// True if `e` is a Weir error with this code.
[[nodiscard]] bool is(const caf::error& e, ec code) noexcept;

/// The sentence in `e`, without the code's name; for an error of another category CAF's rendering.
[[nodiscard]] std::string text_of(const caf::error& e);

/// "code: sentence", for logs and messages.
[[nodiscard]] std::string describe(const caf::error& e);

/// What the task threw, or null if `e` was not made from an exception in this process.
[[nodiscard]] std::exception_ptr exception_of(const caf::error& e);

}  // namespace weir
