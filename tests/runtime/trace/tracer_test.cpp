#include <weir/actors/error.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "trace_support.hpp"

using namespace weir;
using namespace weir_test;

namespace {

/// Lets nothing through until it is opened.
class slow_exporter final : public span_exporter {
public:
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    bool inside = false;
    bool open = false;
    std::size_t taken = 0;
    std::uint64_t lost = 0;
  };

  explicit slow_exporter(std::shared_ptr<state> s) : s_(std::move(s)) {}

  caf::error open(const trace_origin&) override { return {}; }
  caf::error put(std::span<const span_record> spans) override {
    std::unique_lock lock{s_->mutex};
    s_->inside = true;
    s_->changed.notify_all();
    s_->changed.wait(lock, [&] { return s_->open; });
    s_->taken += spans.size();
    return {};
  }
  caf::error finish(std::uint64_t lost) override {
    s_->lost = lost;
    return {};
  }

private:
  std::shared_ptr<state> s_;
};

/// Fails at the first span.
class broken_exporter final : public span_exporter {
public:
  caf::error open(const trace_origin&) override { return {}; }
  caf::error put(std::span<const span_record>) override { return make_error(ec::io, "the disk is full"); }
  caf::error finish(std::uint64_t) override { return {}; }
};

/// What Weir logs while this lives.
class caught_log {
public:
  caught_log() : before_(spdlog::get("weir")) {
    spdlog::drop("weir");
    spdlog::register_logger(
        std::make_shared<spdlog::logger>("weir", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
  }
  ~caught_log() {
    spdlog::drop("weir");
    if (before_)
      spdlog::register_logger(before_);
  }

  std::ostringstream text;

private:
  std::shared_ptr<spdlog::logger> before_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tracers)

BOOST_AUTO_TEST_CASE(all_that_was_recorded_is_written_when_the_trace_is_finished) {
  traced t;
  for (int i = 0; i < 1'000; ++i)
    t.to->record({});
  const auto& kept = t.end();
  BOOST_TEST(kept.spans.size() == 1'000u);
  BOOST_TEST(kept.lost == 0u);
  BOOST_TEST(kept.finishes == 1);
}

BOOST_AUTO_TEST_CASE(what_comes_after_the_end_is_ignored_and_the_end_may_be_asked_for_again) {
  traced t{{.spans_max = 1}};
  t.end();
  for (int i = 0; i < 3; ++i)
    t.to->record({});
  const auto& kept = t.end();
  BOOST_TEST(kept.spans.empty());
  // They are neither kept nor missing.
  BOOST_TEST(t.to->lost() == 0u);
  BOOST_TEST(kept.finishes == 1);
}

BOOST_AUTO_TEST_CASE(a_full_buffer_loses_spans_at_once_and_says_how_many) {
  const auto s = std::make_shared<slow_exporter::state>();
  tracer t{std::make_unique<slow_exporter>(s), {.spans_max = 10}};
  t.record({});
  {
    std::unique_lock lock{s->mutex};
    s->changed.wait(lock, [&] { return s->inside; });
  }
  // The writer is stuck with the first one. Ten more find room, and nobody waits for it.
  for (int i = 0; i < 15; ++i)
    t.record({});
  BOOST_TEST(t.lost() == 5u);
  {
    std::lock_guard lock{s->mutex};
    s->open = true;
    s->changed.notify_all();
  }
  const caught_log log;
  BOOST_TEST(!t.finish());
  BOOST_TEST(s->taken == 11u);
  BOOST_TEST(s->lost == 5u);
  BOOST_TEST(log.text.str().find("5 spans were lost") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_error_in_writing_is_returned_at_the_end) {
  tracer t{std::make_unique<broken_exporter>()};
  t.record({});
  BOOST_TEST(text_of(t.finish()) == "the disk is full");
  BOOST_TEST(text_of(t.finish()) == "the disk is full");
}

BOOST_AUTO_TEST_CASE(a_tracer_without_room_is_refused) {
  BOOST_CHECK_THROW((tracer{std::make_unique<broken_exporter>(), {.spans_max = 0}}), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_is_told_before_anything_runs) {
  const auto made = tracer::to_file("/no/such/folder/trace.json");
  BOOST_REQUIRE(!made);
  BOOST_TEST(is(made.error(), ec::io));
  BOOST_TEST(text_of(made.error()).find("/no/such/folder") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ids_are_never_zero_and_never_the_same_whoever_asks) {
  traced t;
  std::mutex mutex;
  std::set<std::uint64_t> ids;
  std::vector<std::thread> askers;
  for (int a = 0; a < 4; ++a)
    askers.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        const auto id = t.to->new_id();
        std::lock_guard guard{mutex};
        ids.insert(id);
      }
    });
  for (auto& a : askers)
    a.join();
  BOOST_TEST(ids.size() == 40'000u);
  BOOST_TEST(!ids.contains(0));
}

BOOST_AUTO_TEST_CASE(equal_seeds_give_equal_ids_and_no_seed_gives_others) {
  traced a;
  traced b;
  BOOST_TEST((a.to->below(nullptr) == b.to->below(nullptr)));
  const auto of_system = [] {
    tracer t{std::make_unique<broken_exporter>()};
    return t.below(nullptr);
  };
  BOOST_TEST(of_system().trace_id() != of_system().trace_id());
}

BOOST_AUTO_TEST_SUITE_END()
