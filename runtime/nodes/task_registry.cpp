#include <weir/runtime/nodes/task_registry.hpp>

#include <algorithm>
#include <stdexcept>

namespace weir::nodes {

task_registry& task_registry::add(const std::string& name, const std::string& version, function f) {
  const auto is_taken = [&](const auto& other) { return other.first.name == name; };
  if (std::any_of(all_.begin(), all_.end(), is_taken))
    throw std::invalid_argument{"there is a task '" + name + "' already; give it another name"};
  all_.emplace(task_name{name, version}, std::move(f));
  return *this;
}

const task_registry::function* task_registry::find(const task_name& t) const {
  const auto found = all_.find(t);
  return found != all_.end() ? &found->second : nullptr;
}

std::vector<task_name> task_registry::names() const {
  std::vector<task_name> out;
  for (const auto& [t, f] : all_)
    out.push_back(t);
  return out;
}

}  // namespace weir::nodes
