#pragma once

/// Two nodes in one process, linked over loopback.

#include <weir/actors/error.hpp>
#include <weir/runtime/link/authority.hpp>
#include <weir/runtime/link/endpoint.hpp>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
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

/// What happens at one end, to be waited for in its order.
class happenings {
public:
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
              up_.add(std::move(p));
              return our_gateway;
            },
        .closed =
            [this](std::uint64_t n, const link::identity& who, const std::string& why) {
              down_.add(gone{n, who.name, why});
            }};
  }

  link::opened_link opened() { return up_.take(); }
  gone closed() { return down_.take(); }

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
  std::mutex mutex_;
  std::condition_variable changed_;
  arrivals<link::opened_link> up_;
  arrivals<gone> down_;
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
  happenings seen;
  std::unique_ptr<link::endpoint> end;

  node(const link::link_options& options, const link::engine_id& engine)
      : end(value_of(link::endpoint::make(options, engine, seen.events()))) {}
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
