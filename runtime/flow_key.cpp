#include <weir/runtime/flow_key.hpp>

namespace weir {

std::optional<flow_key> flow_key::parse(std::string_view text) {
  constexpr std::string_view field = "field:";
  if (text == "item")
    return flow_key{by::item};
  if (text == "folder")
    return flow_key{by::folder};
  if (text.starts_with(field) && text.size() > field.size())
    return flow_key{by::field, std::string{text.substr(field.size())}};
  return std::nullopt;
}

std::string flow_key::of(const item& from, const record* made) const {
  if (what == by::field) {
    const auto* content = made ? made->find(name) : nullptr;
    return content ? to_text(*content) : std::string{};
  }
  auto text = to_text(from.input);
  if (what == by::folder) {
    const auto end = text.rfind('/');
    text.resize(end == std::string::npos ? 0 : end);
  }
  return text;
}

}  // namespace weir
