/// Family N, ZeroMQ: a node is another process, over loopback.
///   nodes_zeromq short|1k [JOBS]          JOBS a message, 1 if not said, by PUSH and PULL; prints ns a job
///   nodes_zeromq p50|p99                  by REQ and REP; prints that percentile in ns
///   nodes_zeromq efficiency [JOBS]        waits of 1 ms on two nodes; ROUTER hands the next one to whichever
///   node
///                                         is ready, and up to JOBS at once; prints ideal over actual

#include <deque>
#include <iostream>
#include <semaphore>
#include <thread>
#include <zmq.hpp>

#include "peers.hpp"

namespace {

using namespace bench::nodes;

zmq::socket_t bound(zmq::context_t& on, zmq::socket_type type) {
  zmq::socket_t made{on, type};
  made.set(zmq::sockopt::linger, 0);
  made.bind("tcp://127.0.0.1:*");
  return made;
}

zmq::socket_t connected(zmq::context_t& on, zmq::socket_type type, const std::string& to) {
  zmq::socket_t made{on, type};
  made.connect(to);
  return made;
}

std::string address_of(const zmq::socket_t& socket) {
  return socket.get(zmq::sockopt::last_endpoint);
}

// ---- what a node does, until its parent ends it ----

/// Short messages have no address that is right for a job, so jobs are copied.
template <class Jobs>
void work_on(zmq::message_t& message) {
  for (std::size_t at = 0; at + sizeof(typename Jobs::job) <= message.size();
       at += sizeof(typename Jobs::job)) {
    typename Jobs::job job;
    std::memcpy(&job, message.data<char>() + at, sizeof job);
    Jobs::work(job);
    std::memcpy(message.data<char>() + at, &job, sizeof job);
  }
}

template <class Jobs>
void pass_on(const std::string& from, const std::string& to) {
  zmq::context_t context;
  auto in = connected(context, zmq::socket_type::pull, from);
  auto out = connected(context, zmq::socket_type::push, to);
  zmq::message_t message;
  while (in.recv(message)) {
    work_on<Jobs>(message);
    out.send(message, zmq::send_flags::none);
  }
}

void reply(const std::string& to) {
  zmq::context_t context;
  auto socket = connected(context, zmq::socket_type::rep, to);
  zmq::message_t message;
  while (socket.recv(message)) {
    work_on<short_jobs>(message);
    socket.send(message, zmq::send_flags::none);
  }
}

/// An empty message for each job that it is ready for; then the results say so.
void wait_and_answer(const std::string& to, std::size_t jobs_at_once) {
  zmq::context_t context;
  auto socket = connected(context, zmq::socket_type::dealer, to);
  for (std::size_t i = 0; i < jobs_at_once; ++i)
    socket.send(zmq::message_t{}, zmq::send_flags::none);
  zmq::message_t message;
  while (socket.recv(message)) {
    waits::wait();
    socket.send(message, zmq::send_flags::none);
  }
}

int be_node(const std::vector<std::string>& args) {
  if (args.at(0) == "short")
    pass_on<short_jobs>(args.at(1), args.at(2));
  else if (args.at(0) == "1k")
    pass_on<blocks>(args.at(1), args.at(2));
  else if (args.at(0) == "wait")
    wait_and_answer(args.at(1), std::stoul(args.at(2)));
  else
    reply(args.at(1));
  return 0;
}

// ---- what asks it ----

/// Returns whether each result was right and in its turn.
template <class Jobs>
bool receive(zmq::socket_t& in, std::uint64_t jobs, std::counting_semaphore<>& slots,
             std::ptrdiff_t at_once) {
  auto good = true;
  std::ptrdiff_t to_free = 0;
  zmq::message_t message;
  for (std::uint64_t next = 0; next < jobs;) {
    good = in.recv(message) && message.size() >= sizeof(typename Jobs::job) && good;
    for (std::size_t at = 0; at + sizeof(typename Jobs::job) <= message.size();
         at += sizeof(typename Jobs::job)) {
      typename Jobs::job job;
      std::memcpy(&job, message.data<char>() + at, sizeof job);
      good = Jobs::is_right(next++, job) && good;
    }
    if (++to_free == at_once) {
      slots.release(to_free);
      to_free = 0;
    }
  }
  return good;
}

/// One thread sends, another receives, as a socket may have one thread only.
template <class Jobs>
bool stream_of(zmq::socket_t& out, zmq::socket_t& in, std::uint64_t jobs, std::uint64_t jobs_a_message) {
  const auto messages = static_cast<std::ptrdiff_t>(Jobs::window / jobs_a_message);
  std::counting_semaphore<> slots{messages};
  auto good = false;
  std::thread receiver{
      [&] { good = receive<Jobs>(in, jobs, slots, std::max<std::ptrdiff_t>(1, messages / 16)); }};
  for (std::uint64_t next = 0; next < jobs;) {
    slots.acquire();
    const auto these = std::min(jobs_a_message, jobs - next);
    zmq::message_t message{these * sizeof(typename Jobs::job)};
    for (std::uint64_t i = 0; i < these; ++i) {
      const auto job = Jobs::make(next++);
      std::memcpy(message.data<char>() + i * sizeof job, &job, sizeof job);
    }
    out.send(message, zmq::send_flags::none);
  }
  receiver.join();
  return good;
}

template <class Jobs>
double stream_of(const std::string& kind, std::uint64_t jobs_a_message) {
  zmq::context_t context;
  auto out = bound(context, zmq::socket_type::push);
  auto in = bound(context, zmq::socket_type::pull);
  const node_process node{{kind, address_of(out), address_of(in)}};
  return time_of_a_job<Jobs>(
      [&](std::uint64_t jobs) { return stream_of<Jobs>(out, in, jobs, jobs_a_message); });
}

std::int64_t there_and_back(const std::string& which) {
  zmq::context_t context;
  auto socket = bound(context, zmq::socket_type::req);
  const node_process node{{"reply", address_of(socket)}};
  return percentile(which, [&](short_jobs::job job) {
    socket.send(zmq::const_buffer{&job, sizeof job}, zmq::send_flags::none);
    static_cast<void>(socket.recv(zmq::mutable_buffer{&job, sizeof job}));
    return job;
  });
}

/// Has the names of the nodes, one for each job that they are ready for.
using names = std::deque<zmq::message_t>;

/// Receives what a node says, whose name goes behind the others.
bool receive(zmq::socket_t& router, names& ready, zmq::message_t& said) {
  zmq::message_t name;
  if (!router.recv(name) || !router.recv(said))
    return false;
  ready.push_back(std::move(name));
  return true;
}

/// Returns whether there was one right result for each job.
bool hand_out(zmq::socket_t& router, names& ready, std::uint64_t jobs) {
  std::vector<std::uint64_t> ordered(jobs);
  std::uint64_t next = 0;
  zmq::message_t result;
  for (std::uint64_t received = 0; received < jobs; ++received) {
    for (; next < jobs && !ready.empty(); ++next) {
      router.send(ready.front(), zmq::send_flags::sndmore);
      ready.pop_front();
      router.send(zmq::const_buffer{&next, sizeof next}, zmq::send_flags::none);
    }
    std::uint64_t number = 0;
    if (!receive(router, ready, result) || result.size() != sizeof number)
      return false;
    std::memcpy(&number, result.data(), sizeof number);
    if (number >= jobs)
      return false;
    ordered[number] = number + 1;
  }
  for (std::uint64_t i = 0; i < jobs; ++i)
    if (ordered[i] != i + 1)
      return false;
  return true;
}

double efficiency(std::uint64_t jobs_at_once) {
  zmq::context_t context;
  auto router = bound(context, zmq::socket_type::router);
  const std::vector<std::string> arguments{"wait", address_of(router), std::to_string(jobs_at_once)};
  const node_process first{arguments};
  const node_process second{arguments};
  names ready;
  zmq::message_t said;
  while (ready.size() < 2 * jobs_at_once)
    require(receive(router, ready, said));
  const auto took = time_of_a_job<waits>([&](std::uint64_t jobs) { return hand_out(router, ready, jobs); });
  return std::chrono::duration<double, std::nano>(waits::each).count() / 2 / took;
}

}  // namespace

int main(int argc, char** argv) try {
  ::alarm(program_max_s);
  const std::vector<std::string> args{argv + 1, argv + argc};
  if (node_process::is_one(argv))
    return be_node(args);
  const std::string kind = args.empty() ? "" : args[0];
  const auto jobs = std::clamp<std::uint64_t>(args.size() > 1 ? std::stoull(args[1]) : 1, 1, jobs_max);
  if (kind == "short")
    std::cout << stream_of<short_jobs>(kind, jobs) << '\n';
  else if (kind == "1k")
    std::cout << stream_of<blocks>(kind, jobs) << '\n';
  else if (kind == "p50" || kind == "p99")
    std::cout << there_and_back(kind) << '\n';
  else if (kind == "efficiency")
    std::cout << efficiency(jobs) << '\n';
  else {
    std::cerr << "usage: nodes_zeromq short|1k|p50|p99|efficiency [JOBS]\n";
    return 2;
  }
  return 0;
} catch (const std::exception& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
