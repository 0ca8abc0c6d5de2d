#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/flow_text.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/node_file.hpp>
#include <weir/runtime/launcher/overrides.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/setting_check.hpp>

#include <algorithm>

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
  for (auto i = plan.tasks.begin(); i != plan.tasks.end(); ++i)
    if (std::find(names.begin(), names.end(), *i) == names.end())
      found.add(at, "node.tasks", "there is no task " + quoted(*i, 60) + suggestion(*i, names));
    else if (std::find(plan.tasks.begin(), i, *i) != i)
      found.add(at, "node.tasks", quoted(*i, 60) + " is given twice");
}

}  // namespace

std::optional<node_plan> load_node(const std::string& path, const std::vector<std::string>& overrides,
                                   const kinds& known, problems& found) {
  const auto text = read_flow_text(path, found);
  auto root = text ? parse_document(*text, origin_of(path), found) : std::nullopt;
  if (!root)
    return std::nullopt;
  apply_overrides(*root, overrides, found);
  const auto* table = node_table(*root, found);
  if (!table)
    return std::nullopt;
  const auto values = check_table(*table, "node", node_specs(), {}, found);
  if (!found.none())
    return std::nullopt;
  auto plan = node_plan_of(values);
  check_tasks(*table, plan, known, found);
  if (const auto e = plan.options.validate())
    found.add(table->at, "node", text_of(e));
  return found.none() ? std::optional{std::move(plan)} : std::nullopt;
}

}  // namespace weir::config
