#include <weir/actors/policy/halt.hpp>

#include <charconv>

namespace weir::policy {

namespace {

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word))
    return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

std::optional<halt_rule> halt_rule::parse(std::string_view text) {
  if (text == "never")
    return halt_rule{};
  halt_rule r;
  if (take(text, "now,"))
    r.how = how_t::now;
  else if (take(text, "soon,"))
    r.how = how_t::soon;
  else
    return std::nullopt;
  if (take(text, "fail="))
    r.what = what_t::fail;
  else if (take(text, "success="))
    r.what = what_t::success;
  else if (take(text, "done="))
    r.what = what_t::done;
  else
    return std::nullopt;
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number == 0)
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  if (text.empty()) {
    r.count = number;
    return r;
  }
  if (text != "%" || number > 100)
    return std::nullopt;
  r.percent = static_cast<unsigned>(number);
  return r;
}

std::string to_string(const halt_rule& r) {
  if (r.how == halt_rule::how_t::never)
    return "never";
  std::string text = r.how == halt_rule::how_t::now ? "now," : "soon,";
  switch (r.what) {
    case halt_rule::what_t::fail:
      text += "fail=";
      break;
    case halt_rule::what_t::success:
      text += "success=";
      break;
    case halt_rule::what_t::done:
      text += "done=";
      break;
  }
  text += r.percent > 0 ? std::to_string(r.percent) + "%" : std::to_string(r.count);
  return r.out_of > 0 ? text + " of " + std::to_string(r.out_of) : text;
}

bool halt::reached(std::uint64_t completed, std::uint64_t failed) const noexcept {
  const auto done = completed + failed;
  const auto seen = rule_.what == halt_rule::what_t::fail      ? failed
                    : rule_.what == halt_rule::what_t::success ? completed
                                                               : done;
  if (rule_.percent > 0)
    return done >= halt_rule::sample_min && seen * 100 >= done * rule_.percent;
  const auto hopeless = rule_.out_of > 0 && failed + rule_.count > rule_.out_of;
  return seen >= rule_.count || hopeless;
}

halt::decision halt::observe(std::uint64_t completed, std::uint64_t failed) noexcept {
  if (!watches() || !reached(completed, failed))
    return decision::go_on;
  decided_ = true;
  return rule_.how == halt_rule::how_t::now ? decision::stop_now : decision::stop_soon;
}

}  // namespace weir::policy
