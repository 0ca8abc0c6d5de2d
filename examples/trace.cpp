// A span for each job: what ran when, below what, and how it ended. A caller's trace goes on through the run
// and into the calls that a task makes. An exporter of the program's own prints the spans as a tree;
// `weir::tracer::to_file` writes them for Perfetto, or as OTLP/JSON lines. The clock is advanced by hand.

#include <weir/weir.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

namespace {

using namespace std::chrono_literals;

class printer final : public weir::span_exporter {
public:
  explicit printer(std::uint64_t root) : root_(root) {}

  caf::error open(const weir::trace_origin& from) override {
    start_ = from.start;
    return {};
  }
  caf::error put(std::span<const weir::span_record> spans) override {
    spans_.insert(spans_.end(), spans.begin(), spans.end());
    return {};
  }
  caf::error finish(std::uint64_t) override {
    std::ranges::stable_sort(spans_, {}, &weir::span_record::begun);
    print_below(root_, 0);
    return {};
  }

private:
  void print_below(std::uint64_t parent, std::size_t depth) const {
    for (const auto& s : spans_) {
      if (s.parent != parent)
        continue;
      const auto why = std::ranges::find(s.attributes, "weir.cause", &weir::span_attribute::key);
      std::cout << std::string(2 * depth, ' ') << s.name << ": " << (s.begun - start_) / 1ms << " to "
                << (s.ended - start_) / 1ms << " ms" << (s.message.empty() ? "" : ", ") << s.message
                << (why == s.attributes.end() ? "" : ", " + std::get<std::string>(why->content)) << '\n';
      print_below(s.at.span, depth + 1);
    }
  }

  const std::uint64_t root_;
  weir::time_point start_;
  std::vector<weir::span_record> spans_;
};

}  // namespace

int main() {
  // As it comes with a request.
  const auto caller = weir::trace_context::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  weir::manual_clock time;
  const auto to = std::make_shared<weir::tracer>(std::make_unique<printer>(caller->span),
                                                 weir::tracer_options{.time = &time});
  const auto ctx = weir::with_tracer(weir::context::background(time), to, caller);
  weir::engine engine;

  const auto do_something = [&](int n) -> caf::expected<int> {
    time.advance(10ms);
    const weir::trace_span call{"call"};
    // What goes with the call, so that the other side's spans are below this one.
    const auto header = weir::current_trace()->traceparent();
    if (n == 1)
      std::cout << "traceparent: " << header.substr(0, 36) << "…\n";
    time.advance(5ms);
    if (n == 2)
      return weir::make_error(weir::ec::failed, "failed to do the thing");
    return n;
  };
  const std::vector<int> things{1, 2, 3};
  const auto done = weir::parallel_map(engine, ctx, things, do_something, {.parallelism = 1});
  std::cout << (done ? "done" : weir::describe(done.error())) << '\n';
  return to->finish() ? 1 : 0;
}
