#pragma once

/// The tasks that a node can do for others, by name and version.

#include <weir/actors/context.hpp>
#include <weir/runtime/invoke.hpp>
#include <weir/runtime/nodes/codec.hpp>
#include <weir/runtime/nodes/messages.hpp>

#include <exception>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::nodes {

class task_registry {
public:
  /// Does one job with these settings, and appends its result to `result`; or an error. Called on several
  /// threads at once.
  using function = std::function<caf::error(const context& ctx, const std::string& settings,
                                            std::string_view job, std::string& result)>;

  /// Adds the task `name` for jobs of type `Job`; `call` is a task as a pool takes it, and is called on
  /// several threads at once. Give it another `version` whenever it does something else: a coordinator has
  /// only those nodes do its jobs that have the version it names, for jobs and results of the same shape; a
  /// node may have several. Throws std::invalid_argument if there is that one, or the name or version is not
  /// printable ASCII.
  template <class Job, task_for<Job> F>
  task_registry& add(const std::string& name, const std::string& version, F call) {
    return add({name, version, shape_of<Job, task_result_t<F, Job>>()},
               [call = std::move(call)](const context& ctx, const std::string&, std::string_view text,
                                        std::string& out) mutable -> caf::error {
                 auto job = codec<Job>::decode(text);
                 if (!job)
                   return std::move(job.error());
                 auto result = run_task(call, ctx, *job);
                 if (!result)
                   return std::move(result.error());
                 // What holds nothing has no value to be asked for.
                 if constexpr (!std::is_same_v<task_result_t<F, Job>, caf::unit_t>)
                   codec<task_result_t<F, Job>>::encode(*result, out);
                 return {};
               });
  }

  /// Adds a task that reads its settings and jobs by itself. `remote<Job, Result>` finds it where
  /// `task.shape` is `shape_of<Job, Result>()`.
  task_registry& add(const task_name& task, function f);

  /// Null if there is none.
  [[nodiscard]] const function* find(const task_name& t) const;

  [[nodiscard]] std::vector<task_name> names() const;

private:
  std::map<task_name, function> all_;
};

}  // namespace weir::nodes
