#include <weir/runtime/link/record.hpp>
#include <weir/runtime/nodes/event_loop.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/io/abstract_broker.hpp>
#include <caf/io/datagram_servant.hpp>
#include <caf/io/doorman.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/sec.hpp>

#include <algorithm>
#include <cassert>
#include <functional>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace weir::nodes {

namespace {

/// Messages that one actor handles before it is another's turn: all there are. What a peer sends would pile
/// up here if more was read while some of it waits.
constexpr auto throughput = std::numeric_limits<std::size_t>::max();
/// Of memory that was for what was sent.
constexpr std::size_t kept_bytes_max = std::size_t{1} << 20;
constexpr std::size_t head_bytes = link::record_limits::head_bytes;

caf::error no_sockets() {
  return make_error(caf::sec::invalid_argument, "this loop has no sockets of its own");
}

/// A connection as CAF's broker knows it: what the relay hands over is read from it, and what is written to
/// it waits until the relay takes it. All of it belongs to the loop's thread.
class piped_scribe final : public caf::io::scribe {
public:
  piped_scribe(caf::io::connection_handle number, caf::io::network::multiplexer& on,
               std::function<void(std::size_t)> left)
      : scribe(number), on_(on), left_(std::move(left)) {}

  // -- for the broker --------------------------------------------------------------------------

  void configure_read(caf::io::receive_policy::config how) override {
    assert(how.first == caf::io::receive_policy_flag::exactly);
    wanted_ = how.second;
    if (std::exchange(is_known_, true))
      return;
    // The link may have brought something, or have gone, before the broker came to know of it.
    on_.post([keep = caf::intrusive_ptr<piped_scribe>{this}] { keep->catch_up(); });
  }
  void ack_writes(bool) override {}
  std::vector<char>& wr_buf() override { return outgoing_; }
  std::vector<char>& rd_buf() override { return incoming_; }
  void flush() override {
    if (outgoing_.size() > head_bytes && ready_)
      ready_();
  }
  std::string addr() const override { return "a link"; }
  std::uint16_t port() const override { return 0; }
  void graceful_shutdown() override {
    closed_ = true;
    const caf::io::scribe_ptr keep{this};
    detach(&on_, false);
    if (ready_)
      ready_();
  }
  void remove_from_loop() override {}
  void add_to_loop() override {}

  // -- for the relay ---------------------------------------------------------------------------

  bool take(link::bytes_view come) {
    if (!is_known_ || !early_.empty()) {
      early_.insert(early_.end(), come.begin(), come.end());
      return !closed_;
    }
    while (!come.empty() && !closed_) {
      assert(incoming_.size() < wanted_);
      const auto part = come.first(std::min(come.size(), wanted_ - incoming_.size()));
      const auto* const chars = reinterpret_cast<const char*>(part.data());
      incoming_.insert(incoming_.end(), chars, chars + part.size());
      come = come.subspan(part.size());
      if (incoming_.size() < wanted_)
        break;
      const auto goes_on = consume(&on_, incoming_.data(), incoming_.size());
      incoming_.clear();
      closed_ = closed_ || !goes_on;
    }
    return !closed_;
  }

  std::span<std::byte> give() {
    if (given_ == leaving_.size()) {
      if (leaving_.capacity() > kept_bytes_max)
        leaving_ = std::vector<char>(head_bytes);
      else
        leaving_.resize(head_bytes);
      leaving_.swap(outgoing_);
      given_ = head_bytes;
    }
    const auto n = std::min(link::record_limits::data_bytes_max, leaving_.size() - given_);
    if (n == 0)
      return {};
    const auto whole =
        std::as_writable_bytes(std::span{leaving_}).subspan(given_ - head_bytes, head_bytes + n);
    given_ += n;
    left_(n);
    return whole;
  }

  bool is_closed() const { return closed_; }

  void when_ready(std::function<void()> call) { ready_ = std::move(call); }

  void link_has_gone() {
    ready_ = nullptr;
    closed_ = true;
    // It must outlive what its broker says to that.
    const caf::io::scribe_ptr keep{this};
    tell_broker();
  }

private:
  void catch_up() {
    if (closed_)
      return tell_broker();
    const auto came = std::exchange(early_, {});
    if (!take(came) && ready_)
      ready_();
  }

  void tell_broker() { io_failure(&on_, caf::io::network::operation::read); }

  caf::io::network::multiplexer& on_;
  const std::function<void(std::size_t)> left_;
  bool is_known_ = false;         // to the broker
  std::vector<std::byte> early_;  // what came before that
  std::vector<char> incoming_;    // of what is to be read next
  std::size_t wanted_ = 1;        // bytes of that
  // What the broker has written since the relay last took all, and what that takes now: behind room for the
  // head of the first record. That of a later one takes the place of what is in front of it, which has left.
  std::vector<char> outgoing_ = std::vector<char>(head_bytes);
  std::vector<char> leaving_ = std::vector<char>(head_bytes);
  std::size_t given_ = head_bytes;  // bytes of that which it has, with that room
  std::function<void()> ready_;
  bool closed_ = false;
};

class relay_side final : public link::engine_end {
public:
  explicit relay_side(caf::intrusive_ptr<piped_scribe> of) : of_(std::move(of)) {}

  bool take(link::bytes_view come) override { return of_->take(come); }
  std::span<std::byte> give() override { return of_->give(); }
  bool is_closed() const override { return of_->is_closed(); }
  void when_ready(std::function<void()> call) override { of_->when_ready(std::move(call)); }
  void link_has_gone() override { of_->link_has_gone(); }

private:
  caf::intrusive_ptr<piped_scribe> of_;
};

/// While it is there the loop runs, also where there is nothing to do.
class work_guard final : public caf::io::network::multiplexer::supervisor {
public:
  explicit work_guard(boost::asio::io_context& of) : guard_(of.get_executor()) {}

private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
};

}  // namespace

event_loop::event_loop(caf::actor_system* system) : multiplexer(system) {}
event_loop::~event_loop() = default;

event_loop::connection event_loop::make_connection(std::function<void(std::size_t)> left) {
  const auto number = caf::io::connection_handle::from_int(++last_connection_);
  auto scribe = caf::make_counted<piped_scribe>(number, *this, std::move(left));
  return {scribe, std::make_shared<relay_side>(scribe)};
}

event_loop::supervisor_ptr event_loop::make_supervisor() {
  return supervisor_ptr{new work_guard{context_}};
}

bool event_loop::try_run_once() {
  return context_.poll_one() > 0;
}

void event_loop::run_once() {
  context_.run_one();
}

void event_loop::run() {
  context_.run();
}

void event_loop::exec_later(caf::resumable* what) {
  const auto kind = what->subtype();
  if (kind != caf::resumable::io_actor && kind != caf::resumable::function_object)
    return system().scheduler().enqueue(what);
  // It came with a reference.
  boost::asio::post(context_, [this, owned = caf::intrusive_ptr<caf::resumable>{what, false}]() mutable {
    resume(std::move(owned));
  });
}

void event_loop::resume(caf::intrusive_ptr<caf::resumable> what) {
  switch (what->resume(this, throughput)) {
    case caf::resumable::resume_later:
      exec_later(what.release());
      break;
    case caf::resumable::shutdown_execution_unit:
      // It is nobody's.
      static_cast<void>(what.release());
      break;
    default:
      break;
  }
}

// -- no sockets ---------------------------------------------------------------------------------

caf::io::scribe_ptr event_loop::new_scribe(caf::io::network::native_socket) {
  return nullptr;
}

caf::expected<caf::io::scribe_ptr> event_loop::new_tcp_scribe(const std::string&, std::uint16_t) {
  return no_sockets();
}

caf::io::doorman_ptr event_loop::new_doorman(caf::io::network::native_socket) {
  return nullptr;
}

caf::expected<caf::io::doorman_ptr> event_loop::new_tcp_doorman(std::uint16_t, const char*, bool) {
  return no_sockets();
}

caf::io::datagram_servant_ptr event_loop::new_datagram_servant(caf::io::network::native_socket) {
  return nullptr;
}

caf::io::datagram_servant_ptr event_loop::new_datagram_servant_for_endpoint(
    caf::io::network::native_socket, const caf::io::network::ip_endpoint&) {
  return nullptr;
}

caf::expected<caf::io::datagram_servant_ptr> event_loop::new_remote_udp_endpoint(const std::string&,
                                                                                 std::uint16_t) {
  return no_sockets();
}

caf::expected<caf::io::datagram_servant_ptr> event_loop::new_local_udp_endpoint(std::uint16_t, const char*,
                                                                                bool) {
  return no_sockets();
}

}  // namespace weir::nodes
