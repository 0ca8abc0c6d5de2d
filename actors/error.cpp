#include <weir/actors/error.hpp>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <stdexcept>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::exception_ptr)

namespace weir {

namespace {

constexpr auto category = caf::atom("weir");

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  } catch (const std::string& text) {
    return text;
  } catch (const char* text) {
    return text ? text : "null";
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

}  // namespace

std::string_view name_of(ec code) noexcept {
  switch (code) {
    case ec::overloaded:
      return "overloaded";
    case ec::closed:
      return "closed";
    case ec::canceled:
      return "canceled";
    case ec::deadline_exceeded:
      return "deadline_exceeded";
    case ec::failed:
      return "failed";
    case ec::exception:
      return "exception";
    case ec::abandoned:
      return "abandoned";
    case ec::invalid_option:
      return "invalid_option";
    case ec::invalid_config:
      return "invalid_config";
    case ec::io:
      return "io";
    case ec::sink_closed:
      return "sink_closed";
    case ec::submit_timeout:
      return "submit_timeout";
    case ec::queue_timeout:
      return "queue_timeout";
    case ec::run_timeout:
      return "run_timeout";
    case ec::rate_limited:
      return "rate_limited";
    case ec::deadlock:
      return "deadlock";
    case ec::worker_lost:
      return "worker_lost";
    case ec::quarantined:
      return "quarantined";
    case ec::link:
      return "link";
  }
  return "unknown";
}

caf::error make_error(ec code, std::string text) {
  return {static_cast<std::uint8_t>(code), category, caf::make_message(std::move(text))};
}

thrown_error::thrown_error(caf::error why)
    : std::runtime_error{describe(why)}, why_(std::make_shared<const caf::error>(std::move(why))) {}

caf::error make_error(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const thrown_error& e) {
    return e.why();
  } catch (...) {
    // Anything else is told by its text.
  }
  auto text = text_of(thrown);
  return {static_cast<std::uint8_t>(ec::exception), category,
          caf::make_message(std::move(text), std::move(thrown))};
}

caf::error with_text(const caf::error& e, std::string text) {
  auto thrown = exception_of(e);
  return {
      e.code(), e.category(),
      thrown ? caf::make_message(std::move(text), std::move(thrown)) : caf::make_message(std::move(text))};
}

bool is(const caf::error& e, ec code) noexcept {
  return e && e.category() == category && e.code() == static_cast<std::uint8_t>(code);
}

std::string text_of(const caf::error& e) {
  if (!e)
    return "no error";
  if (e.category() == caf::atom("system"))
    return to_string(static_cast<caf::sec>(e.code())) + to_string(e.context());
  if (e.category() == caf::atom("exit"))
    return to_string(static_cast<caf::exit_reason>(e.code()));
  if (e.category() == category && e.context().match_element<std::string>(0))
    return e.context().get_as<std::string>(0);
  return to_string(e);
}

std::string describe(const caf::error& e) {
  if (e && e.category() == category)
    return std::string{name_of(static_cast<ec>(e.code()))} + ": " + text_of(e);
  return text_of(e);
}

std::exception_ptr exception_of(const caf::error& e) {
  if (e && e.category() == category && e.context().size() == 2 &&
      e.context().match_element<std::exception_ptr>(1))
    return e.context().get_as<std::exception_ptr>(1);
  return nullptr;
}

}  // namespace weir
