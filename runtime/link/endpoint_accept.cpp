/// Who comes: accepted one by one, not faster than may be, and admitted within a time.

#include <weir/actors/log.hpp>
#include <weir/runtime/link/endpoint_core.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <chrono>

namespace weir::link {

namespace {

using std::chrono::steady_clock;

/// After an accept that failed, for want of descriptors as a rule: to try again at once would cost a core.
constexpr std::chrono::milliseconds accept_pause{100};

constexpr auto anybody = "whoever comes";

}  // namespace

caf::expected<std::uint16_t> endpoint::core::listen(const address& at) {
  if (!tls_ && !at.is_loopback())
    return only_loopback(at);
  error_code e;
  tcp::resolver resolver{io_};
  const auto found = resolver.resolve(at.host, std::to_string(at.port), e);
  if (e || found.empty())
    return make_error(ec::invalid_option, to_text(at) + ": " + e.message());
  const tcp::endpoint where = found.begin()->endpoint();
  if (!tls_ && !where.address().is_loopback())
    return only_loopback(at);
  auto made = std::make_shared<tcp::acceptor>(io_);
  made->open(where.protocol(), e);
  if (!e)
    made->set_option(tcp::acceptor::reuse_address{true}, e);
  if (!e)
    made->bind(where, e);
  if (!e)
    made->listen(tcp::acceptor::max_listen_connections, e);
  if (e)
    return make_error(ec::io, "can't listen at " + to_text(at) + ": " + e.message());
  const auto port = made->local_endpoint().port();
  const auto told = tell([this, made] {
    acceptors_.push_back(made);
    spawn([this, made] { return accept(made); });
  });
  if (!told)
    return make_error(ec::closed, "the endpoint is closed");
  return port;
}

asio::awaitable<void> endpoint::core::accept(std::shared_ptr<tcp::acceptor> from) {
  asio::steady_timer pause{io_};
  while (!ending_) {
    error_code e;
    auto socket = co_await from->async_accept(asio::redirect_error(asio::use_awaitable, e));
    if (ending_)
      co_return;
    if (e) {
      tell_failure(anybody, anybody, "it can't be accepted: " + e.message());
      pause.expires_after(accept_pause);
      co_await wait(pause);
      continue;
    }
    // What comes too fast waits in the system's queue.
    const auto ahead = accept_limit_.reserve(steady_clock::now());
    if (ahead > duration::zero()) {
      pause.expires_after(ahead);
      co_await wait(pause);
    }
    // In a box, as g++ 12 moves what a lambda holds once more than it should.
    auto boxed = std::make_shared<tcp::socket>(std::move(socket));
    spawn([this, boxed] { return meet(std::move(*boxed)); });
  }
}

asio::awaitable<void> endpoint::core::meet(tcp::socket socket) {
  if (ending_)
    co_return;
  error_code e;
  const auto from = socket.remote_endpoint(e);
  const auto host = e ? "a peer that has gone" : from.address().to_string();
  const auto address = e ? host : to_text({host, from.port()});
  socket.set_option(tcp::no_delay{true}, e);
  auto with = std::make_unique<record_stream>(make_channel(std::move(socket), tls_), role::acceptor);
  make_room();
  const auto this_one = begin([over = &with->over()] { over->close(); }, role::acceptor);
  accepted_.push_back(this_one);
  std::string why;
  try {
    const admission admitting = [this](const identity& who, const std::string& offers) {
      return admit(who, offers);
    };
    auto known = co_await greet_dialer(*with, ours_, options_, admitting);
    this_one->require_not_ended();
    finish(this_one);
    accepted_.remove(this_one);
    open(std::move(with), std::move(known), address, nullptr);
    co_return;
  } catch (const thrown_error& failure) {
    why = text_of(failure.why());
  } catch (const std::exception& failure) {
    why = failure.what();
  }
  finish(this_one);
  accepted_.remove(this_one);
  tell_failure(host, address, this_one->ended_because.empty() ? why : this_one->ended_because);
}

/// Of those who came and are not admitted yet, the one that has had the longest goes.
void endpoint::core::make_room() {
  if (accepted_.size() < options_.handshakes_max)
    return;
  accepted_.front()->end("it made room for a newer one before it was admitted");
  accepted_.pop_front();
}

void endpoint::core::tell_failure(const std::string& host, const std::string& address,
                                  const std::string& why) {
  if (ending_)
    return;
  const auto now = steady_clock::now();
  const auto what = host + ": " + why;
  const auto before = log_filter_.observe(what, now);
  if (!before)
    return;
  if (!log_limit_.allow(now)) {
    not_logged_ += 1 + *before;
    return log_filter_.forget(what);
  }
  auto text = why;
  if (*before > 0)
    text += "; " + std::to_string(*before + 1) + " times since that was said last";
  if (const auto others = std::exchange(not_logged_, 0); others > 0)
    text += "; others that were left out of the log: " + std::to_string(others);
  log()->warn("link: no link with {}: {}", address, text);
}

}  // namespace weir::link
