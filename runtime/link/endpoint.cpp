#include <weir/actors/log.hpp>
#include <weir/runtime/link/endpoint.hpp>
#include <weir/runtime/link/endpoint_core.hpp>
#include <weir/runtime/short_text.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <future>

namespace weir::link {

namespace {

using std::chrono::steady_clock;

/// Later processes of a name have a greater one, as long as the clock is not set back.
std::uint64_t incarnation_now() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

/// Of an attempt that took too long: with TLS on one side alone each waits for the other to begin.
std::string too_long(role ours, duration handshake_time, bool with_tls) {
  const auto in_time = " within " + short_text(handshake_time);
  if (ours == role::acceptor)
    return "it was not admitted" + in_time + (with_tls ? ": it may be without TLS" : "");
  return "it did not admit us" + in_time +
         (with_tls ? "" : ": it may want TLS; then set authority, certificate and private_key");
}

}  // namespace

endpoint::core::core(asio::io_context& loop, const link_options& options, tls_context tls,
                     const engine_id& engine, link_events events)
    : options_(options),
      tls_(std::move(tls)),
      engine_(engine),
      ours_{options.name, link::to_text(engine), incarnation_now()},
      events_(std::move(events)),
      io_(loop),
      accept_limit_({accepts_per_second, options.handshakes_max}),
      admit_limit_({admissions_per_second, admissions_at_once * options.connections_max}),
      table_(options.connections_max) {}

caf::error only_loopback(const address& a) {
  return make_error(ec::invalid_option,
                    to_text(a) + " is not a loopback address, and there is no TLS: set authority, " +
                        "certificate and private_key");
}

attempt_ptr endpoint::core::begin(std::function<void()> close, role ours) {
  auto a =
      std::make_shared<attempt>(attempt{std::move(close), asio::steady_timer{io_, options_.handshake_time}});
  a->limit.async_wait(
      [a, why = too_long(ours, options_.handshake_time, tls_ != nullptr)](const error_code& e) {
        if (!e)
          a->end(why);
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
  const auto number = ++last_link_;
  engine_frames::rules rules{.ours = ours,
                             .us = engine_,
                             .peer = *read_engine_id(known.who.engine),
                             .frame_bytes_max = options_.frame_bytes_max};
  if (const auto earlier = table_.predecessor_of(known.who)) {
    const auto over = links_.at(*earlier).over;
    over->end("it has come again from " + address);
  }
  table_.add(number, known.who, ours);
  const auto over = std::make_shared<relay>(io_.get_executor(), std::move(with),
                                            relay_options{options_.heartbeat, options_.timeout},
                                            [this, number](const std::string& why) { closed(number, why); });
  links_.emplace(number, link_entry{over, known.who, address, dialed});
  log()->info("link: {} at {} is up", known.who.name, address);
  try {
    auto engine = events_.opened(opened_link{number, ours, known.who, std::move(known.said)});
    rules.gateway = engine.gateway;
    if (dialed)
      dialed->link = number;
    over->start(std::move(engine.end), engine_frames{rules});
  } catch (...) {
    over->end("it can't be taken on");
    throw;
  }
}

void endpoint::core::closed(std::uint64_t link, const std::string& why) {
  const auto gone = links_.extract(link);
  const auto& entry = gone.mapped();
  table_.remove(link);
  log()->info("link: {} at {} is down: {}", entry.who.name, entry.address, why);
  if (entry.dialed) {
    entry.dialed->link.reset();
    entry.dialed->was_left = entry.over->peer_left();
    entry.dialed->changed.cancel();
  }
  events_.closed(link, entry.who, why);
  tell_if_closed();
}

template <class See>
auto endpoint::core::ask(See see) -> std::optional<decltype(see())> {
  std::promise<decltype(see())> seen;
  if (!tell([&] { seen.set_value(see()); }))
    return std::nullopt;
  return seen.get_future().get();
}

bool endpoint::core::stop_dialing() {
  const auto alone = ask([this] {
    for (const auto& t : targets_) {
      t->given_up = true;
      t->changed.cancel();
    }
    for (const auto& a : dialed_)
      a->end("we dial no more");
    return links_.empty();
  });
  return alone.value_or(true);
}

void endpoint::core::leave(std::uint64_t link, const std::string& why) {
  tell([this, link, why] {
    const auto found = links_.find(link);
    if (found == links_.end())
      return;
    if (found->second.dialed)
      found->second.dialed->given_up = true;
    found->second.over->leave(why);
  });
}

void endpoint::core::end(std::uint64_t link, const std::string& why) {
  tell([this, link, why] {
    if (const auto found = links_.find(link); found != links_.end())
      found->second.over->refuse(why);
  });
}

std::vector<link_state> endpoint::core::links() {
  auto all = ask([this] {
    std::vector<link_state> seen;
    for (const auto& [number, entry] : links_) {
      const auto& counts = entry.over->counts();
      seen.push_back(
          {number, entry.who, entry.address, counts.bytes_in, counts.bytes_out, counts.round_trip});
    }
    return seen;
  });
  return all ? std::move(*all) : std::vector<link_state>{};
}

// -- the end ------------------------------------------------------------------------------------

void endpoint::core::close() {
  std::unique_lock lock{mutex_};
  if (std::exchange(phase_, std::max(phase_, phase::closing)) == phase::open)
    asio::post(io_, [this] { end_all(); });
  closed_changed_.wait(lock, [this] { return phase_ == phase::closed; });
}

void endpoint::core::tell_if_closed() {
  if (!ending_ || running_ > 0 || !links_.empty())
    return;
  std::unique_lock lock{mutex_};
  if (told_ > 0)
    return;
  // What belongs to the loop goes before it does. It is told nothing more.
  lock.unlock();
  acceptors_.clear();
  targets_.clear();
  lock.lock();
  phase_ = phase::closed;
  closed_changed_.notify_all();
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
  for (const auto& [number, entry] : links_)
    entry.over->leave(entry.dialed ? "the node has ended" : "the run has ended");
  tell_if_closed();
}

// -- the face ---------------------------------------------------------------------------------------

caf::expected<std::unique_ptr<endpoint>> endpoint::make(asio::io_context& loop, const link_options& options,
                                                        const engine_id& engine, link_events events) {
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
      new endpoint{std::make_unique<core>(loop, options, std::move(tls), engine, std::move(events))}};
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
