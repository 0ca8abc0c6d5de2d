/// Family N, the floors: what a socket of Boost.Asio's can do, with nothing above it, to another process over
/// loopback; and what threads that only wait can do.
///   nodes_asio short|1k [JOBS]    JOBS a write, 1,024 if not said, both directions at once; prints ns a job
///   nodes_asio p50|p99            a job there and back; prints that percentile in ns
///   nodes_asio efficiency         waits of 1 ms on two threads; prints the part of the ideal

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <iostream>
#include <optional>

#include "peers.hpp"

namespace {

using namespace bench::nodes;
using boost::asio::ip::tcp;

/// Answers until its parent ends it. Each side knows how many jobs there are in a write.
template <class Jobs>
void answer(unsigned short port, std::size_t jobs_a_write) {
  boost::asio::io_context context;
  tcp::socket socket{context};
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  socket.set_option(tcp::no_delay{true});
  std::vector<typename Jobs::job> jobs(jobs_a_write);
  for (;;) {
    boost::asio::read(socket, boost::asio::buffer(jobs));
    for (auto& j : jobs)
      Jobs::work(j);
    boost::asio::write(socket, boost::asio::buffer(jobs));
  }
}

int be_node(const std::vector<std::string>& args) {
  const auto port = static_cast<unsigned short>(std::stoul(args.at(1)));
  const auto jobs = std::stoul(args.at(2));
  if (args.at(0) == "1k")
    answer<blocks>(port, jobs);
  else
    answer<short_jobs>(port, jobs);
  return 0;
}

/// With a node at its other end.
class connection {
public:
  connection(const std::string& kind, std::size_t jobs_a_write) {
    const auto port = acceptor_.local_endpoint().port();
    node_.emplace(std::vector{kind, std::to_string(port), std::to_string(jobs_a_write)});
    acceptor_.accept(socket_);
    socket_.set_option(tcp::no_delay{true});
  }

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] tcp::socket& socket() { return socket_; }

private:
  boost::asio::io_context context_{1};
  tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  tcp::socket socket_{context_};
  /// Ended before the socket is closed.
  std::optional<node_process> node_;
};

/// Writes and reads both at once, in one thread; whole blobs, so that the last one has jobs that nobody
/// counts.
template <class Jobs>
class stream {
public:
  stream(connection& on, std::uint64_t jobs, std::size_t jobs_a_write)
      : context_{on.context()},
        socket_{on.socket()},
        blobs_{(jobs + jobs_a_write - 1) / jobs_a_write},
        blobs_max_{std::max<std::uint64_t>(1, Jobs::window / jobs_a_write)},
        out_(jobs_a_write),
        in_(jobs_a_write) {}

  /// Returns whether each result was right and in its turn.
  [[nodiscard]] bool run() {
    write();
    read();
    context_.restart();
    context_.run();
    return good_ && read_ == blobs_;
  }

private:
  void write() {
    writes_ = written_ < blobs_ && written_ - read_ < blobs_max_;
    if (!writes_)
      return;
    auto number = written_ * out_.size();
    for (auto& j : out_)
      j = Jobs::make(number++);
    boost::asio::async_write(socket_, boost::asio::buffer(out_), [this](const auto& error, std::size_t) {
      ++written_;
      if (!error)
        write();
    });
  }

  void read() {
    if (read_ == blobs_)
      return;
    boost::asio::async_read(socket_, boost::asio::buffer(in_), [this](const auto& error, std::size_t) {
      if (error)
        return;
      auto number = read_ * in_.size();
      for (const auto& j : in_)
        good_ = Jobs::is_right(number++, j) && good_;
      ++read_;
      if (!writes_)
        write();
      read();
    });
  }

  boost::asio::io_context& context_;
  tcp::socket& socket_;
  std::uint64_t blobs_;
  std::uint64_t blobs_max_;
  std::vector<typename Jobs::job> out_;
  std::vector<typename Jobs::job> in_;
  std::uint64_t written_ = 0;
  std::uint64_t read_ = 0;
  bool writes_ = false;
  bool good_ = true;
};

template <class Jobs>
double stream_of(const std::string& kind, std::size_t jobs_a_write) {
  connection with{kind, jobs_a_write};
  return time_of_a_job<Jobs>([&](std::uint64_t jobs) {
    return stream<Jobs>{with, jobs, jobs_a_write}.run();
  });
}

std::int64_t there_and_back(const std::string& which) {
  connection with{"short", 1};
  return percentile(which, [&](short_jobs::job job) {
    const auto bytes = boost::asio::buffer(&job, sizeof job);
    boost::asio::write(with.socket(), bytes);
    boost::asio::read(with.socket(), bytes);
    return job;
  });
}

double efficiency() {
  constexpr std::uint64_t threads = 2;
  const auto wait = [](std::uint64_t jobs) {
    for (std::uint64_t i = 0; i < jobs / threads; ++i)
      waits::wait();
  };
  const auto begun = steady::now();
  std::thread other{wait, waits::count};
  wait(waits::count);
  other.join();
  const std::chrono::duration<double> took = steady::now() - begun;
  return std::chrono::duration<double>(waits::each).count() * waits::count / threads / took.count();
}

}  // namespace

int main(int argc, char** argv) try {
  ::alarm(program_max_s);
  const std::vector<std::string> args{argv + 1, argv + argc};
  if (node_process::is_one(argv))
    return be_node(args);
  const std::string kind = args.empty() ? "" : args[0];
  const auto jobs = std::clamp<std::uint64_t>(args.size() > 1 ? std::stoul(args[1]) : jobs_max, 1, jobs_max);
  if (kind == "short")
    std::cout << stream_of<short_jobs>(kind, jobs) << '\n';
  else if (kind == "1k")
    std::cout << stream_of<blocks>(kind, jobs) << '\n';
  else if (kind == "p50" || kind == "p99")
    std::cout << there_and_back(kind) << '\n';
  else if (kind == "efficiency")
    std::cout << efficiency() << '\n';
  else {
    std::cerr << "usage: nodes_asio short|1k|p50|p99|efficiency [JOBS]\n";
    return 2;
  }
  return 0;
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
