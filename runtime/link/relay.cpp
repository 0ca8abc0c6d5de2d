#include <weir/actors/error.hpp>
#include <weir/runtime/link/relay.hpp>
#include <weir/runtime/short_text.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace weir::link {

namespace {

/// Between two looks whether the engine's side has caught up.
constexpr std::chrono::milliseconds handling_pause{1};

/// Until the timer runs out or somebody cancels it.
asio::awaitable<void> wait(asio::steady_timer& t) {
  error_code ignored;
  co_await t.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

std::string stamp_of(std::chrono::steady_clock::time_point t) {
  const auto count = t.time_since_epoch().count();
  static_assert(sizeof count == record_limits::ping_bytes);
  std::string bytes(sizeof count, '\0');
  std::memcpy(bytes.data(), &count, sizeof count);
  return bytes;
}

}  // namespace

relay::relay(std::unique_ptr<record_stream> peer, engine_socket engine, std::shared_ptr<backlog> unhandled,
             const relay_options& options, ended tell)
    : peer_(std::move(peer)),
      engine_(std::move(engine)),
      unhandled_(std::move(unhandled)),
      options_(options),
      tell_(std::move(tell)),
      outgoing_(record_limits::record_bytes_max),
      ping_at_(clock::now()),
      to_send_(engine_.get_executor()),
      room_(engine_.get_executor()),
      silence_(engine_.get_executor()) {}

void relay::start(engine_frames check) {
  check_.emplace(std::move(check));
  spawn(&relay::from_peer);
  spawn(&relay::from_engine);
  spawn(&relay::to_peer);
  spawn(&relay::watch);
}

void relay::spawn(asio::awaitable<void> (relay::*loop)()) {
  asio::co_spawn(
      engine_.get_executor(),
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

void relay::leave(std::string why) {
  if (over_ || farewell_)
    return;
  farewell_ = std::move(why);
  farewell_->resize(std::min(farewell_->size(), record_limits::reason_bytes_max));
  to_send_.cancel();
  silence_.cancel();
}

void relay::end(const std::string& why) {
  if (std::exchange(over_, true))
    return;
  peer_->over().close();
  error_code ignored;  // it is closed whatever it says
  engine_.close(ignored);
  to_send_.cancel();
  room_.cancel();
  silence_.cancel();
  tell_(why);
}

asio::awaitable<void> relay::from_peer() {
  while (!over_) {
    const auto come = co_await peer_->next();
    switch (come.kind) {
      case record_kind::data:
        counts_.bytes_in += come.content.size();
        co_await to_engine(come.content);
        break;
      case record_kind::ping:
        pong_due_ = come.text();
        to_send_.cancel();
        break;
      case record_kind::pong:
        handle_pong(come.text());
        break;
      default:
        end("it has left: " + printable(come.text()));
    }
  }
}

void relay::handle_pong(std::string_view content) {
  // One that is not of the last ping is of no use: a peer may send anything.
  if (content == stamp_of(pinged_))
    counts_.round_trip = clock::now() - pinged_;
}

asio::awaitable<void> relay::to_engine(bytes_view content) {
  const auto texts = check_->texts();
  const auto bytes = check_->text_bytes();
  const auto passed = check_->pass(content);
  if (!passed)
    throw thrown_error{passed.error()};
  unhandled_->add(check_->texts() - texts, check_->text_bytes() - bytes);
  engine_is_slow_ = true;
  for (const auto part : *passed) {
    error_code e;
    co_await asio::async_write(engine_, asio::buffer(part.data(), part.size()),
                               asio::redirect_error(asio::use_awaitable, e));
    if (e) {
      end("the engine here has closed it");
      co_return;
    }
  }
  co_await wait_for_handling();
  engine_is_slow_ = false;
}

asio::awaitable<void> relay::wait_for_handling() {
  asio::steady_timer pause{engine_.get_executor()};
  while (!over_ && unhandled_->full()) {
    pause.expires_after(handling_pause);
    co_await wait(pause);
  }
}

asio::awaitable<void> relay::from_engine() {
  while (!over_) {
    error_code e;
    const auto n = co_await engine_.async_read_some(
        asio::buffer(outgoing_.data() + record_limits::head_bytes, record_limits::data_bytes_max),
        asio::redirect_error(asio::use_awaitable, e));
    if (e) {
      end("the engine here has closed it");
      co_return;
    }
    outgoing_bytes_ = n;
    counts_.bytes_out += n;
    to_send_.cancel();
    while (!over_ && outgoing_bytes_ > 0) {
      room_.expires_at(clock::time_point::max());
      co_await wait(room_);
    }
  }
}

/// False if there is nothing to send.
asio::awaitable<bool> relay::write_next() {
  writing_since_ = clock::now();
  if (farewell_) {
    co_await peer_->write(record_kind::farewell, *farewell_);
    end("we left: " + printable(*farewell_));
  } else if (pong_due_) {
    const auto stamp = *std::exchange(pong_due_, std::nullopt);
    co_await peer_->write(record_kind::pong, stamp);
  } else if (clock::now() >= ping_at_) {
    pinged_ = clock::now();
    ping_at_ = pinged_ + options_.heartbeat;
    const auto stamp = stamp_of(pinged_);
    co_await peer_->write(record_kind::ping, stamp);
  } else if (outgoing_bytes_ > 0) {
    co_await peer_->write(record_kind::data,
                          std::span{outgoing_}.first(record_limits::head_bytes + outgoing_bytes_));
    outgoing_bytes_ = 0;
    room_.cancel();
  } else {
    co_return false;
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
    if (farewell_) {
      silence_.expires_after(options_.heartbeat);
      co_await wait(silence_);
      end("we left: " + printable(*farewell_));
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

std::optional<std::string> relay::lost_because(clock::time_point now) const {
  if (!engine_is_slow_ && now - peer_->heard() >= options_.timeout)
    return "nothing was heard of it for " + short_text(options_.timeout);
  if (writing_since_ && now - *writing_since_ >= options_.timeout)
    return "it took nothing for " + short_text(options_.timeout);
  return std::nullopt;
}

}  // namespace weir::link
