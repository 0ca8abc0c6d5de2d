#include <weir/runtime/launcher/signal_watch.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <future>
#include <semaphore>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace weir::config;
using namespace std::chrono_literals;

namespace {

void send(int number) {
  BOOST_REQUIRE(::kill(::getpid(), number) == 0);
}

auto handler_of(int number) {
  struct sigaction now {};
  ::sigaction(number, nullptr, &now);
  return now.sa_handler;
}

bool ignored(int number) {
  return handler_of(number) == SIG_IGN;
}

bool defaulted(int number) {
  return handler_of(number) == SIG_DFL;
}

bool blocked(int number) {
  sigset_t mask{};
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return ::sigismember(&mask, number) == 1;
}

/// Sets what a signal does, for as long as it lives.
class disposition {
public:
  disposition(int number, void (*handler)(int)) : number_(number) {
    struct sigaction now {};
    now.sa_handler = handler;
    ::sigaction(number, &now, &before_);
  }
  ~disposition() { ::sigaction(number_, &before_, nullptr); }
  disposition(const disposition&) = delete;
  disposition& operator=(const disposition&) = delete;

private:
  int number_;
  struct sigaction before_ {};
};

/// A shell ignores SIGINT for what it runs in the background, and that may be this program.
struct as_in_the_foreground {
  disposition interrupt{SIGINT, SIG_DFL};
  disposition terminate{SIGTERM, SIG_DFL};
  disposition quit{SIGQUIT, SIG_DFL};
  disposition pipe{SIGPIPE, SIG_DFL};
};

/// A watch and the signals that it told of.
struct watched {
  /// Nothing is an echo, unless a test is about those.
  explicit watched(weir::duration taken_for_echo = {}) : echoes(taken_for_echo) {}

  int wait() { return first.get_future().get(); }

  const weir::duration echoes;
  std::promise<int> first;
  std::atomic<int> calls{0};
  std::counting_semaphore<> asked{0};
  signal_watch watch{[this](int number) {
                       ++calls;
                       first.set_value(number);
                     },
                     [this] { asked.release(); }, echoes};
};

/// Runs `work` in a child of this process and returns how that ended, as waitpid(2) says it.
/// A child that hangs is ended by the system.
int end_of_child(const std::function<void()>& work) {
  const auto child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(30);
    try {
      work();
    } catch (...) {
      ::_exit(99);
    }
    ::_exit(0);
  }
  auto status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(signal_watches, as_in_the_foreground)

BOOST_AUTO_TEST_CASE(the_first_signal_is_told_with_its_number) {
  for (const auto number : {SIGINT, SIGTERM}) {
    watched w;
    BOOST_TEST(w.watch.received() == 0);
    send(number);
    BOOST_TEST(w.wait() == number);
    BOOST_TEST(w.watch.received() == number);
    BOOST_TEST(w.calls == 1);
  }
}

BOOST_AUTO_TEST_CASE(the_second_signal_ends_the_process_with_its_number) {
  for (const auto second : {SIGINT, SIGTERM}) {
    const auto status = end_of_child([&] {
      watched w;
      ::kill(::getpid(), SIGINT);
      w.wait();
      ::kill(::getpid(), second);
      for (;;)
        ::pause();
    });
    BOOST_REQUIRE(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 128 + second);
  }
}

BOOST_AUTO_TEST_CASE(the_second_signal_ends_the_process_also_while_the_first_is_still_being_told) {
  const auto status = end_of_child([] {
    std::promise<void> told;
    const signal_watch w{[&](int) {
                           told.set_value();
                           for (;;)
                             ::pause();
                         },
                         [] {},
                         {}};
    ::kill(::getpid(), SIGTERM);
    told.get_future().get();
    ::kill(::getpid(), SIGTERM);
    for (;;)
      ::pause();
  });
  BOOST_REQUIRE(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 128 + SIGTERM);
}

BOOST_AUTO_TEST_CASE(the_same_signal_within_the_time_of_an_echo_is_no_second_wish) {
  static_assert(is_echo(SIGTERM, SIGTERM, 0ns, 200ms));
  static_assert(is_echo(SIGTERM, SIGTERM, 200ms - 1ns, 200ms));
  static_assert(!is_echo(SIGTERM, SIGTERM, 200ms, 200ms));
  static_assert(!is_echo(SIGINT, SIGTERM, 0ns, 200ms), "who sends another one means it");
  static_assert(!is_echo(SIGTERM, SIGINT, 0ns, 200ms));
  static_assert(!is_echo(SIGTERM, SIGTERM, 0ns, 0ns));
}

BOOST_AUTO_TEST_CASE(an_echo_of_the_first_signal_ends_nothing_and_another_signal_does) {
  for (const auto first : {SIGINT, SIGTERM}) {
    const auto other = first == SIGINT ? SIGTERM : SIGINT;
    const auto status = end_of_child([&] {
      watched w{1h};
      ::kill(::getpid(), first);
      w.wait();
      // It has come to its handler before the watch tells of the question that follows it.
      for (int i = 0; i < 100; ++i) {
        ::kill(::getpid(), first);
        ::kill(::getpid(), SIGQUIT);
        w.asked.acquire();
      }
      if (w.calls != 1)
        ::_exit(98);
      ::kill(::getpid(), other);
      for (;;)
        ::pause();
    });
    BOOST_REQUIRE(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 128 + other);
  }
}

BOOST_AUTO_TEST_CASE(each_sigquit_asks_for_the_state_and_ends_nothing_before_and_after_the_first_signal) {
  watched w;
  for (int i = 0; i < 3; ++i) {
    send(SIGQUIT);
    w.asked.acquire();
  }
  BOOST_TEST(w.calls == 0);
  send(SIGTERM);
  BOOST_TEST(w.wait() == SIGTERM);
  send(SIGQUIT);
  w.asked.acquire();
  BOOST_TEST(w.calls == 1);
}

BOOST_AUTO_TEST_CASE(a_signal_that_was_ignored_stays_so_and_the_other_is_told) {
  for (const auto& [deaf_to, other] : {std::pair{SIGINT, SIGTERM}, std::pair{SIGTERM, SIGINT}}) {
    const disposition quiet{deaf_to, SIG_IGN};
    watched w;
    send(deaf_to);
    send(other);
    BOOST_TEST(w.wait() == other);
    // Nor does it count as the second one, which would end this process.
    BOOST_TEST(ignored(deaf_to));
    send(deaf_to);
    BOOST_TEST(w.calls == 1);
  }
}

BOOST_AUTO_TEST_CASE(a_write_to_a_closed_pipe_is_an_error_while_it_watches) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const weir::detail::unique_fd to{ends[1]};
  ::close(ends[0]);
  const watched w;
  BOOST_TEST(::write(to.get(), "x", 1) == -1);
  BOOST_TEST(errno == EPIPE);
}

BOOST_AUTO_TEST_CASE(afterwards_everything_is_as_it_was) {
  for (const auto with_signal : {false, true}) {
    {
      watched w;
      BOOST_TEST(blocked(SIGINT));
      BOOST_TEST(blocked(SIGTERM));
      BOOST_TEST(blocked(SIGQUIT));
      BOOST_TEST(ignored(SIGPIPE));
      if (with_signal) {
        send(SIGTERM);
        w.wait();
        BOOST_TEST(!defaulted(SIGINT));
      }
    }
    BOOST_TEST(!blocked(SIGINT));
    BOOST_TEST(!blocked(SIGTERM));
    BOOST_TEST(!blocked(SIGQUIT));
    for (const auto number : {SIGINT, SIGTERM, SIGQUIT, SIGPIPE})
      BOOST_TEST(defaulted(number), "signal " << number);
  }
}

BOOST_AUTO_TEST_CASE(a_signal_has_the_name_that_a_person_knows) {
  BOOST_TEST(signal_name(SIGINT) == std::string{"SIGINT"});
  BOOST_TEST(signal_name(SIGTERM) == std::string{"SIGTERM"});
}

BOOST_AUTO_TEST_SUITE_END()
