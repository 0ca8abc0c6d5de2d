/// Who is dialed: for good, with a wait that grows from one try to the next.

#include <weir/actors/log.hpp>
#include <weir/actors/policy/retry.hpp>
#include <weir/runtime/link/endpoint_core.hpp>

#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <chrono>
#include <random>

namespace weir::link {

using std::chrono::steady_clock;

caf::error endpoint::core::dial(const address& at) {
  if (at.port == 0)
    return make_error(ec::invalid_option, to_text(at) + " has no port to dial");
  if (!tls_ && !at.is_loopback())
    return only_loopback(at);
  tell([this, at] {
    const auto whom = std::make_shared<target>(target{at, asio::steady_timer{io_}});
    targets_.push_back(whom);
    spawn([this, whom] { return keep(whom); });
  });
  return {};
}

asio::awaitable<void> endpoint::core::keep(std::shared_ptr<target> whom) {
  policy::retry waits{{.attempts = policy::retry_rule::attempts_max,
                       .backoff = options_.backoff,
                       .backoff_max = options_.backoff_max},
                      std::random_device{}()};
  unsigned failures = 0;
  std::string told;
  while (!ending_ && !whom->given_up) {
    std::string why;
    try {
      co_await reach(whom);
      told.clear();
      const auto since = steady_clock::now();
      while (whom->link) {
        whom->changed.expires_at(steady_clock::time_point::max());
        co_await wait(whom->changed);
      }
      // One that admits and cuts at once is no better than one that does not admit; one that has nothing to
      // do any more says farewell.
      if (whom->was_left || steady_clock::now() - since >= options_.timeout)
        failures = 0;
    } catch (const thrown_error& failure) {
      why = weir::text_of(failure.why());
    } catch (const std::exception& failure) {
      why = failure.what();
    }
    if (ending_ || whom->given_up)
      co_return;
    // A peer that is away for long is one event, not one for each try.
    if (!why.empty() && why != told)
      log()->warn("link: no link to {}: {}; it is tried again", to_text(whom->at), why);
    if (!why.empty() && events_.unreached)
      events_.unreached(why);
    told = why.empty() ? told : why;
    failures = std::min(failures + 1, policy::retry_rule::attempts_max - 1);
    whom->changed.expires_after(*waits.next(failures, 0));
    co_await wait(whom->changed);
  }
}

asio::awaitable<void> endpoint::core::reach(std::shared_ptr<target> whom) {
  auto socket = std::make_shared<tcp::socket>(io_);
  std::unique_ptr<record_stream> with;
  const auto close = [&with, socket] {
    error_code ignored;  // it is closed whatever it says
    socket->close(ignored);
    if (with)
      with->over().close();
  };
  const auto this_one = begin(close, role::dialer);
  dialed_.push_back(this_one);
  try {
    const auto found = co_await resolve(whom->at);
    this_one->require_not_ended();
    error_code e;
    co_await asio::async_connect(*socket, found, asio::redirect_error(asio::use_awaitable, e));
    this_one->require_not_ended();
    if (e)
      throw thrown_error{failed("can't connect: " + e.message())};
    socket->set_option(tcp::no_delay{true});
    with = std::make_unique<record_stream>(make_channel(std::move(*socket), tls_), role::dialer);
    const auto offers = events_.offers();
    // Whoever is greeted takes us for one that has lost its link, if there is one.
    const objection object = [this](const identity& acceptor) {
      const auto clash = table_.clash_of(acceptor, role::dialer);
      return clash ? failed(*clash) : caf::error{};
    };
    auto known = co_await greet_acceptor(*with, ours_, options_, object, offers);
    this_one->require_not_ended();
    finish(this_one);
    dialed_.remove(this_one);
    open(std::move(with), std::move(known), to_text(whom->at), whom);
  } catch (...) {
    finish(this_one);
    dialed_.remove(this_one);
    this_one->require_not_ended();
    throw;
  }
}

/// What is an address already needs nobody to look it up, which can't be interrupted.
asio::awaitable<std::vector<tcp::endpoint>> endpoint::core::resolve(address at) {
  std::vector<tcp::endpoint> all;
  error_code e;
  if (const auto literal = asio::ip::make_address(at.host, e); !e) {
    all.emplace_back(literal, at.port);
  } else {
    tcp::resolver resolver{io_};
    const auto port = std::to_string(at.port);
    const auto found =
        co_await resolver.async_resolve(at.host, port, asio::redirect_error(asio::use_awaitable, e));
    if (e)
      throw thrown_error{failed("can't look up " + at.host + ": " + e.message())};
    for (const auto& one : found)
      all.push_back(one.endpoint());
  }
  const auto is_elsewhere = [](const auto& one) { return !one.address().is_loopback(); };
  if (!tls_ && std::any_of(all.begin(), all.end(), is_elsewhere))
    throw thrown_error{only_loopback(at)};
  co_return all;
}

}  // namespace weir::link
