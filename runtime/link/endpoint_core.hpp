#pragma once

/// The inside of an endpoint, in three parts: who comes (endpoint_accept.cpp), who is dialed
/// (endpoint_dial.cpp), and the links that are up (endpoint.cpp). All but the constructor, and what says so,
/// is of the loop's thread.

#include <weir/actors/error.hpp>
#include <weir/actors/policy/rate_limit.hpp>
#include <weir/actors/policy/repeat_filter.hpp>
#include <weir/runtime/link/address.hpp>
#include <weir/runtime/link/coroutine.hpp>
#include <weir/runtime/link/endpoint.hpp>
#include <weir/runtime/link/greet.hpp>
#include <weir/runtime/link/link_table.hpp>
#include <weir/runtime/link/relay.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::link {

using asio::ip::tcp;

/// Of lines about peers that were refused: whoever comes often does not fill the log.
constexpr policy::rate_rule log_rule{.per_second = 5, .burst = 50};
/// Of one that comes from the same host for the same reason: it tries for as long as nobody mends it.
constexpr std::chrono::minutes log_again{10};
constexpr std::size_t logged_max = 64;
/// Of connections that are accepted: a handshake costs half a millisecond, on the thread of all links.
constexpr double accepts_per_second = 200;
/// Of links that are admitted: what CAF keeps of each process that it has known, for ever, is 1.6 kB.
constexpr double admissions_per_second = 1;
constexpr std::uint64_t admissions_at_once = 4;  // for each link that there may be

[[nodiscard]] inline caf::error failed(const std::string& text) {
  return make_error(ec::link, text);
}

/// Of an address that can be met only with TLS, where there is none.
[[nodiscard]] caf::error only_loopback(const address& a);

/// A peer that is not admitted yet, and what ends it.
struct attempt {
  std::function<void()> close;
  asio::steady_timer limit;
  std::string ended_because = {};  // empty: by itself

  void end(const std::string& why) {
    if (!close)
      return;
    ended_because = why;
    std::exchange(close, nullptr)();
  }

  /// What was under way may have come just before it was ended, and what can't be ended after it.
  void require_not_ended() const {
    if (!ended_because.empty())
      throw thrown_error{failed(ended_because)};
  }
};
using attempt_ptr = std::shared_ptr<attempt>;

/// Somebody to be dialed for good.
struct target {
  address at;
  asio::steady_timer changed;  // canceled when the link has gone, or the waiting is to end
  std::optional<std::uint64_t> link = {};
  bool was_left = false;  // the last link, by the peer
  bool given_up = false;
};

struct link_entry {
  std::shared_ptr<relay> over;
  identity who;
  std::string address;
  std::shared_ptr<target> dialed;  // none: it was accepted
};

class endpoint::core {
public:
  core(asio::io_context& loop, const link_options& options, tls_context tls, const engine_id& engine,
       link_events events);
  ~core() { close(); }
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  caf::expected<std::uint16_t> listen(const address& at);
  caf::error dial(const address& at);
  bool stop_dialing();
  void leave(std::uint64_t link, const std::string& why);
  void end(std::uint64_t link, const std::string& why);
  std::vector<link_state> links();
  void close();

private:
  template <class Run>
  void spawn(Run run) {
    ++running_;
    asio::co_spawn(io_, std::move(run), [this](const std::exception_ptr&) {
      --running_;
      tell_if_closed();
    });
  }

  /// Has `call` called on the loop's thread; false once this is closed. What the loop tells itself comes
  /// after what others tell it meanwhile, the end too, which waits for it.
  template <class Call>
  bool tell(Call call) {
    const std::lock_guard guard{mutex_};
    if (phase_ != phase::open)
      return false;
    asio::post(io_, [this, call = std::move(call)]() mutable {
      call();
      std::unique_lock lock{mutex_};
      --told_;
      lock.unlock();
      tell_if_closed();
    });
    ++told_;
    return true;
  }

  /// Has `see` called on the loop's thread, and returns what it returns; nothing once this is closed.
  template <class See>
  auto ask(See see) -> std::optional<decltype(see())>;

  asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> from);
  asio::awaitable<void> meet(tcp::socket socket);
  asio::awaitable<void> keep(std::shared_ptr<target> whom);
  asio::awaitable<void> reach(std::shared_ptr<target> whom);
  asio::awaitable<std::vector<tcp::endpoint>> resolve(address at);

  /// Begins an attempt, which `close` ends if it takes too long or has to make room.
  attempt_ptr begin(std::function<void()> close, role ours);
  static void finish(const attempt_ptr& a);
  void make_room();

  caf::expected<std::string> admit(const identity& who, const std::string& offers);
  void open(std::unique_ptr<record_stream> with, acquaintance peer, const std::string& address,
            const std::shared_ptr<target>& dialed);
  void closed(std::uint64_t link, const std::string& why);
  void tell_failure(const std::string& host, const std::string& address, const std::string& why);
  void end_all();
  void tell_if_closed();

  const link_options options_;
  const tls_context tls_;
  const engine_id engine_;
  const identity ours_;
  const link_events events_;

  asio::io_context& io_;
  std::size_t running_ = 0;  // coroutines
  std::vector<std::shared_ptr<tcp::acceptor>> acceptors_;
  std::vector<std::shared_ptr<target>> targets_;
  std::list<attempt_ptr> accepted_;  // not admitted yet, the oldest first
  std::list<attempt_ptr> dialed_;
  std::map<std::uint64_t, link_entry> links_;
  std::uint64_t last_link_ = 0;
  policy::rate_limit log_limit_{log_rule};
  policy::repeat_filter log_filter_{log_again, logged_max};
  policy::rate_limit accept_limit_;
  policy::rate_limit admit_limit_;
  link_table table_;
  std::uint64_t not_logged_ = 0;
  bool ending_ = false;
  std::mutex mutex_;
  std::condition_variable closed_changed_;
  enum class phase : std::uint8_t { open, closing, closed };
  phase phase_ = phase::open;  // whether the loop may be told anything; under the lock
  std::size_t told_ = 0;       // what it has been told and has not heard yet; likewise
};

}  // namespace weir::link
