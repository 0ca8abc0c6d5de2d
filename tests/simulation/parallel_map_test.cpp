#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

#include "explored.hpp"

namespace {

using weir::testing::world;

struct run_of_a_map {
  world& w;
  weir::engine engine{w.system()};
  weir::context ctx = weir::context::with_cancel(weir::context::background());
  std::size_t parallelism = 1 + w.choose(3);
  bool collects = w.choose(2) == 0;
  bool disturbed = w.one_in(3);
  std::vector<unsigned> starts = std::vector<unsigned>(1 + w.choose(12));
  std::size_t inside = 0;
  bool failed = false;

  int work(std::size_t i) {
    w.check(++starts[i] == 1, "a job runs twice");
    w.check(++inside <= parallelism, "more jobs run at once than may");
    if (w.choose(2) == 0)
      w.sleep(std::chrono::microseconds{w.choose(200)});
    // What a task itself maps, also on the lane that its caller is.
    if (w.one_in(8)) {
      const std::vector<int> inner(3, 7);
      const auto all =
          weir::parallel_map(engine, ctx, inner, [](int x) { return x + 1; }, {.parallelism = 2});
      w.check(all ? *all == std::vector<int>(3, 8) : ctx.canceled(), "an inner map went wrong");
    }
    --inside;
    if (w.one_in(10)) {
      failed = true;
      throw std::runtime_error{"no luck"};
    }
    return static_cast<int>(i);
  }

  void go() {
    std::vector<std::size_t> jobs(starts.size());
    std::iota(jobs.begin(), jobs.end(), 0);
    std::optional<weir::sync::thread> disturber;
    if (disturbed)
      disturber.emplace(w.spawn("the disturber", [this] {
        w.sleep(std::chrono::microseconds{w.choose(500)});
        ctx.cancel("enough");
      }));
    weir::map_options options;
    options.parallelism = parallelism;
    options.on_error = collects ? weir::policy::collect : weir::policy::fail_fast;
    const auto all = weir::parallel_map(
        engine, ctx, jobs, [this](std::size_t i) { return work(i); }, options);
    w.check(inside == 0, "a job goes on after the call");
    if (all)
      for (std::size_t i = 0; i < jobs.size(); ++i)
        w.check((*all)[i] == static_cast<int>(i) && starts[i] == 1, "a result that is another job's");
    else
      w.check(failed || ctx.canceled(), "the call failed, and nobody knows why");
    w.check(!failed || !all, "a failure was lost");
    if (collects && !disturbed)
      w.check(std::ranges::all_of(starts, [](unsigned n) { return n == 1; }), "a job never ran");
    if (disturber)
      disturber->join();
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_happens_to_a_map_each_job_runs_once_and_none_after_the_call) {
  explored([](world& w) { run_of_a_map{w}.go(); });
}
