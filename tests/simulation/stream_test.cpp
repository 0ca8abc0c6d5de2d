#include <weir/weir.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <vector>

#include "explored.hpp"
#include "ordeal.hpp"

namespace {

using namespace std::chrono_literals;
using weir::testing::world;
using stream_type = weir::stream<int, int>;

struct run_of_a_stream {
  world& w;
  std::shared_ptr<ordeal::ledger> b = std::make_shared<ordeal::ledger>();
  weir::context ctx = ordeal::surroundings(w, b);
  weir::engine engine{w.system()};
  std::unique_ptr<stream_type> stream = {};
  bool ordered = false;
  std::vector<int> jobs = {};  // by index
  std::optional<std::uint64_t> last = {};
  std::uint64_t received = 0;

  void receive(const weir::outcome<int>& o) {
    w.check(o.index < jobs.size(), "the outcome of a job that was not admitted");
    w.check(!ordered || o.index == (last ? *last + 1 : 0), "an outcome out of order");
    last = o.index;
    ++received;
    ordeal::count(w, *b, o, jobs[o.index]);
    if (w.one_in(4))
      w.sleep(7ms);
  }

  void submit(int count) {
    for (int x = 1; x <= count; ++x) {
      ++b->offered;
      // Its index is known before its outcome can be there.
      jobs.push_back(x);
      auto s = w.one_in(3) ? stream->try_submit(x) : stream->submit(ctx, x);
      if (!s) {
        jobs.pop_back();
        ordeal::refuse(*b, x);
        continue;
      }
      ++b->admitted;
      w.check(*s == jobs.size() - 1, "an index that is another job's");
      w.check(b->admitted - received <= b->capacity_max + 1, "more jobs inside than there are slots");
    }
    stream->close();
  }

  void go() {
    auto o = ordeal::options<weir::stream_options>(w, *b);
    constexpr std::array orders{weir::order::input, weir::order::completed, weir::order::unordered};
    o.order = orders[w.choose(orders.size())];
    ordered = o.order == weir::order::input;
    const auto work = [&w = w, b = b, &stream = stream](const weir::context& job_ctx, const int& x) {
      return ordeal::work(
          w, *b, [&] { return stream->look(); }, job_ctx, x);
    };
    const auto by_itself = w.choose(2) == 0;
    const auto start = [&](auto task) {
      if (by_itself)
        stream = std::make_unique<stream_type>(
            engine, std::move(task), o, [this](weir::outcome<int>& out) { receive(out); }, ctx);
      else
        stream = std::make_unique<stream_type>(engine, std::move(task), o, ctx);
    };
    if (w.one_in(3)) {
      b->key_of = [](int x) { return x % 2; };
      start(weir::keyed(b->key_of, work));
    } else {
      start(work);
    }
    auto one = w.spawn("the submitter", [&] { submit(7); });
    auto other = w.spawn("the disturber", [&] { ordeal::disturb(w, *b, *stream, ctx); });
    std::optional<weir::sync::thread> reader;
    if (!by_itself)
      reader.emplace(w.spawn("the reader", [&] {
        while (auto out = stream->next())
          receive(*out);
      }));
    one.join();
    other.join();
    if (reader)
      reader->join();
    const auto report = stream->drain(w.choose(2) == 0 ? weir::duration::max() : 500ms);
    // A receiver that was killed, or had too little time, does not get all of them.
    const auto all = b->completed + b->failed + b->canceled == b->admitted;
    w.check(all || (by_itself && (b->may_lose || !report.stragglers.empty())), "an outcome was lost");
    if (all)
      ordeal::settle(w, *b, report.books);
    else
      w.check(report.books.balanced() && report.books.admitted == b->admitted, "the books do not balance");
    b->over = true;
    stream = nullptr;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_happens_to_a_stream_each_job_has_one_outcome_in_its_place) {
  explored([](world& w) { run_of_a_stream{w}.go(); });
}

BOOST_AUTO_TEST_CASE(short_jobs_that_gather_in_a_stream_come_out_in_their_order) {
  explored([](world& w) {
    weir::engine engine{w.system()};
    const auto a_little = [&w] { w.sleep(std::chrono::microseconds{w.choose(60)}); };
    std::uint64_t received = 0;
    const auto receive = [&](const weir::outcome<int>& o) {
      w.check(o.completed() && o.index == received, "an outcome is missing or not in its turn");
      w.check(*o.result == static_cast<int>(received), "a result that is another job's");
      ++received;
      if (w.one_in(16))
        a_little();
    };
    const auto work = [&](int x) {
      if (w.one_in(16))
        a_little();
      return x;
    };
    stream_type stream{engine, work, {.parallelism = 1 + w.choose(2), .capacity = 64}, receive};
    int jobs = 0;
    for (auto bursts = 1 + w.choose(3); bursts > 0; --bursts) {
      for (auto left = 1 + w.choose(30); left > 0; --left)
        w.check(static_cast<bool>(stream.submit(weir::context::background(), jobs++)), "a job is refused");
      // All that was submitted comes out, though nothing follows.
      if (w.choose(2) == 0)
        a_little();
      else
        while (received < static_cast<std::uint64_t>(jobs))
          w.sleep(1ms);
    }
    stream.close();
    stream.wait();
    w.check(received == static_cast<std::uint64_t>(jobs), "an outcome was lost");
  });
}
