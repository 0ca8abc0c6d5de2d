#include <weir/runtime/kinds.hpp>

#include <cstdint>
#include <limits>

namespace weir {

namespace {

// Counts in unsigned arithmetic, which can't overflow: the distance between two 64-bit numbers fits.
class range final : public source {
public:
  range(std::int64_t first, std::int64_t last, std::int64_t step)
      : next_(first), step_(step), done_(step > 0 ? first > last : first < last) {
    const auto from = static_cast<std::uint64_t>(first);
    const auto to = static_cast<std::uint64_t>(last);
    if (!done_)
      after_next_ = step > 0 ? (to - from) / static_cast<std::uint64_t>(step)
                             : (from - to) / (std::uint64_t{0} - static_cast<std::uint64_t>(step));
    if (done_)
      count_ = 0;
    else if (after_next_ < std::numeric_limits<std::uint64_t>::max())
      count_ = after_next_ + 1;
  }

  caf::expected<std::optional<item>> next(const context& ctx) override {
    if (done_ || ctx.canceled())
      return std::optional<item>{};
    item made{next_, to_text(next_)};
    if (after_next_-- == 0)
      done_ = true;
    else
      next_ += step_;
    return std::optional{std::move(made)};
  }

  [[nodiscard]] std::optional<std::uint64_t> size_hint() const override { return count_; }

private:
  std::int64_t next_;
  std::int64_t step_;
  bool done_;
  std::uint64_t after_next_ = 0;  // how many are left after `next_`
  std::optional<std::uint64_t> count_;
};

caf::expected<std::unique_ptr<source>> make_range(const settings& s) {
  const auto step = s.get<std::int64_t>("step");
  if (step == 0)
    return make_error(
        ec::invalid_option,
        "step: 0 is not allowed here; allowed: a whole number above 0 to count up, below 0 to count down");
  return std::unique_ptr<source>{
      std::make_unique<range>(s.get<std::int64_t>("first"), s.get<std::int64_t>("last"), step)};
}

std::vector<setting_spec> accepted() {
  return {
      {.name = "first",
       .type = setting_type::integer,
       .fallback = std::int64_t{0},
       .meaning = "the first number"},
      {.name = "last",
       .type = setting_type::integer,
       .meaning = "the last number, itself included if the steps meet it; there are no items if it lies "
                  "before first",
       .required = true},
      {.name = "step",
       .type = setting_type::integer,
       .fallback = std::int64_t{1},
       .meaning = "from one number to the next; below 0 to count down; not 0"},
  };
}

}  // namespace

source_kind range_source() {
  return {"range", "whole numbers from first to last, made as they are needed", accepted(), make_range};
}

}  // namespace weir
