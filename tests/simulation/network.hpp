#pragma once

/// Links between the coordinator and the nodes of one simulation: texts come in their order and as late as
/// it pleases, links are cut at any moment, and each end learns of that in its own time.

#include <weir/actors/error.hpp>
#include <weir/actors/sync.hpp>
#include <weir/runtime/nodes/messenger.hpp>
#include <weir/runtime/testing/explore.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace simulated {

using weir::testing::world;
using namespace std::chrono_literals;

class network {
public:
  explicit network(world& w) : world_(w) {}

  /// For `coordinator::make` and `node::make`.
  weir::nodes::messenger_maker member(std::string name) {
    return [this, name = std::move(name)](
               weir::nodes::peer_events events) -> caf::expected<std::unique_ptr<weir::nodes::messenger>> {
      return std::unique_ptr<weir::nodes::messenger>{new party{*this, name, std::move(events)}};
    };
  }

  /// Cuts one of the links there are.
  void cut_one() {
    const std::lock_guard guard{mutex_};
    std::vector<std::uint64_t> there;
    for (const auto& [id, l] : links_)
      if (!l.over)
        there.push_back(id);
    if (there.empty())
      return;
    const auto id = there[world_.choose(there.size())];
    auto& l = links_.at(id);
    world_.note("the link to " + l.name + " is cut");
    ++cuts_[l.name];
    l.over = true;
    for (auto* const end : {l.acceptor, l.dialer})
      post_down(*end, id, "nothing was heard of it", some_time());
  }

  /// Of links to this name, so far.
  [[nodiscard]] int cuts_of(const std::string& name) {
    const std::lock_guard guard{mutex_};
    return cuts_[name];
  }

  /// Whether both ends of a link to this name know of it, and nothing has happened to it.
  [[nodiscard]] bool is_linked(const std::string& name) {
    const std::lock_guard guard{mutex_};
    for (const auto& [id, l] : links_)
      if (!l.over && l.name == name && l.dialer->known_.contains(id) && l.acceptor->known_.contains(id))
        return true;
    return false;
  }

private:
  class party;

  struct link {
    std::string name;           // of the dialer
    party* acceptor = nullptr;  // null: it has gone
    party* dialer = nullptr;
    bool over = false;  // nothing comes through any more
  };

  class party final : public weir::nodes::messenger {
  public:
    party(network& of, std::string name, weir::nodes::peer_events events)
        : net_(of),
          name_(std::move(name)),
          events_(std::move(events)),
          loop_(of.world_.spawn("the loop of " + name_, [this] { run(); })) {}
    ~party() override { close(); }

    void close() override {
      {
        const std::lock_guard guard{net_.mutex_};
        if (std::exchange(closing_, true))
          return;
        dials_.reset();
        if (net_.listener_ == this)
          net_.listener_ = nullptr;
        for (auto& [id, l] : net_.links_)
          if (l.acceptor == this || l.dialer == this)
            end_link(id, l, "we end");
        changed_.notify_all();
      }
      loop_.join();
      const std::lock_guard guard{net_.mutex_};
      for (auto& [id, l] : net_.links_) {
        l.acceptor = l.acceptor == this ? nullptr : l.acceptor;
        l.dialer = l.dialer == this ? nullptr : l.dialer;
      }
    }

    caf::expected<std::uint16_t> listen(const std::string& /*address*/) override {
      const std::lock_guard guard{net_.mutex_};
      net_.listener_ = this;
      return std::uint16_t{1};
    }
    caf::error dial(const std::string& /*address*/) override {
      const std::lock_guard guard{net_.mutex_};
      dials_ = net_.world_.now();
      changed_.notify_all();
      return {};
    }
    bool stop_dialing() override {
      const std::lock_guard guard{net_.mutex_};
      dials_.reset();
      return told_.empty() && !meets_;
    }
    void leave(std::uint64_t id, const std::string& why) override {
      const std::lock_guard guard{net_.mutex_};
      if (auto* const l = net_.find(id)) {
        if (l->dialer == this)
          dials_.reset();
        auto* const other = l->acceptor == this ? l->dialer : l->acceptor;
        left_ = id;
        if (other)
          net_.post_down(*other, id, "it has left: " + why, 0ms);
        net_.post_down(*this, id, "we left", 0ms);
      }
    }
    void end(std::uint64_t id, const std::string& why) override {
      // All are honest here.
      net_.world_.check(why.rfind("it ", 0) != 0, name_ + " cuts a peer off: " + why);
      const std::lock_guard guard{net_.mutex_};
      if (auto* const l = net_.find(id))
        end_link(id, *l, why);
    }
    [[nodiscard]] std::vector<weir::link::link_state> links() const override {
      const std::lock_guard guard{net_.mutex_};
      std::vector<weir::link::link_state> all;
      for (const auto id : told_) {
        all.emplace_back();
        all.back().link = id;
      }
      return all;
    }
    [[nodiscard]] std::size_t text_bytes_max() const override { return std::size_t{1} << 16; }

    bool send(std::uint64_t id, std::string text) override {
      weir::sync::interleave();
      const std::lock_guard guard{net_.mutex_};
      auto* const l = net_.find(id);
      if (!l || !told_.contains(id) || left_ == id)
        return false;
      auto* const other = l->acceptor == this ? l->dialer : l->acceptor;
      ++unsent_[id];
      if (other)
        net_.post(*other, 0ms,
                  [other, id, text = std::move(text)](std::unique_lock<weir::sync::mutex>& lock) {
                    const auto* const still = other->net_.find(id);
                    if (!still || !other->told_.contains(id))
                      return;
                    if (auto* const from = still->acceptor == other ? still->dialer : still->acceptor)
                      from->has_left(id);
                    lock.unlock();
                    other->events_.text(id, text);
                    lock.lock();
                  });
      return true;
    }

    [[nodiscard]] bool is_full(std::uint64_t id) const override {
      const std::lock_guard guard{net_.mutex_};
      const auto found = unsent_.find(id);
      return found != unsent_.end() && found->second > unsent_max;
    }

  private:
    friend class network;
    static constexpr int unsent_max = 1;
    using event = std::function<void(std::unique_lock<weir::sync::mutex>&)>;

    void run() {
      std::unique_lock lock{net_.mutex_};
      for (;;) {
        const auto now = net_.world_.now();
        if (!due_.empty() && (due_.begin()->first <= now || closing_)) {
          auto what = std::move(due_.begin()->second);
          due_.erase(due_.begin());
          what(lock);
        } else if (closing_) {
          return;
        } else if (dials_ && *dials_ <= now && told_.empty()) {
          dials_ = now + 10ms;
          meet(lock);
        } else {
          auto until = now + 1s;
          if (!due_.empty())
            until = std::min(until, due_.begin()->first);
          if (dials_ && told_.empty())
            until = std::min(until, *dials_);
          if (due_.empty() && !dials_)
            changed_.wait(lock);
          else
            changed_.wait_until(lock, until);
        }
      }
    }

    void meet(std::unique_lock<weir::sync::mutex>& lock) {
      auto* const whom = net_.listener_;
      if (!whom)
        return;
      meets_ = true;
      lock.unlock();
      std::optional<std::string> offers;
      try {
        offers = events_.offers();
      } catch (const weir::thrown_error&) {
        // It is dialed again later.
      }
      lock.lock();
      meets_ = false;
      if (!offers || !dials_ || net_.listener_ != whom)
        return;
      const weir::link::identity me{name_, name_, 1};
      if (!whom->events_.admit(me, *offers))
        return;
      const auto id = ++net_.last_link_;
      for (auto& [old, l] : net_.links_)
        if (l.name == name_) {
          l.over = true;
          net_.post_down(*whom, old, "it has come again", 0ms);
        }
      net_.links_.emplace(id, link{name_, whom, this, false});
      net_.post_up(*whom, id, me, *offers);
      net_.post_up(*this, id, {"coordinator", "coordinator", 1}, "");
    }

    void end_link(std::uint64_t id, link& l, const std::string& why) {
      if (std::exchange(l.over, true))
        return;
      auto* const other = l.acceptor == this ? l.dialer : l.acceptor;
      net_.post_down(*this, id, why, 0ms);
      if (other)
        net_.post_down(*other, id, "it has closed the connection", net_.some_time());
    }

    void has_left(std::uint64_t id) {
      if (unsent_[id]-- != unsent_max + 1)
        return;
      net_.post(*this, 0ms, [this, id](std::unique_lock<weir::sync::mutex>& lock) {
        lock.unlock();
        if (events_.eased)
          events_.eased(id);
        lock.lock();
      });
    }

    network& net_;
    const std::string name_;
    const weir::nodes::peer_events events_;
    std::multimap<weir::time_point, event> due_;
    std::set<std::uint64_t> told_;         // links of which it is told that they are up
    std::set<std::uint64_t> known_;        // links of which it was told that
    std::map<std::uint64_t, int> unsent_;  // texts, by link
    std::optional<weir::time_point> dials_;
    std::uint64_t left_ = 0;
    bool meets_ = false;
    bool closing_ = false;
    weir::sync::condition_variable changed_;
    weir::sync::thread loop_;
  };

  /// A link that lets something through.
  link* find(std::uint64_t id) {
    const auto found = links_.find(id);
    return found != links_.end() && !found->second.over ? &found->second : nullptr;
  }

  weir::duration some_time() { return std::chrono::milliseconds{world_.choose(30)}; }

  void post(party& to, weir::duration after, party::event what) {
    to.due_.emplace(world_.now() + after, std::move(what));
    to.changed_.notify_all();
  }

  void post_up(party& to, std::uint64_t id, weir::link::identity who, std::string said) {
    post(to, 0ms, [&to, p = weir::nodes::peer{id, std::move(who), std::move(said)}](auto& lock) {
      if (!to.net_.find(p.link))
        return;
      to.told_.insert(p.link);
      lock.unlock();
      to.events_.up(p);
      lock.lock();
      to.known_.insert(p.link);
    });
  }

  void post_down(party& to, std::uint64_t id, std::string why, weir::duration after) {
    post(to, after, [&to, id, why = std::move(why)](auto& lock) {
      const auto found = to.net_.links_.find(id);
      if (found != to.net_.links_.end())
        found->second.over = true;
      if (to.told_.erase(id) == 0)
        return;
      if (to.dials_)
        to.dials_ = to.net_.world_.now() + 1ms;
      lock.unlock();
      to.events_.down(id, why);
      lock.lock();
    });
  }

  world& world_;
  weir::sync::mutex mutex_;
  party* listener_ = nullptr;
  std::map<std::uint64_t, link> links_;
  std::map<std::string, int> cuts_;
  std::uint64_t last_link_ = 0;
};

}  // namespace simulated
