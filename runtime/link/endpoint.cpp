#include <weir/actors/log.hpp>
#include <weir/runtime/link/endpoint.hpp>
#include <weir/runtime/link/endpoint_core.hpp>
#include <weir/runtime/system/system_error.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <cerrno>
#include <chrono>
#include <future>

#include <sys/socket.h>

namespace weir::link {

namespace {

using std::chrono::steady_clock;

/// Later processes of a name have a greater one, as long as the clock is not set back.
std::uint64_t incarnation_now() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

std::pair<detail::unique_fd, detail::unique_fd> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw thrown_error{failed(detail::system_error_text("socketpair", errno))};
  return {detail::unique_fd{ends[0]}, detail::unique_fd{ends[1]}};
}

}  // namespace

endpoint::core::core(const link_options& options, tls_context tls, const engine_id& engine,
                     link_events events)
    : options_(options),
      tls_(std::move(tls)),
      engine_(engine),
      ours_{options.name, link::to_text(engine), incarnation_now()},
      events_(std::move(events)),
      accept_limit_({accepts_per_second, options.handshakes_max}),
      admit_limit_({admissions_per_second, admissions_at_once * options.connections_max}),
      table_(options.connections_max),
      thread_([this] { io_.run(); }) {}

caf::error only_loopback(const address& a) {
  return make_error(ec::invalid_option,
                    to_text(a) + " is not a loopback address, and there is no TLS: set authority, " +
                        "certificate and private_key");
}

asio::awaitable<void> wait(asio::steady_timer& t) {
  error_code ignored;  // it ran out, or was canceled
  co_await t.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
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

// -- the end ------------------------------------------------------------------------------------

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
