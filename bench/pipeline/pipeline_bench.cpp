/// Family P: numbers are generated, squared by two workers, and taken in order.

#include <weir/runtime/pipeline.hpp>

#include <benchmark/benchmark.h>
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>

#include <cstdint>
#include <ranges>

namespace {

constexpr std::size_t workers = 2;
constexpr std::uint64_t items = 1'000'000;

std::uint64_t square(std::uint64_t x) {
  return x * x;
}

/// Sees that each square comes, once and in its turn.
class printer {
public:
  void take(std::uint64_t value) {
    right_ = right_ && value == square(next_);
    ++next_;
  }
  void report(benchmark::State& state) const {
    if (!right_ || next_ != items)
      state.SkipWithError("a square is missing, wrong or out of order");
  }

private:
  std::uint64_t next_ = 0;
  bool right_ = true;
};

void count(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * items));
}

void weir_pipeline(benchmark::State& state) {
  weir::engine engine;
  const auto capacity = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    printer out;
    auto line = weir::from(std::views::iota(std::uint64_t{0}, items)) |
                weir::stage(square, {.name = "square", .parallelism = workers, .capacity = capacity}) |
                weir::into([&out](std::uint64_t v) { out.take(v); });
    benchmark::DoNotOptimize(line.run(engine, weir::context::background()));
    out.report(state);
  }
  count(state);
}

void tbb_parallel_pipeline(benchmark::State& state) {
  const tbb::global_control limit{tbb::global_control::max_allowed_parallelism, workers};
  const auto tokens = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    printer out;
    std::uint64_t next = 0;
    using tbb::filter_mode;
    tbb::parallel_pipeline(
        tokens, tbb::make_filter<void, std::uint64_t>(filter_mode::serial_in_order,
                                                      [&next](tbb::flow_control& control) {
                                                        if (next == items) {
                                                          control.stop();
                                                          return std::uint64_t{0};
                                                        }
                                                        return next++;
                                                      }) &
                    tbb::make_filter<std::uint64_t, std::uint64_t>(
                        filter_mode::parallel, [](std::uint64_t v) { return square(v); }) &
                    tbb::make_filter<std::uint64_t, void>(filter_mode::serial_in_order,
                                                          [&out](std::uint64_t v) { out.take(v); }));
    out.report(state);
  }
  count(state);
}

BENCHMARK(weir_pipeline)->Arg(65'536)->Arg(8'192)->Arg(1'024)->UseRealTime();
BENCHMARK(tbb_parallel_pipeline)->Arg(1'024)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
