#include <weir/runtime/launcher/job_function.hpp>
#include <weir/runtime/launcher/place.hpp>

#include <charconv>
#include <cmath>

namespace weir::detail {

namespace {

template <class Number>
bool parse(const std::string& text, Number& n) {
  const auto* end = text.data() + text.size();
  const auto r = std::from_chars(text.data(), end, n);
  return r.ec == std::errc{} && r.ptr == end && !text.empty();
}

caf::error not_a(const char* what, const item& job) {
  return make_error(ec::failed,
                    config::quoted(to_text(job.input), 60) + " is not " + what + ", which this task takes");
}

}  // namespace

caf::expected<std::int64_t> integer_of(const item& job) {
  std::int64_t n = 0;
  if (const auto* given = std::get_if<std::int64_t>(&job.input))
    return *given;
  if (const auto* text = std::get_if<std::string>(&job.input); text && parse(*text, n))
    return n;
  // Between these bounds each double without a fraction is exactly one whole number.
  constexpr double exact = 9007199254740992.0;
  if (const auto* d = std::get_if<double>(&job.input); d && std::abs(*d) <= exact && *d == std::floor(*d))
    return static_cast<std::int64_t>(*d);
  return not_a("a whole number of 64 bits", job);
}

caf::expected<double> number_of(const item& job) {
  double d = 0;
  if (const auto* given = std::get_if<double>(&job.input))
    return *given;
  if (const auto* n = std::get_if<std::int64_t>(&job.input))
    return static_cast<double>(*n);
  if (const auto* text = std::get_if<std::string>(&job.input); text && parse(*text, d))
    return d;
  return not_a("a number", job);
}

record result_record(value v) {
  record out;
  out.fields.push_back({"result", std::move(v)});
  return out;
}

caf::error result_too_large() {
  return make_error(ec::failed, "the result is a whole number of more than 63 bits; return it as text");
}

}  // namespace weir::detail
