#include <weir/actors/error.hpp>
#include <weir/runtime/invoke.hpp>
#include <weir/runtime/launcher/document.hpp>
#include <weir/runtime/launcher/node_tasks.hpp>
#include <weir/runtime/launcher/setting_check.hpp>
#include <weir/runtime/nodes/call.hpp>
#include <weir/runtime/nodes/flow_codec.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace weir::config {

namespace {

/// Of one task; a flow has few stages, and a peer does not make them without end.
constexpr std::size_t settings_kept_max = 64;

std::string text_of_settings(const task_kind& of, const settings& values) {
  std::string toml;
  for (const auto& spec : of.accepts)
    if (values.has(spec.name))
      toml += spec.name + " = " + as_toml(values.at(spec.name), spec.type) + '\n';
  return toml;
}

/// Makes tasks of one kind out of the settings that came with a call, each once.
class made_tasks {
public:
  explicit made_tasks(const task_kind& of) : of_(of) {}

  caf::expected<task_function> for_settings(const std::string& toml) {
    const std::lock_guard guard{mutex_};
    const auto found = made_.find(toml);
    if (found != made_.end())
      return found->second;
    auto task = make(toml);
    if (!task)
      return task;
    if (made_.size() >= settings_kept_max)
      made_.clear();
    return made_.emplace(toml, std::move(*task)).first->second;
  }

private:
  caf::expected<task_function> make(const std::string& toml) const {
    problems found;
    const auto root = parse_document(toml, "settings of " + of_.name, found);
    if (!root)
      return make_error(ec::invalid_config, found.text());
    const auto values = check_table(*root, of_.name, of_.accepts, {}, found);
    if (!found.none())
      return make_error(ec::invalid_config, found.text());
    return of_.make(values);
  }

  const task_kind& of_;
  std::mutex mutex_;
  std::map<std::string, task_function> made_;
};

caf::error do_job(const task_function& task, const context& ctx, std::string_view text, std::string& out) {
  auto job = nodes::codec<item>::decode(text);
  if (!job)
    return std::move(job.error());
  const auto result = run_task(task, ctx, *job);
  if (!result)
    return result.error();
  nodes::codec<record>::encode(*result, out);
  return {};
}

/// A call with items.
class sent_items final : public item_batch {
public:
  explicit sent_items(nodes::call c) : call_(std::move(c)) {}

  [[nodiscard]] std::uint64_t limit() const noexcept override { return call_.limit(); }
  [[nodiscard]] bool add(const item& job) override {
    return call_.add([&](std::string& out) { nodes::codec<item>::encode(job, out); });
  }
  void run() override { call_.run(); }
  [[nodiscard]] caf::expected<record> next() override {
    caf::error why;
    const auto result = call_.next(why);
    if (!result)
      return why;
    return nodes::codec<record>::decode(*result);
  }
  [[nodiscard]] std::optional<duration> busy() const override { return call_.busy(); }
  [[nodiscard]] const std::string& place() const override { return call_.place(); }

private:
  nodes::call call_;
};

}  // namespace

nodes::task_registry offered_tasks(const kinds& known, const std::vector<std::string>& names,
                                   const std::string& version) {
  nodes::task_registry all;
  for (const auto& name : names) {
    const auto of =
        std::find_if(known.tasks.begin(), known.tasks.end(), [&](const auto& k) { return k.name == name; });
    all.add(name, version,
            [made = std::make_shared<made_tasks>(*of)](const context& ctx, const std::string& toml,
                                                       std::string_view job, std::string& out) -> caf::error {
              const auto task = made->for_settings(toml);
              return task ? do_job(*task, ctx, job, out) : task.error();
            });
  }
  return all;
}

batch_function task_on_nodes(const task_kind& of, const settings& values, const std::string& version,
                             coordinator_slot on) {
  return [task = nodes::task_name{of.name, version}, toml = text_of_settings(of, values), on = std::move(on)](
             const context& ctx, std::uint64_t most,
             const std::string& not_at) -> caf::expected<std::unique_ptr<item_batch>> {
    auto call = nodes::call::begin(**on, ctx, task, toml, most, not_at);
    if (!call)
      return std::move(call.error());
    return std::unique_ptr<item_batch>{new sent_items{std::move(*call)}};
  };
}

}  // namespace weir::config
