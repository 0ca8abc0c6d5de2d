#include <weir/runtime/link/record.hpp>
#include <weir/runtime/nodes/task_registry.hpp>

#include <stdexcept>

namespace weir::nodes {

task_registry& task_registry::add(const task_name& task, function f) {
  const auto& [name, version, shape] = task;
  if (name.empty() || link::printable(name) != name || link::printable(version) != version ||
      link::printable(shape) != shape)
    throw std::invalid_argument{
        "the task '" + link::printable(name) + "' in version '" + link::printable(version) +
        "': its name, version and shape are printable characters of ASCII, its name one at least"};
  if (!all_.emplace(task, std::move(f)).second)
    throw std::invalid_argument{"there is a task '" + name + "' in version '" + version +
                                "' already; give it another name or version"};
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
