#pragma once

/// Spans as the tests want them: kept in memory, found by name.

#include <weir/runtime/record.hpp>
#include <weir/runtime/trace/tracer.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weir_test {

/// What an exporter was given. Outlives the tracer.
struct kept_spans {
  std::vector<weir::span_record> spans;
  weir::trace_origin from;
  std::uint64_t lost = 0;
  int finishes = 0;

  [[nodiscard]] std::vector<weir::span_record> of(weir::span_role role) const {
    std::vector<weir::span_record> found;
    std::ranges::copy_if(spans, std::back_inserter(found), [&](const auto& s) { return s.role == role; });
    return found;
  }
  [[nodiscard]] const weir::span_record& only(weir::span_role role) const {
    const auto is = [&](const auto& s) { return s.role == role; };
    BOOST_REQUIRE_EQUAL(std::ranges::count_if(spans, is), 1);
    return *std::ranges::find_if(spans, is);
  }
  [[nodiscard]] const weir::span_record& named(const std::string& name) const {
    const auto is = [&](const auto& s) { return s.name == name; };
    BOOST_REQUIRE_MESSAGE(std::ranges::count_if(spans, is) == 1, "not one span is named " << name);
    return *std::ranges::find_if(spans, is);
  }
};

class keeper final : public weir::span_exporter {
public:
  explicit keeper(std::shared_ptr<kept_spans> to) : to_(std::move(to)) {}

  caf::error open(const weir::trace_origin& from) override {
    to_->from = from;
    return {};
  }
  caf::error put(std::span<const weir::span_record> spans) override {
    to_->spans.insert(to_->spans.end(), spans.begin(), spans.end());
    return {};
  }
  caf::error finish(std::uint64_t lost) override {
    to_->lost = lost;
    ++to_->finishes;
    return {};
  }

private:
  std::shared_ptr<kept_spans> to_;
};

/// A tracer into memory, on a clock that stands still.
struct traced {
  explicit traced(weir::tracer_options options = {}) {
    options.time = &time;
    options.seed = 1;
    options.unix_start = std::chrono::seconds{1'000};
    to = std::make_shared<weir::tracer>(std::make_unique<keeper>(kept), options);
    ctx = weir::with_tracer(weir::context::background(time), to);
  }

  /// Ends the trace; then all its spans are kept.
  kept_spans& end() {
    BOOST_TEST(!to->finish());
    return *kept;
  }

  weir::manual_clock time;
  std::shared_ptr<kept_spans> kept = std::make_shared<kept_spans>();
  std::shared_ptr<weir::tracer> to;
  weir::context ctx = weir::context::background();
};

inline weir::span_value attribute(const weir::span_record& of, const std::string& key) {
  const auto at = std::ranges::find(of.attributes, key, &weir::span_attribute::key);
  return at == of.attributes.end() ? weir::span_value{} : at->content;
}

inline std::string text(const weir::span_record& of, const std::string& key) {
  return weir::to_text(attribute(of, key));
}

/// How many of them ended in which way.
inline std::map<std::string, int> outcomes(const std::vector<weir::span_record>& spans) {
  std::map<std::string, int> n;
  for (const auto& s : spans)
    ++n[text(s, "weir.outcome")];
  return n;
}

}  // namespace weir_test
