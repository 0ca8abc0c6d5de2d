#include <weir/runtime/launcher/flow_text.hpp>
#include <weir/runtime/launcher/link_check.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/node_file.hpp>
#include <weir/runtime/launcher/overrides.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/setting_check.hpp>

#include <algorithm>
#include <utility>

namespace weir::config {

namespace {

const node* node_table(const node& root, problems& found) {
  const node* table = nullptr;
  for (const auto& e : *root.as_table())
    if (e.key == "node" && e.content.as_table())
      table = &e.content;
    else
      found.add(e.at, e.key,
                e.key == "node" ? "write [node], once" : "unknown; a node's file has the table [node]");
  if (!table && found.none())
    found.add(root.at, "node", "missing: the table [node]");
  return table;
}

void check_tasks(const node& table, const node_plan& plan, const kinds& known, problems& found) {
  std::vector<std::string> names;
  for (const auto& t : known.tasks)
    names.push_back(t.name);
  const auto& at = table.find("tasks")->content.at;
  if (plan.tasks.empty())
    found.add(at, "node.tasks",
              "it is empty, so that the node would have nothing to do; write at least one task");
  for (auto i = plan.tasks.begin(); i != plan.tasks.end(); ++i)
    if (std::find(names.begin(), names.end(), *i) == names.end())
      found.add(at, "node.tasks", "there is no task " + quoted(*i, 60) + suggestion(*i, names));
    else if (std::find(plan.tasks.begin(), i, *i) != i)
      found.add(at, "node.tasks", quoted(*i, 60) + " is given twice");
}

}  // namespace

std::optional<node_plan> load_node(const std::string& path, const std::vector<std::string>& overrides,
                                   const kinds& known, problems& found) {
  auto root = read_document(path, found);
  return root ? check_node(std::move(*root), overrides, known, found) : std::nullopt;
}

bool is_of_node(const node& root) {
  static const std::vector<std::string> of_flows{"flow", "source", "stage", "sink", "nodes"};
  return root.find("node") &&
         std::none_of(of_flows.begin(), of_flows.end(), [&](const auto& table) { return root.find(table); });
}

std::optional<node_plan> check_node(node root, const std::vector<std::string>& overrides, const kinds& known,
                                    problems& found) {
  apply_overrides(root, overrides, found);
  const auto* table = node_table(root, found);
  if (!table)
    return std::nullopt;
  const auto values = check_table(*table, "node", node_specs(), {}, found);
  if (!found.none())
    return std::nullopt;
  auto plan = node_plan_of(values);
  check_tasks(*table, plan, known, found);
  check_node_plan(*table, plan, found);
  return found.none() ? std::optional{std::move(plan)} : std::nullopt;
}

std::string describe(const node_plan& plan) {
  const auto& o = plan.options;
  std::string tasks;
  for (const auto& t : plan.tasks)
    tasks += (tasks.empty() ? "" : ", ") + t;
  return "node " + quoted(o.link.name, 80) + ": tasks " + tasks + "; " + std::to_string(o.worker_count()) +
         (o.worker_count() == 1 ? " worker, " : " workers, ") + std::to_string(o.credit) +
         " jobs at most; dials " + o.coordinator + (o.link.tls.none() ? " without TLS" : " with TLS");
}

}  // namespace weir::config
