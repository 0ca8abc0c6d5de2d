#include <weir/actors/error.hpp>
#include <weir/runtime/link/relay.hpp>
#include <weir/runtime/short_text.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir::link {

namespace {

std::string stamp_of(std::chrono::steady_clock::time_point t) {
  const auto count = t.time_since_epoch().count();
  static_assert(sizeof count == record_limits::ping_bytes);
  std::string bytes(sizeof count, '\0');
  std::memcpy(bytes.data(), &count, sizeof count);
  return bytes;
}

}  // namespace

relay::relay(const asio::any_io_executor& on, std::unique_ptr<record_stream> peer,
             const relay_options& options, ended tell)
    : on_(on),
      peer_(std::move(peer)),
      options_(options),
      tell_(std::move(tell)),
      ping_at_(clock::now()),
      to_send_(on_),
      silence_(on_) {}

void relay::start(std::shared_ptr<engine_end> engine, engine_frames check) {
  engine_ = std::move(engine);
  check_.emplace(std::move(check));
  engine_->when_ready([this] { to_send_.cancel(); });
  spawn(&relay::from_peer);
  spawn(&relay::to_peer);
  spawn(&relay::watch);
}

void relay::spawn(asio::awaitable<void> (relay::*loop)()) {
  asio::co_spawn(
      on_,
      [self = shared_from_this(), loop]() -> asio::awaitable<void> {
        try {
          co_await (*self.*loop)();
        } catch (const thrown_error& e) {
          self->end(text_of(e.why()));
        } catch (const std::exception& e) {
          self->end(e.what());
        }
      },
      asio::detached);
}

void relay::end_with(record_kind last, std::string why, std::string told) {
  if (over_ || last_word_)
    return;
  last_kind_ = last;
  last_word_ = std::move(why);
  told_ = std::move(told);
  last_word_->resize(std::min(last_word_->size(), record_limits::reason_bytes_max));
  to_send_.cancel();
  silence_.cancel();
}

void relay::end(const std::string& why) {
  if (std::exchange(over_, true))
    return;
  peer_->over().close();
  to_send_.cancel();
  silence_.cancel();
  if (engine_)
    engine_->link_has_gone();
  tell_(why);
}

asio::awaitable<void> relay::from_peer() {
  while (!over_) {
    const auto come = co_await peer_->next();
    switch (come.kind) {
      case record_kind::data:
        counts_.bytes_in += come.content.size();
        if (!last_word_)
          to_engine(come.content);
        break;
      case record_kind::ping:
        pong_due_ = come.text();
        to_send_.cancel();
        break;
      case record_kind::pong:
        handle_pong(come.text());
        break;
      case record_kind::refusal:
        end(refusal_text(come.text()));
        break;
      default:
        peer_left_ = true;
        end("it has left: " + printable(come.text()));
    }
  }
}

void relay::handle_pong(std::string_view content) {
  // One that is not of the last ping is of no use: a peer may send anything.
  if (content == stamp_of(pinged_))
    counts_.round_trip = clock::now() - pinged_;
}

void relay::to_engine(bytes_view content) {
  const auto passed = check_->pass(content);
  if (!passed)
    throw thrown_error{passed.error()};
  for (const auto part : *passed)
    if (!engine_->take(part))
      return end("the engine here has closed it");
}

/// False if there is nothing to send.
asio::awaitable<bool> relay::write_next() {
  writing_since_ = clock::now();
  if (last_word_) {
    co_await peer_->write(last_kind_, *last_word_);
    end(told_);
  } else if (pong_due_) {
    const auto stamp = *std::exchange(pong_due_, std::nullopt);
    co_await peer_->write(record_kind::pong, stamp);
  } else if (clock::now() >= ping_at_) {
    pinged_ = clock::now();
    ping_at_ = pinged_ + options_.heartbeat;
    const auto stamp = stamp_of(pinged_);
    co_await peer_->write(record_kind::ping, stamp);
  } else {
    const auto whole = engine_->give();
    if (whole.empty() && engine_->is_closed())
      end("the engine here has closed it");
    if (whole.empty())
      co_return false;
    counts_.bytes_out += whole.size() - record_limits::head_bytes;
    co_await peer_->write(record_kind::data, whole);
  }
  co_return true;
}

asio::awaitable<void> relay::to_peer() {
  while (!over_) {
    const auto sent = co_await write_next();
    writing_since_.reset();
    if (sent || over_)
      continue;
    to_send_.expires_at(ping_at_);
    co_await wait(to_send_);
  }
}

asio::awaitable<void> relay::watch() {
  while (!over_) {
    if (last_word_) {
      silence_.expires_after(options_.heartbeat);
      co_await wait(silence_);
      end(told_);
      co_return;
    }
    if (const auto why = lost_because(clock::now())) {
      end(*why);
      co_return;
    }
    silence_.expires_after(options_.heartbeat);
    co_await wait(silence_);
  }
}

std::optional<std::string> relay::lost_because(clock::time_point now) {
  if (now - peer_->heard() >= options_.timeout)
    return "nothing was heard of it for " + short_text(options_.timeout);
  // A record may take long on a slow link, as long as some of it gets through.
  const auto took = peer_->over().took(now);
  if (writing_since_ && now - std::max(*writing_since_, took) >= options_.timeout)
    return "it took nothing for " + short_text(options_.timeout);
  return std::nullopt;
}

}  // namespace weir::link
