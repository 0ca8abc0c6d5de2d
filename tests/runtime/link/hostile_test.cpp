/// Peers that are up to no good, before they are admitted and after: the endpoint stays as it is, and others
/// get through.

#include <weir/runtime/system/unique_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <random>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../support/resident.hpp"
#include "frame_support.hpp"
#include "link_support.hpp"

using namespace weir;
using namespace weir::test;
using namespace std::chrono_literals;
using weir::detail::unique_fd;

namespace {

const std::string coordinator = "coordinator";
const std::string node_1 = "node-1";

unique_fd connected(std::uint16_t port) {
  unique_fd s{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_TEST_REQUIRE(::connect(s.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return s;
}

/// False once the other end has closed it.
bool write_all(const unique_fd& to, link::bytes_view what) {
  while (!what.empty()) {
    const auto n = ::send(to.get(), what.data(), what.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    what = what.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

/// Reads until the other end closes it.
void await_close(const unique_fd& s) {
  std::array<char, 4096> ignored{};
  while (::read(s.get(), ignored.data(), ignored.size()) > 0) {
  }
}

std::string read_record(const unique_fd& from) {
  std::array<std::uint8_t, link::record_limits::head_bytes> head{};
  if (::recv(from.get(), head.data(), head.size(), MSG_WAITALL) != static_cast<ssize_t>(head.size()))
    return {};
  std::string content(static_cast<std::size_t>(head[3]) << 8 | head[4], '\0');
  static_cast<void>(::recv(from.get(), content.data(), content.size(), MSG_WAITALL));
  return content;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

constexpr double memory_mib_max = 32;

/// A coordinator without TLS, so that hostile bytes come to what is behind it, and which nobody keeps long.
struct plain_acceptor {
  static link::link_options options() {
    auto o = options_of(coordinator, node_1);
    o.handshake_time = 200ms;
    o.handshakes_max = 8;
    return o;
  }
  node acceptor{options(), us};
  std::uint16_t port = value_of(acceptor.end->listen(loopback(0)));
  std::minstd_rand random{4711};

  bytes noise(std::size_t size) {
    bytes b(size);
    for (auto& x : b)
      x = static_cast<std::byte>(random());
    return b;
  }

  /// One that has said who it is, and was told that it is welcome.
  unique_fd admitted_by(node& by, std::uint16_t at) {
    auto s = connected(at);
    const auto challenge = value_of(link::read_challenge(read_record(s)));
    bytes out;
    link::append_record(out, link::record_kind::hello,
                        link::to_text(link::hello{{node_1, link::to_text(them), ++incarnation_},
                                                  challenge.nonce,
                                                  "",
                                                  link::link_options{}.frame_bytes_max}));
    BOOST_TEST_REQUIRE(write_all(s, out));
    links_.push_back(by.seen.opened());
    static_cast<void>(read_record(s));
    return s;
  }
  unique_fd admitted_by(node& by) { return admitted_by(by, value_of(by.end->listen(loopback(0)))); }
  unique_fd admitted() { return admitted_by(acceptor, port); }

  /// An honest node gets through.
  void check_honest_work() {
    node dialer{options_of(node_1, coordinator), engine_of(3)};
    BOOST_TEST_REQUIRE(!dialer.end->dial(loopback(port)));
    BOOST_TEST(dialer.seen.opened().who.name == coordinator);
    BOOST_TEST(acceptor.seen.opened().who.engine == link::to_text(engine_of(3)));
  }

private:
  std::uint64_t incarnation_ = 0;
  std::vector<opened_end> links_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hostile_peers, plain_acceptor)

BOOST_AUTO_TEST_CASE(random_bytes_instead_of_a_greeting_end_the_connection) {
  const auto before = resident_mib();
  for (int i = 0; i < 300; ++i) {
    const auto s = connected(port);
    static_cast<void>(write_all(s, noise(1 + random() % 20'000)));
    await_close(s);
  }
  BOOST_TEST(acceptor.seen.ups() == 0u);
  BOOST_TEST(resident_mib() - before < memory_mib_max);
  check_honest_work();
}

BOOST_AUTO_TEST_CASE(random_bytes_after_the_greeting_end_the_link) {
  const auto before = resident_mib();
  for (int i = 0; i < 100; ++i) {
    const auto s = admitted();
    bytes out;
    link::append_record(out, link::record_kind::data, noise(1 + random() % 20'000));
    append(out, noise(10));
    static_cast<void>(write_all(s, out));
    await_close(s);
    static_cast<void>(acceptor.seen.closed());
  }
  BOOST_TEST(resident_mib() - before < memory_mib_max);
  check_honest_work();
}

BOOST_AUTO_TEST_CASE(a_length_that_is_announced_takes_no_memory) {
  const auto before = resident_mib();
  std::vector<unique_fd> held;
  for (int i = 0; i < 100; ++i) {
    auto s = admitted();
    // A frame of the longest that is allowed, of which nothing more comes.
    auto frame = text_message("");
    set_length(frame, plain_acceptor::options().frame_bytes_max);
    frame.resize(link::engine_frames::header_bytes);
    bytes out;
    auto content = greeting_to(link::role::acceptor);
    append(content, frame);
    link::append_record(out, link::record_kind::data, content);
    static_cast<void>(write_all(s, out));
    held.push_back(std::move(s));
  }
  BOOST_TEST(resident_mib() - before < memory_mib_max);
  check_honest_work();
}

BOOST_AUTO_TEST_CASE(a_peer_that_sends_a_byte_at_a_time_does_not_hold_its_place) {
  const auto s = connected(port);
  bytes out;
  link::append_record(out, link::record_kind::hello, std::string(1000, 'x'));
  // Slower than the handshake_time allows.
  std::size_t sent = 0;
  while (sent < out.size() && write_all(s, link::bytes_view{out}.subspan(sent, 1))) {
    ++sent;
    std::this_thread::sleep_for(5ms);
  }
  BOOST_TEST(sent < out.size());
  check_honest_work();
}

BOOST_AUTO_TEST_CASE(five_hundred_mute_peers_hold_up_nobody) {
  const auto memory = resident_mib();
  const auto cpu = cpu_seconds();
  const auto begun = std::chrono::steady_clock::now();
  std::vector<unique_fd> mute;
  for (int i = 0; i < 500; ++i)
    mute.push_back(connected(port));
  check_honest_work();
  for (const auto& s : mute)
    await_close(s);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  BOOST_TEST_MESSAGE("500 mute peers: " << resident_mib() - memory << " MiB, " << cpu_seconds() - cpu
                                        << " s of CPU in " << took.count() << " s");
  BOOST_TEST(resident_mib() - memory < memory_mib_max);
}

BOOST_AUTO_TEST_CASE(without_descriptors_it_waits_and_then_goes_on) {
  struct limit_kept {
    rlimit before{};
    limit_kept() { ::getrlimit(RLIMIT_NOFILE, &before); }
    ~limit_kept() { ::setrlimit(RLIMIT_NOFILE, &before); }
  } kept;
  std::vector<unique_fd> waiting;
  {
    // As many as are in use now, and a few more.
    std::vector<unique_fd> all;
    auto few = kept.before;
    few.rlim_cur = 100;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int i = 0; i < 10; ++i)
      waiting.push_back(connected(port));
    for (int fd = 0; fd >= 0;) {
      fd = ::dup(0);
      if (fd >= 0)
        all.emplace_back(fd);
    }
    const auto cpu = cpu_seconds();
    std::this_thread::sleep_for(500ms);
    BOOST_TEST(cpu_seconds() - cpu < 0.1);
  }
  ::setrlimit(RLIMIT_NOFILE, &kept.before);
  for (const auto& s : waiting)
    await_close(s);
  check_honest_work();
}

BOOST_AUTO_TEST_CASE(a_peer_that_falls_silent_is_lost_after_the_timeout) {
  auto o = options();
  o.heartbeat = 20ms;
  o.timeout = 100ms;
  node strict{o, us};
  const auto s = admitted_by(strict);
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(strict.seen.closed().why == "nothing was heard of it for 100 ms");
  BOOST_TEST((std::chrono::steady_clock::now() - begun > 50ms));
}

BOOST_AUTO_TEST_CASE(a_peer_that_only_says_that_it_is_there_is_not_lost) {
  auto o = options();
  o.heartbeat = 50ms;
  o.timeout = 500ms;
  node strict{o, us};
  const auto s = admitted_by(strict);
  // For longer than the timeout: fifteen heartbeats, of which each is answered.
  for (int i = 0; i < 15; ++i) {
    bytes out;
    link::append_record(out, link::record_kind::pong, read_record(s));
    BOOST_TEST_REQUIRE(write_all(s, out));
  }
  BOOST_TEST(strict.end->links().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
