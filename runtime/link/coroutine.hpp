#pragma once

/// Boost.Asio's coroutines, whose headers in Boost 1.74 lack an include, and do not know that clang has
/// what they need. g++ 12 makes wrong code of a `co_await` within a condition, and of one whose expression
/// makes an object that has a destructor: they stand in statements of their own, with operands that have
/// names.

// Boost.Asio's need it.
#include <utility>

#if defined(__clang__) && !defined(BOOST_ASIO_HAS_CO_AWAIT)
#define BOOST_ASIO_HAS_CO_AWAIT 1
#define BOOST_ASIO_HAS_STD_COROUTINE 1
#endif

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace weir::link {

namespace asio = boost::asio;
using boost::system::error_code;

/// Until the timer runs out, or somebody cancels it.
[[nodiscard]] asio::awaitable<void> wait(asio::steady_timer& t);

}  // namespace weir::link
