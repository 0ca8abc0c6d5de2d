#include <weir/actors/log.hpp>
#include <weir/runtime/sinks/output.hpp>
#include <weir/runtime/trace/chrome_trace.hpp>
#include <weir/runtime/trace/otlp_lines.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <utility>

namespace weir {

namespace {

std::chrono::nanoseconds unix_now() {
  return std::chrono::system_clock::now().time_since_epoch();
}

std::uint64_t random_seed() {
  std::random_device source;
  return std::uint64_t{source()} << 32 | source();
}

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;

/// The output function of SplitMix64 (Steele, Lea, Flood 2014): a bijection, so that different numbers give
/// different ids.
std::uint64_t mixed(std::uint64_t n) noexcept {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

}  // namespace

struct tracer::slots {
  std::mutex mutex;
  std::map<std::pair<std::string, std::string>, std::set<std::size_t>> used;  // as many as there are runs
};

tracer::tracer(std::unique_ptr<span_exporter> to, tracer_options options)
    : options_(std::move(options)),
      time_(options_.time ? *options_.time : steady_clock()),
      origin_{options_.service, time_.now(), options_.unix_start ? *options_.unix_start : unix_now()},
      exporter_(std::move(to)),
      seed_(options_.seed ? mixed(*options_.seed) : random_seed()),
      trace_seed_(options_.seed ? mixed(~*options_.seed) : random_seed()),
      slots_(std::make_shared<slots>()) {
  if (options_.spans_max == 0)
    throw std::invalid_argument{"tracer: spans_max is 0, allowed is 1 or more"};
  problem_ = exporter_->open(origin_);
  writer_ = std::thread{[this] { write(); }};
}

caf::expected<std::shared_ptr<tracer>> tracer::to_file(const std::string& path, tracer_options options) {
  auto file = detail::output::to_file(path);
  if (auto problem = file.open())
    return problem;
  std::unique_ptr<span_exporter> to;
  if (path.ends_with(".jsonl"))
    to = std::make_unique<detail::otlp_lines>(std::move(file));
  else
    to = std::make_unique<detail::chrome_trace>(std::move(file));
  return std::make_shared<tracer>(std::move(to), std::move(options));
}

tracer::~tracer() {
  const auto unasked = writer_.joinable();
  if (const auto problem = finish(); problem && unasked)
    log()->error("trace: {}", text_of(problem));
}

caf::error tracer::finish() {
  std::lock_guard once{finish_mutex_};
  if (!writer_.joinable())
    return problem_;
  {
    std::lock_guard guard{mutex_};
    ending_ = true;
    changed_.notify_all();
  }
  writer_.join();
  if (!problem_)
    problem_ = exporter_->finish(lost());
  if (lost() > 0)
    log()->warn(
        "trace: {} spans were lost: they ended faster than they could be written; a larger spans_max "
        "bears more at once",
        lost());
  return problem_;
}

void tracer::record(span_record span) noexcept {
  try {
    std::lock_guard guard{mutex_};
    if (ending_)
      return;
    if (waiting_.size() < options_.spans_max) {
      waiting_.push_back(std::move(span));
      if (waiting_.size() == 1 || waiting_.size() == batch)
        changed_.notify_one();
      return;
    }
  } catch (...) {
    // For want of memory.
  }
  ++lost_;
}

void tracer::write() {
  std::vector<span_record> taken;
  std::unique_lock held{mutex_};
  for (;;) {
    changed_.wait(held, [this] { return ending_ || !waiting_.empty(); });
    changed_.wait_for(held, wait_max, [this] { return ending_ || waiting_.size() >= batch; });
    if (waiting_.empty())
      return;
    taken.swap(waiting_);
    held.unlock();
    if (!problem_)
      problem_ = exporter_->put(taken);
    taken.clear();
    held.lock();
  }
}

std::uint64_t tracer::new_id() noexcept {
  for (;;)
    if (const auto id = mixed(seed_ + golden * ids_.fetch_add(1, std::memory_order_relaxed)))
      return id;
}

std::uint64_t tracer::derived_id(std::uint64_t key, std::uint64_t n) noexcept {
  const auto id = mixed(key + golden * n);
  return id != 0 ? id : golden;
}

trace_context tracer::below(const trace_context* parent) {
  trace_context c;
  c.span = new_id();
  if (parent) {
    c.trace_high = parent->trace_high;
    c.trace_low = parent->trace_low;
    c.flags = parent->flags | trace_context::sampled_flag;
    c.state = parent->state;
  } else {
    c.trace_high = mixed(trace_seed_ + c.span);
    c.trace_low = new_id();
  }
  return c;
}

std::shared_ptr<const trace_place> tracer::place(const std::string& process, const std::string& stage) {
  std::lock_guard guard{slots_->mutex};
  auto& used = slots_->used[{process, stage}];
  std::size_t slot = 0;
  while (used.contains(slot))
    ++slot;
  used.insert(slot);
  return {new trace_place{process, stage, slot}, [all = slots_](const trace_place* p) {
            const std::unique_ptr<const trace_place> owned{p};
            std::lock_guard within{all->mutex};
            const auto of = all->used.find({p->process, p->stage});
            of->second.erase(p->slot);
            if (of->second.empty())
              all->used.erase(of);
          }};
}

}  // namespace weir
