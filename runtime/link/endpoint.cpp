#include <weir/actors/error.hpp>
#include <weir/actors/log.hpp>
#include <weir/actors/policy/rate_limit.hpp>
#include <weir/actors/policy/retry.hpp>
#include <weir/runtime/link/address.hpp>
#include <weir/runtime/link/coroutine.hpp>
#include <weir/runtime/link/endpoint.hpp>
#include <weir/runtime/link/greet.hpp>
#include <weir/runtime/link/link_table.hpp>
#include <weir/runtime/link/relay.hpp>
#include <weir/runtime/system/system_error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cerrno>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include <sys/socket.h>

namespace weir::link {

namespace {

using asio::ip::tcp;
using std::chrono::steady_clock;

/// After an accept that failed, for want of descriptors as a rule: to try again at once would cost a core.
constexpr std::chrono::milliseconds accept_pause{100};
/// Of lines about peers that were refused: whoever comes often does not fill the log.
constexpr policy::rate_rule log_rule{.per_second = 5, .burst = 50};
/// Of connections that are accepted: a handshake costs half a millisecond, on the thread of all links.
constexpr double accepts_per_second = 200;
/// Of links that are admitted: what CAF keeps of each process that it has known, for ever, is 1.6 kB.
constexpr double admissions_per_second = 1;
constexpr std::uint64_t admissions_at_once = 4;  // for each link that there may be

caf::error failed(const std::string& text) {
  return make_error(ec::link, text);
}

/// Later processes of a name have a greater one, as long as the clock is not set back.
std::uint64_t incarnation_now() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

std::string text_of(const tcp::endpoint& at) {
  return to_text(address{at.address().to_string(), at.port()});
}

caf::error only_loopback(const address& a) {
  return make_error(ec::invalid_option,
                    to_text(a) + " is not a loopback address, and there is no TLS: set authority, " +
                        "certificate and private_key");
}

asio::awaitable<void> wait(asio::steady_timer& t) {
  error_code ignored;  // it ran out, or was canceled
  co_await t.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

std::pair<detail::unique_fd, detail::unique_fd> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw thrown_error{failed(detail::system_error_text("socketpair", errno))};
  return {detail::unique_fd{ends[0]}, detail::unique_fd{ends[1]}};
}

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
  std::optional<std::uint64_t> link;
  bool given_up = false;
};

struct link_entry {
  std::shared_ptr<relay> over;
  identity who;
  std::string address;
  std::shared_ptr<target> dialed;  // none: it was accepted
};

}  // namespace

class endpoint::core {
public:
  core(const link_options& options, tls_context tls, const engine_id& engine, link_events events)
      : options_(options),
        tls_(std::move(tls)),
        engine_(engine),
        ours_{options.name, link::to_text(engine), incarnation_now()},
        events_(std::move(events)),
        accept_limit_({accepts_per_second, options.handshakes_max}),
        admit_limit_({admissions_per_second, admissions_at_once * options.connections_max}),
        table_(options.connections_max),
        thread_([this] { io_.run(); }) {}

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
  template <class Loop>
  void spawn(Loop loop) {
    asio::co_spawn(io_, std::move(loop), asio::detached);
  }

  asio::awaitable<void> accept(std::shared_ptr<tcp::acceptor> from);
  asio::awaitable<void> meet(tcp::socket socket);
  asio::awaitable<void> keep(std::shared_ptr<target> whom);
  asio::awaitable<void> reach(std::shared_ptr<target> whom);
  asio::awaitable<std::vector<tcp::endpoint>> resolve(address at);

  /// Begins an attempt, which `close` ends if it takes too long or has to make room.
  attempt_ptr begin(std::function<void()> close);
  static void finish(const attempt_ptr& a);
  void make_room();

  caf::expected<std::string> admit(const identity& who, const std::string& offers);
  void open(std::unique_ptr<record_stream> with, acquaintance peer, const std::string& address,
            const std::shared_ptr<target>& dialed);
  void closed(std::uint64_t link, const std::string& why);
  void tell_refusal(const std::string& address, const std::string& why);
  void end_all();

  const link_options options_;
  const tls_context tls_;
  const engine_id engine_;
  const identity ours_;
  const link_events events_;

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::vector<std::shared_ptr<tcp::acceptor>> acceptors_;
  std::vector<std::shared_ptr<target>> targets_;
  std::list<attempt_ptr> accepted_;  // not admitted yet, the oldest first
  std::list<attempt_ptr> dialed_;
  std::map<std::uint64_t, link_entry> links_;
  std::uint64_t last_link_ = 0;
  policy::rate_limit log_limit_{log_rule};
  policy::rate_limit accept_limit_;
  policy::rate_limit admit_limit_;
  link_table table_;
  std::uint64_t not_logged_ = 0;
  bool ending_ = false;
  std::mutex closing_;  // the thread is there, or has ended
  std::thread thread_;
};

// -- accepting --------------------------------------------------------------------------------------

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
  const std::lock_guard guard{closing_};
  if (!thread_.joinable())
    return make_error(ec::closed, "the endpoint is closed");
  auto made = std::make_shared<tcp::acceptor>(io_);
  made->open(where.protocol(), e);
  if (!e)
    made->set_option(tcp::acceptor::reuse_address{true}, e);
  if (!e)
    made->bind(where, e);
  if (!e)
    made->listen(tcp::acceptor::max_listen_connections, e);
  if (e)
    return make_error(ec::invalid_option, "can't listen at " + to_text(at) + ": " + e.message());
  const auto port = made->local_endpoint().port();
  asio::post(io_, [this, made] {
    acceptors_.push_back(made);
    spawn([this, made] { return accept(made); });
  });
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
      tell_refusal("a connection", "it can't be accepted: " + e.message());
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
  const auto address = e ? "a peer that has gone" : text_of(from);
  socket.set_option(tcp::no_delay{true}, e);
  auto with = std::make_unique<record_stream>(make_channel(std::move(socket), tls_), role::acceptor);
  make_room();
  const auto this_one = begin([over = &with->over()] { over->close(); });
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
    why = weir::text_of(failure.why());
  } catch (const std::exception& failure) {
    why = failure.what();
  }
  finish(this_one);
  accepted_.remove(this_one);
  tell_refusal(address, this_one->ended_because.empty() ? why : this_one->ended_because);
}

// -- dialing ----------------------------------------------------------------------------------------

caf::error endpoint::core::dial(const address& at) {
  if (at.port == 0)
    return make_error(ec::invalid_option, to_text(at) + " has no port to dial");
  if (!tls_ && !at.is_loopback())
    return only_loopback(at);
  asio::post(io_, [this, at] {
    const auto whom = std::make_shared<target>(target{at, asio::steady_timer{io_}, {}, false});
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
      // One that admits and cuts at once is no better than one that does not admit.
      if (steady_clock::now() - since >= options_.timeout)
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
    told = why.empty() ? told : why;
    failures = std::min(failures + 1, policy::retry_rule::attempts_max - 1);
    whom->changed.expires_after(*waits.next(failures, 0));
    co_await wait(whom->changed);
  }
}

asio::awaitable<void> endpoint::core::reach(std::shared_ptr<target> whom) {
  auto socket = std::make_shared<tcp::socket>(io_);
  std::unique_ptr<record_stream> with;
  const auto this_one = begin([&with, socket] {
    error_code ignored;  // it is closed whatever it says
    socket->close(ignored);
    if (with)
      with->over().close();
  });
  dialed_.push_back(this_one);
  try {
    const auto found = co_await resolve(whom->at);
    this_one->require_not_ended();
    co_await asio::async_connect(*socket, found, asio::use_awaitable);
    this_one->require_not_ended();
    socket->set_option(tcp::no_delay{true});
    with = std::make_unique<record_stream>(make_channel(std::move(*socket), tls_), role::dialer);
    const auto offers = events_.offers();
    auto known = co_await greet_acceptor(*with, ours_, options_, offers);
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
    const auto found = co_await resolver.async_resolve(at.host, port, asio::use_awaitable);
    for (const auto& one : found)
      all.push_back(one.endpoint());
  }
  const auto is_elsewhere = [](const auto& one) { return !one.address().is_loopback(); };
  if (!tls_ && std::any_of(all.begin(), all.end(), is_elsewhere))
    throw thrown_error{only_loopback(at)};
  co_return all;
}

// -- attempts ---------------------------------------------------------------------------------------

/// Of those who came and are not admitted yet, the one that has had the longest goes.
void endpoint::core::make_room() {
  if (accepted_.size() < options_.handshakes_max)
    return;
  accepted_.front()->end("it made room for a newer one before it was admitted");
  accepted_.pop_front();
}

attempt_ptr endpoint::core::begin(std::function<void()> close) {
  auto a =
      std::make_shared<attempt>(attempt{std::move(close), asio::steady_timer{io_, options_.handshake_time}});
  a->limit.async_wait([a](const error_code& e) {
    if (!e)
      a->end("it was not admitted within the handshake_time");
  });
  return a;
}

void endpoint::core::finish(const attempt_ptr& a) {
  a->close = nullptr;
  a->limit.cancel();
}

// -- links ------------------------------------------------------------------------------------------

caf::expected<std::string> endpoint::core::admit(const identity& who, const std::string& offers) {
  if (ending_)
    return failed("we are about to end");
  if (const auto clash = table_.clash_of(who, role::acceptor))
    return failed(*clash);
  if (!admit_limit_.allow(steady_clock::now()))
    return failed("too many links came and went in a short time; it may try again");
  return events_.admit(who, offers);
}

void endpoint::core::open(std::unique_ptr<record_stream> with, acquaintance known, const std::string& address,
                          const std::shared_ptr<target>& dialed) {
  const auto ours = dialed ? role::dialer : role::acceptor;
  // Others may have come while it was told that it is welcome.
  if (const auto clash = table_.clash_of(known.who, ours))
    throw thrown_error{failed(*clash)};
  auto [inner, outer] = socket_pair();
  const auto number = ++last_link_;
  engine_frames::rules rules{.ours = ours,
                             .us = engine_,
                             .peer = *read_engine_id(known.who.engine),
                             .frame_bytes_max = options_.frame_bytes_max};
  const auto unhandled = std::make_shared<backlog>();
  error_code e;
  relay::engine_socket engine{io_};
  engine.assign(asio::local::stream_protocol{}, inner.get(), e);
  if (e)
    throw thrown_error{failed(e.message())};
  static_cast<void>(inner.release());
  if (const auto earlier = table_.predecessor_of(known.who)) {
    const auto over = links_.at(*earlier).over;
    over->end("it has come again from " + address);
  }
  table_.add(number, known.who, ours);
  const auto over = std::make_shared<relay>(std::move(with), std::move(engine), unhandled,
                                            relay_options{options_.heartbeat, options_.timeout},
                                            [this, number](const std::string& why) { closed(number, why); });
  links_.emplace(number, link_entry{over, known.who, address, dialed});
  log()->info("link: {} at {} is up", known.who.name, address);
  rules.gateway = events_.opened(
      opened_link{number, ours, known.who, std::move(known.said), std::move(outer), unhandled});
  if (dialed)
    dialed->link = number;
  over->start(engine_frames{rules});
}

void endpoint::core::closed(std::uint64_t link, const std::string& why) {
  const auto gone = links_.extract(link);
  const auto& entry = gone.mapped();
  table_.remove(link);
  log()->info("link: {} at {} is down: {}", entry.who.name, entry.address, why);
  if (entry.dialed) {
    entry.dialed->link.reset();
    entry.dialed->changed.cancel();
  }
  events_.closed(link, entry.who, why);
}

bool endpoint::core::stop_dialing() {
  std::promise<bool> alone;
  const std::lock_guard guard{closing_};
  if (!thread_.joinable())
    return true;
  asio::post(io_, [this, &alone] {
    for (const auto& t : targets_) {
      t->given_up = true;
      t->changed.cancel();
    }
    for (const auto& a : dialed_)
      a->end("we dial no more");
    alone.set_value(links_.empty());
  });
  return alone.get_future().get();
}

void endpoint::core::leave(std::uint64_t link, const std::string& why) {
  asio::post(io_, [this, link, why] {
    const auto found = links_.find(link);
    if (found == links_.end())
      return;
    if (found->second.dialed)
      found->second.dialed->given_up = true;
    found->second.over->leave(why);
  });
}

void endpoint::core::end(std::uint64_t link, const std::string& why) {
  asio::post(io_, [this, link, why] {
    if (const auto found = links_.find(link); found != links_.end()) {
      const auto over = found->second.over;
      over->end(why);
    }
  });
}

std::vector<link_state> endpoint::core::links() {
  std::promise<std::vector<link_state>> seen;
  const std::lock_guard guard{closing_};
  if (!thread_.joinable())
    return {};
  asio::post(io_, [this, &seen] {
    std::vector<link_state> all;
    for (const auto& [number, entry] : links_) {
      const auto& counts = entry.over->counts();
      all.push_back({number, entry.who, entry.address, counts.bytes_in, counts.bytes_out, counts.round_trip});
    }
    seen.set_value(std::move(all));
  });
  return seen.get_future().get();
}

// -- the log, and the end ---------------------------------------------------------------------------

void endpoint::core::tell_refusal(const std::string& address, const std::string& why) {
  if (ending_)
    return;
  if (!log_limit_.allow(steady_clock::now())) {
    ++not_logged_;
    return;
  }
  const auto others = std::exchange(not_logged_, 0);
  log()->warn("link: refused {}: {}{}", address, why,
              others == 0 ? "" : "; " + std::to_string(others) + " more were refused and not logged");
}

void endpoint::core::close() {
  const std::lock_guard guard{closing_};
  if (!thread_.joinable())
    return;
  asio::post(io_, [this] { end_all(); });
  thread_.join();
}

void endpoint::core::end_all() {
  ending_ = true;
  error_code ignored;  // it is closed whatever it says
  for (const auto& a : acceptors_)
    a->close(ignored);
  for (const auto& t : targets_)
    t->changed.cancel();
  for (const auto* attempts : {&accepted_, &dialed_})
    for (const auto& a : *attempts)
      a->end("we end");
  while (!links_.empty()) {
    const auto over = links_.begin()->second.over;
    over->end("we end");
  }
  work_.reset();
}

// -- the face ---------------------------------------------------------------------------------------

caf::expected<std::unique_ptr<endpoint>> endpoint::make(const link_options& options, const engine_id& engine,
                                                        link_events events) {
  if (auto e = options.validate())
    return e;
  tls_context tls;
  if (!options.tls.none()) {
    auto loaded = load_tls(options.tls, options.name);
    if (!loaded)
      return std::move(loaded.error());
    tls = std::move(*loaded);
  }
  return std::unique_ptr<endpoint>{
      new endpoint{std::make_unique<core>(options, std::move(tls), engine, std::move(events))}};
}

endpoint::endpoint(std::unique_ptr<core> c) : core_(std::move(c)) {}
endpoint::~endpoint() = default;

caf::expected<std::uint16_t> endpoint::listen(const std::string& at) {
  auto where = read_address(at);
  if (!where)
    return std::move(where.error());
  return core_->listen(*where);
}

caf::error endpoint::dial(const std::string& at) {
  const auto where = read_address(at);
  return where ? core_->dial(*where) : where.error();
}

bool endpoint::stop_dialing() {
  return core_->stop_dialing();
}

void endpoint::leave(std::uint64_t link, const std::string& why) {
  core_->leave(link, why);
}

void endpoint::end(std::uint64_t link, const std::string& why) {
  core_->end(link, why);
}

void endpoint::close() {
  core_->close();
}

std::vector<link_state> endpoint::links() const {
  return core_->links();
}

}  // namespace weir::link
