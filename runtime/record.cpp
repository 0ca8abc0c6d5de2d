#include <weir/runtime/record.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace weir {

namespace {

template <class Number>
std::string decimal(Number n) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), n).ptr;
  return {text.data(), end};
}

struct to_text_visitor {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool b) const { return b ? "true" : "false"; }
  std::string operator()(std::int64_t n) const { return decimal(n); }
  std::string operator()(double d) const { return decimal(d); }
  std::string operator()(const std::string& s) const { return s; }
};

}  // namespace

std::string to_text(const value& v) {
  return std::visit(to_text_visitor{}, v);
}

const value* record::find(std::string_view name) const noexcept {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const field& f) { return f.name == name; });
  return at == fields.end() ? nullptr : &at->content;
}

}  // namespace weir
