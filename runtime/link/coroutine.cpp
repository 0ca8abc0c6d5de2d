#include <weir/runtime/link/coroutine.hpp>

#include <boost/asio/redirect_error.hpp>

namespace weir::link {

asio::awaitable<void> wait(asio::steady_timer& t) {
  error_code ignored;  // it ran out, or was canceled
  co_await t.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace weir::link
