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
#include <string_view>
#include <utility>
#include <variant>

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

/// Which items of a stage are paths, and where they begin if they are relative.
struct path_rule {
  std::string folder;
  bool all = false;

  /// The text of `job` if it is a relative path, else null.
  [[nodiscard]] const std::string* relative(const item& job) const {
    const auto* path = all || job.is_path ? std::get_if<std::string>(&job.input) : nullptr;
    return path && !path->empty() && !path->starts_with('/') ? path : nullptr;
  }

  [[nodiscard]] std::string absolute(std::string_view path) const {
    if (path.starts_with("./"))
      path.remove_prefix(2);
    return folder + (folder.ends_with('/') ? "" : "/") + std::string{path};
  }
};

/// A call with items.
class sent_items final : public item_batch {
public:
  sent_items(std::shared_ptr<nodes::coordinator> on, nodes::call c, std::shared_ptr<const path_rule> paths)
      : on_(std::move(on)), call_(std::move(c)), paths_(std::move(paths)) {}

  [[nodiscard]] std::uint64_t limit() const noexcept override { return call_.limit(); }
  [[nodiscard]] bool add(const item& job) override {
    const auto* path = paths_->relative(job);
    const auto encode = [&](std::string& out) {
      if (path)
        nodes::codec<item>::encode({paths_->absolute(*path), job.name}, out);
      else
        nodes::codec<item>::encode(job, out);
    };
    // First, as one that is in the call has to have its place here.
    given_.push_back(path ? *path : std::string{});
    return call_.add(encode);
  }
  void run() noexcept override { call_.run(); }
  [[nodiscard]] caf::expected<record> next() override {
    const auto path = std::move(given_[taken_++]);
    caf::error why;
    const auto result = call_.next(why);
    if (!result)
      return why;
    auto made = nodes::codec<record>::decode(*result);
    if (made && !path.empty())
      give_back(path, *made);
    return made;
  }
  [[nodiscard]] std::optional<duration> busy() const noexcept override { return call_.busy(); }
  [[nodiscard]] const std::string& place() const noexcept override { return call_.place(); }

private:
  void give_back(const std::string& path, record& made) const {
    const auto sent = paths_->absolute(path);
    for (auto& f : made.fields)
      if (auto* text = std::get_if<std::string>(&f.content); text && *text == sent)
        *text = path;
  }

  std::shared_ptr<nodes::coordinator> on_;  // goes after the call
  nodes::call call_;
  std::shared_ptr<const path_rule> paths_;
  std::vector<std::string> given_;  // relative paths; empty for a job that went as it is
  std::size_t taken_ = 0;
};

}  // namespace

nodes::task_registry offered_tasks(const kinds& known, const std::vector<std::string>& names,
                                   const std::string& version, const done_count& done) {
  nodes::task_registry all;
  for (const auto& name : names) {
    const auto of =
        std::find_if(known.tasks.begin(), known.tasks.end(), [&](const auto& k) { return k.name == name; });
    all.add({name, version},
            [made = std::make_shared<made_tasks>(*of), done](const context& ctx, const std::string& toml,
                                                             std::string_view job,
                                                             std::string& out) -> caf::error {
              const auto task = made->for_settings(toml);
              auto error = task ? do_job(*task, ctx, job, out) : task.error();
              if (!error || !ctx.explains(error))
                done->fetch_add(1, std::memory_order_relaxed);
              return error;
            });
  }
  return all;
}

batch_function task_on_nodes(const task_kind& of, const settings& values, const std::string& version,
                             std::string folder, std::shared_ptr<const coordinator_slot> on) {
  return [task = nodes::task_name{of.name, version}, toml = text_of_settings(of, values),
          paths = std::make_shared<const path_rule>(path_rule{std::move(folder), of.takes_paths}),
          on = std::move(on)](const context& ctx,
                              const batch_wish& wish) -> caf::expected<std::unique_ptr<item_batch>> {
    auto coordinator = on->get();
    if (!coordinator)
      return make_error(ec::closed, "its run has ended");
    auto call = nodes::call::begin(*coordinator, ctx, task, toml, wish);
    if (!call)
      return std::move(call.error());
    return std::unique_ptr<item_batch>{new sent_items{std::move(coordinator), std::move(*call), paths}};
  };
}

}  // namespace weir::config
