#include <weir/runtime/launcher/problems.hpp>

namespace weir::config {

void problems::add(const place& at, const std::string& key, const std::string& text) {
  ++count_;
  if (lines_.size() == kept_max)
    return;
  auto line = to_string(at) + ": ";
  if (!key.empty())
    line += printable(key) + ": ";
  lines_.push_back(line + text);
}

std::string problems::text() const {
  std::string out;
  for (const auto& line : lines_)
    out += line + '\n';
  if (count_ > lines_.size())
    out += "and " + std::to_string(count_ - lines_.size()) + " more problems\n";
  return out;
}

}  // namespace weir::config
