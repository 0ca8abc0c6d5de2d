/// Jobs that are done elsewhere: what goes together, what nodes do, and what becomes of it when links are
/// cut, nodes come and go, and everything is canceled, at any moment.

#include <weir/runtime/nodes/coordinator.hpp>
#include <weir/runtime/nodes/node.hpp>
#include <weir/runtime/nodes/remote.hpp>
#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "explored.hpp"
#include "network.hpp"

namespace {

using namespace std::chrono_literals;
using simulated::network;
using weir::testing::world;
using stream_type = weir::stream<int, int>;

/// What each job has gone through.
struct ledger {
  struct job {
    unsigned starts = 0;
    unsigned inside = 0;
    unsigned outcomes = 0;
    bool done = false;
  };
  std::map<int, job> jobs;
};

void count(world& w, ledger& b, const weir::outcome<int>& o, int x) {
  auto& j = b.jobs[x];
  w.check(++j.outcomes == 1, "a second outcome of a job");
  w.check(!o.completed() || (*o.result == x * x && j.starts > 0), "a result that is another job's");
  w.check(o.completed() || !weir::is(o.result.error(), weir::ec::worker_lost),
          "a job failed that should have run again");
}

/// Sends its jobs to nobody: what they come to is drawn.
class sent_work {
public:
  sent_work(world& w, std::shared_ptr<ledger> b, unsigned attempts_max)
      : world_(&w), books_(std::move(b)), attempts_max_(attempts_max) {}

  class batch {
  public:
    batch(world& w, std::shared_ptr<ledger> b, unsigned attempts_max, std::uint64_t limit)
        : world_(&w), books_(std::move(b)), attempts_max_(attempts_max), limit_(limit) {}

    [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
    bool add(int x) {
      if (!jobs_.empty() && world_->one_in(8))
        return false;
      jobs_.push_back(x);
      return true;
    }
    void run() {
      auto& w = *world_;
      w.check(jobs_.size() <= limit_, "more jobs than the batch takes");
      for (const auto x : jobs_) {
        auto& j = books_->jobs[x];
        w.check(j.outcomes == 0, "a job is sent that has its outcome");
        w.check(!j.done, "a job is sent again that was done");
        w.check(++j.inside == 1, "a job is sent twice at once");
        w.check(++j.starts <= attempts_max_, "a job is sent too often");
      }
      w.sleep(std::chrono::milliseconds{w.choose(4) * 5});
      lost_ = w.one_in(6);
    }
    caf::expected<int> next() {
      auto& w = *world_;
      const auto x = jobs_[next_++];
      --books_->jobs[x].inside;
      if (lost_)
        return weir::make_error(weir::ec::worker_lost, "lost");
      if (w.one_in(5))
        return weir::make_error(weir::ec::failed, "failed");
      books_->jobs[x].done = true;
      return x * x;
    }
    [[nodiscard]] std::optional<weir::duration> busy() const {
      return lost_ ? std::nullopt : std::optional<weir::duration>{jobs_.size() * 10us};
    }
    [[nodiscard]] const std::string& place() const { return place_; }

  private:
    world* world_;
    std::shared_ptr<ledger> books_;
    unsigned attempts_max_;
    std::uint64_t limit_;
    std::vector<int> jobs_;
    std::size_t next_ = 0;
    bool lost_ = false;
    std::string place_;
  };

  caf::expected<batch> begin_batch(const weir::context& ctx, const weir::batch_wish& wish) const {
    world_->sleep(std::chrono::milliseconds{world_->choose(3)});
    if (ctx.canceled())
      return ctx.error();
    return batch{*world_, books_, attempts_max_, 1 + world_->choose(wish.most)};
  }

  caf::expected<int> operator()(const weir::context& /*ctx*/, const int& x) const { return x; }

private:
  world* world_;
  std::shared_ptr<ledger> books_;
  unsigned attempts_max_;
};

struct run_of_sent_jobs {
  world& w;
  std::shared_ptr<ledger> b = std::make_shared<ledger>();
  weir::engine engine{w.system()};
  std::uint64_t received = 0;

  void go() {
    weir::stream_options o;
    o.parallelism = 1 + w.choose(3);
    o.capacity = 16;
    o.retry.attempts = 1 + static_cast<unsigned>(w.choose(2));
    o.retry.backoff = 10ms;
    o.retry.jitter = 0;
    o.retry.losses = 50;
    if (w.one_in(3))
      o.on_error = weir::policy::fail_fast;
    stream_type stream{engine, sent_work{w, b, o.retry.attempts + o.retry.losses}, o,
                       [this](const weir::outcome<int>& out) {
                         w.check(out.index == received, "an outcome out of order");
                         count(w, *b, out, static_cast<int>(received));
                         ++received;
                       }};
    auto submitter = w.spawn("the submitter", [&] {
      for (int x = 0; x < 14; ++x) {
        if (!stream.submit(weir::context::background(), x))
          return;
        if (w.one_in(5))
          w.sleep(3ms);
      }
    });
    auto disturber = w.spawn("the disturber", [&] {
      w.sleep(std::chrono::milliseconds{w.choose(40)});
      if (w.one_in(3))
        stream.cancel("disturbed");
      else if (w.one_in(3))
        static_cast<void>(stream.resize(1 + w.choose(3), 16));
    });
    submitter.join();
    disturber.join();
    const auto report = stream.drain(weir::duration::max());
    w.check(report.books.balanced() && report.books.admitted == received, "an outcome was lost");
  }
};

/// A coordinator and some nodes.
struct run_of_nodes {
  world& w;
  std::shared_ptr<ledger> b = std::make_shared<ledger>();
  weir::engine engine{w.system()};
  network net{w};
  std::unique_ptr<weir::nodes::coordinator> coordinator = {};
  std::map<std::string, std::unique_ptr<weir::nodes::node>> nodes = {};
  std::uint64_t received = 0;

  weir::nodes::task_registry tasks(const std::string& name, std::uint32_t workers) {
    weir::nodes::task_registry r;
    const auto inside = std::make_shared<std::uint32_t>(0);
    r.add<int>("work", "1",
               [this, name, workers, inside, b = b](const weir::context& ctx, int x) -> caf::expected<int> {
                 w.check(++*inside <= workers, "more jobs at once than the node has workers");
                 ++b->jobs[x].starts;
                 w.note(name + " begins job " + std::to_string(x));
                 const auto how = w.choose(5);
                 if (how == 1)
                   w.sleep(1ms);
                 if (how == 2)
                   w.sleep(15ms);
                 if (how == 3)
                   static_cast<void>(ctx.wait_for(50ms));
                 --*inside;
                 if (ctx.canceled())
                   return ctx.error();
                 if (how == 4)
                   return weir::make_error(weir::ec::failed, "failed");
                 return x * x;
               });
    return r;
  }

  void start(const std::string& name) {
    weir::nodes::node_options o;
    o.link.name = name;
    o.link.peers = {"coordinator"};
    o.coordinator = "coordinator:1";
    o.workers = 1 + static_cast<std::uint32_t>(w.choose(2));
    o.credit = 2 * o.workers + static_cast<std::uint32_t>(w.choose(8));
    auto made = weir::nodes::node::make(engine, o, tasks(name, o.workers), net.member(name));
    w.check(static_cast<bool>(made), "a node can't be made");
    nodes[name] = std::move(*made);
  }

  std::uint64_t lost_of(const std::string& name) {
    for (const auto& s : coordinator->nodes())
      if (s.name == name)
        return s.lost;
    return 0;
  }

  /// One that leaves loses nothing, unless its link is cut.
  void let_leave(const std::string& name) {
    const auto cuts = net.cuts_of(name);
    const auto linked = net.is_linked(name);
    const auto lost = lost_of(name);
    w.note(name + " leaves");
    nodes[name]->leave("enough");
    w.check(nodes[name]->wait_until_left(weir::context::background()), "a node that can't leave");
    const auto lost_now = lost_of(name);
    w.check(!linked || net.cuts_of(name) != cuts || lost_now == lost, "a node that leaves loses calls");
    nodes[name] = nullptr;
  }

  void disturb(stream_type& stream) {
    for (auto times = w.choose(4); times > 0; --times) {
      w.sleep(std::chrono::milliseconds{w.choose(30)});
      const std::string name = w.choose(2) == 0 ? "a" : "b";
      switch (w.choose(6)) {
        case 1:
        case 2:
          net.cut_one();
          break;
        case 3:
          w.note(name + " ends");
          nodes[name] = nullptr;
          start(name);
          break;
        case 4:
          let_leave(name);
          start(name);
          break;
        case 5:
          w.note("cancels");
          stream.cancel("disturbed");
          break;
        default:
          break;
      }
    }
  }

  void go() {
    auto made = weir::nodes::coordinator::make(net.member("coordinator"), "coordinator:1");
    w.check(static_cast<bool>(made), "a coordinator can't be made");
    coordinator = std::move(*made);
    weir::stream_options o;
    o.parallelism = 1 + w.choose(3);
    o.capacity = 16;
    o.retry.losses = 100;
    {
      stream_type stream{engine, weir::nodes::remote<int, int>(*coordinator, {"work", "1"}), o,
                         [this](const weir::outcome<int>& out) {
                           w.check(out.index == received, "an outcome out of order");
                           count(w, *b, out, static_cast<int>(received));
                           ++received;
                         }};
      for (const auto* name : {"a", "b", "c"})
        if (w.choose(3) != 2 || name == std::string{"a"} || name == std::string{"b"})
          start(name);
      auto submitter = w.spawn("the submitter", [&] {
        for (int x = 0; x < 10; ++x)
          if (!stream.submit(weir::context::background(), x))
            return;
      });
      auto disturber = w.spawn("the disturber", [&] { disturb(stream); });
      submitter.join();
      disturber.join();
      const auto report = stream.drain(weir::duration::max());
      w.check(report.books.balanced() && report.books.admitted == received, "an outcome was lost");
    }
    nodes.clear();
    coordinator = nullptr;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(jobs_that_are_sent_together_have_one_outcome_each_in_its_place) {
  explored([](world& w) { run_of_sent_jobs{w}.go(); });
}

BOOST_AUTO_TEST_CASE(whatever_happens_to_nodes_and_their_links_each_job_has_one_outcome) {
  explored([](world& w) { run_of_nodes{w}.go(); });
}
