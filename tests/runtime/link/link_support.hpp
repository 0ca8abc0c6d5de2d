#pragma once

/// Two nodes in one process, linked over loopback.

#include <weir/actors/error.hpp>
#include <weir/runtime/link/authority.hpp>
#include <weir/runtime/link/endpoint.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "../../support/arrivals.hpp"
#include "../../support/scratch_folder.hpp"
#include "frame_support.hpp"

namespace weir::test {

template <class T>
T value_of(caf::expected<T> e) {
  if (!e)
    throw std::runtime_error{describe(e.error())};
  return std::move(*e);
}

/// A loop with a thread that runs it.
class running_loop {
public:
  running_loop() = default;
  ~running_loop() {
    work_.reset();
    thread_.join();
  }
  running_loop(const running_loop&) = delete;
  running_loop& operator=(const running_loop&) = delete;

  boost::asio::io_context& operator*() noexcept { return context_; }

private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_{[this] { context_.run(); }};
};

/// An engine whose user says what it sends, and sees what comes.
class hand_engine final : public link::engine_end {
public:
  explicit hand_engine(boost::asio::io_context& loop) : loop_(loop) {}

  void send(const bytes& what) {
    change([&] { out_.insert(out_.end(), what.begin(), what.end()); });
  }
  void close() {
    change([&] { closed_ = true; });
  }

  /// So many bytes, or what came before the link had gone.
  bytes receive(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return in_.size() >= count || gone_; });
    const auto n = static_cast<std::ptrdiff_t>(std::min(count, in_.size()));
    bytes come{in_.begin(), in_.begin() + n};
    in_.erase(in_.begin(), in_.begin() + n);
    return come;
  }

  bool take(link::bytes_view come) override {
    const std::lock_guard guard{mutex_};
    in_.insert(in_.end(), come.begin(), come.end());
    changed_.notify_all();
    return !closed_;
  }
  std::span<std::byte> give() override {
    const std::lock_guard guard{mutex_};
    if (out_.empty())
      return {};
    const auto n = static_cast<std::ptrdiff_t>(std::min(link::record_limits::data_bytes_max, out_.size()));
    given_.resize(link::record_limits::head_bytes);
    given_.insert(given_.end(), out_.begin(), out_.begin() + n);
    out_.erase(out_.begin(), out_.begin() + n);
    return given_;
  }
  bool is_closed() const override {
    const std::lock_guard guard{mutex_};
    return closed_;
  }
  void when_ready(std::function<void()> call) override {
    const std::lock_guard guard{mutex_};
    ready_ = std::move(call);
  }
  void link_has_gone() override {
    const std::lock_guard guard{mutex_};
    gone_ = true;
    ready_ = nullptr;
    changed_.notify_all();
  }

private:
  template <class Change>
  void change(Change make) {
    const std::lock_guard guard{mutex_};
    make();
    if (!gone_)
      boost::asio::post(loop_, [this] {
        std::unique_lock lock{mutex_};
        const auto call = ready_;
        lock.unlock();
        if (call)
          call();
      });
  }

  boost::asio::io_context& loop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::byte> in_;
  std::deque<std::byte> out_;
  bytes given_;  // of a record
  std::function<void()> ready_;
  bool closed_ = false;
  bool gone_ = false;
};

/// A link that is up, and its engine, which closes it when this goes.
struct opened_end : link::opened_link {
  std::shared_ptr<hand_engine> engine;

  opened_end(link::opened_link l, std::shared_ptr<hand_engine> e)
      : link::opened_link(std::move(l)), engine(std::move(e)) {}
  opened_end(opened_end&&) = default;
  opened_end& operator=(opened_end&&) = default;
  ~opened_end() {
    if (engine)
      engine->close();
  }
};

/// What happens at one end, to be waited for in its order.
class happenings {
public:
  explicit happenings(boost::asio::io_context& loop) : loop_(loop) {}

  struct gone {
    std::uint64_t link;
    std::string name;
    std::string why;
  };

  link::link_events events() {
    return {
        .admit = [this](const link::identity& who, const std::string& offers) { return admit(who, offers); },
        .offers = [] { return std::string{"offers"}; },
        .opened =
            [this](link::opened_link p) {
              auto engine = std::make_shared<hand_engine>(loop_);
              up_.add(opened_end{std::move(p), engine});
              return link::engine_side{engine, our_gateway};
            },
        .closed =
            [this](std::uint64_t n, const link::identity& who, const std::string& why) {
              down_.add(gone{n, who.name, why});
            },
        .unreached = [this](const std::string& why) { unreached_.add(why); }};
  }

  opened_end opened() { return up_.take(); }
  gone closed() { return down_.take(); }
  std::string unreached() { return unreached_.take(); }

  [[nodiscard]] std::size_t ups() { return up_.size(); }

  /// Waits until somebody has been refused.
  void await_refusal() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return refused_ > 0; });
  }

  /// The next ones are refused with this.
  void refuse(std::string why) {
    const std::lock_guard guard{mutex_};
    refusal_ = std::move(why);
  }

private:
  caf::expected<std::string> admit(const link::identity&, const std::string& offers) {
    const std::lock_guard guard{mutex_};
    if (!refusal_.empty()) {
      ++refused_;
      changed_.notify_all();
      return make_error(ec::link, refusal_);
    }
    return "terms for " + offers;
  }
  boost::asio::io_context& loop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  arrivals<opened_end> up_;
  arrivals<gone> down_;
  arrivals<std::string> unreached_;
  std::string refusal_;
  int refused_ = 0;
};

/// Certificates that tests have in common, as to make them takes a moment.
class certificates {
public:
  certificates() {
    for (const auto* name : {"coordinator", "node-1", "node-2"})
      value_of(ours_.issue(name));
    value_of(theirs_.issue("node-1"));
    value_of(ours_.issue("expired", std::chrono::seconds{-1}));
  }

  [[nodiscard]] link::tls_files of(const std::string& name) const { return files(ours_, "ours", name); }
  /// Another authority's, shown to us by somebody who trusts ours.
  [[nodiscard]] link::tls_files of_another_authority(const std::string& name) const {
    return files(ours_, "theirs", name);
  }
  /// Likewise, by somebody who trusts both.
  [[nodiscard]] link::tls_files of_newcomer(const std::string& name) const {
    auto all = files(theirs_, "theirs", name);
    all.authority = folder_.at("both.pem");
    std::ofstream{all.authority} << std::ifstream{ours_.file()}.rdbuf()
                                 << std::ifstream{theirs_.file()}.rdbuf();
    return all;
  }
  [[nodiscard]] const link::authority& ours() const noexcept { return ours_; }
  [[nodiscard]] std::string at(const std::string& name) const { return folder_.at(name); }

private:
  link::tls_files files(const link::authority& by, const std::string& folder, const std::string& name) const {
    return {by.file(), folder_.at(folder + "/" + name + ".pem"), folder_.at(folder + "/" + name + ".key")};
  }

  weir_test::scratch_folder folder_;
  link::authority ours_ = value_of(link::authority::in(folder_.at("ours")));
  link::authority theirs_ = value_of(link::authority::in(folder_.at("theirs")));
};

/// A node at one end.
struct node {
  running_loop loop;
  happenings seen{*loop};
  std::unique_ptr<link::endpoint> end;

  node(const link::link_options& options, const link::engine_id& engine)
      : end(value_of(link::endpoint::make(*loop, options, engine, seen.events()))) {}
};

inline link::link_options options_of(const std::string& name, const std::string& peer,
                                     const link::tls_files& tls = {}) {
  link::link_options o;
  o.name = name;
  o.peers = {peer};
  o.tls = tls;
  o.heartbeat = std::chrono::milliseconds{50};
  o.timeout = std::chrono::seconds{10};
  o.backoff = std::chrono::milliseconds{1};
  o.backoff_max = std::chrono::milliseconds{20};
  return o;
}

inline std::string loopback(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

}  // namespace weir::test
