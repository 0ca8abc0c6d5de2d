#pragma once

/// A full launcher (`run`, `check`, `tasks`, help, exit codes) for an application's own tasks,
/// beside those that Weir brings along:
///
///     int main(int argc, char** argv) {
///       weir::launcher app{"shout", "1.0"};
///       app.task("upper", "upper case of a line", [](const std::string& s) { return upper(s); });
///       return app.main(argc, argv);
///     }
///
/// Make one on main's thread before there are other threads: a run takes over the signals.
/// Invariant: names are unique among the sources, among the tasks and among the sinks, and no
/// setting hides a key that every flow file has. What breaks it is reported by `main`, which then
/// starts nothing.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/launcher/job_function.hpp>

#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// The documented exit codes of a launcher.
enum class exit_status : int {
  completed = 0,  ///< all jobs completed, or were dropped where a stage was full
  failed = 1,     ///< some job failed, or reading or writing did
  bad_usage = 2,  ///< bad config, bad arguments, or a bad registration; nothing was started
  canceled = 3,   ///< canceled, or past its deadline
  internal = 70,  ///< an error in Weir itself
};

class launcher {
public:
  /// A launcher with Weir's own kinds. `name` and `version` are those of the application.
  launcher(std::string name, std::string version);

  launcher& add(source_kind k);
  launcher& add(task_kind k);
  launcher& add(sink_kind k);

  /// A task without settings. `f`: see job_function.hpp.
  template <class F>
  launcher& task(std::string name, std::string summary, F f) {
    return add(task_kind{
        std::move(name), std::move(summary), {}, [made = detail::as_task(std::move(f))](const settings&) {
          return caf::expected<task_function>{made};
        }});
  }

  /// A task with settings: `make` takes the checked settings and returns the callable, or a
  /// caf::expected of it. It runs before anything is started, once for each stage.
  template <class Make>
  launcher& task(std::string name, std::string summary, std::vector<setting_spec> accepts, Make make) {
    return add(task_kind{std::move(name), std::move(summary), std::move(accepts),
                         [make = std::move(make)](const settings& s) { return made_task(make(s)); }});
  }

  /// A source: `make` takes the checked settings and returns a unique_ptr to it, or a
  /// caf::expected of one. It must not wait.
  template <class Make>
  launcher& source(std::string name, std::string summary, std::vector<setting_spec> accepts, Make make) {
    return add(
        source_kind{std::move(name), std::move(summary), std::move(accepts),
                    [make = std::move(make)](const settings& s) { return made<weir::source>(make(s)); }});
  }

  /// A sink, as `source`. It touches nothing before its first outcome.
  template <class Make>
  launcher& sink(std::string name, std::string summary, std::vector<setting_spec> accepts, Make make) {
    return add(sink_kind{std::move(name), std::move(summary), std::move(accepts),
                         [make = std::move(make)](const settings& s) { return made<weir::sink>(make(s)); }});
  }

  /// Does what the arguments ask for and returns the exit code. Blocks until it is done.
  [[nodiscard]] int main(int argc, char** argv);

  /// The same with arguments without the program's name, and with other streams than the standard
  /// ones for what the launcher itself writes. A run's sink, progress and summary keep the
  /// process's own.
  [[nodiscard]] int main(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

private:
  template <class F>
  static caf::expected<task_function> made_task(F f) {
    return detail::as_task(std::move(f));
  }
  template <class F>
  static caf::expected<task_function> made_task(caf::expected<F> f) {
    if (!f)
      return std::move(f.error());
    return detail::as_task(std::move(*f));
  }

  template <class Base, class Made>
  static caf::expected<std::unique_ptr<Base>> made(std::unique_ptr<Made> m) {
    return std::unique_ptr<Base>{std::move(m)};
  }
  template <class Base, class Made>
  static caf::expected<std::unique_ptr<Base>> made(caf::expected<std::unique_ptr<Made>> m) {
    if (!m)
      return std::move(m.error());
    return std::unique_ptr<Base>{std::move(*m)};
  }

  template <class Kind>
  void register_kind(std::vector<Kind>& all, Kind k, const char* what,
                     const std::vector<std::string>& reserved);

  int answer_to(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

  std::string name_;
  std::string version_;
  kinds kinds_;
  std::vector<std::string> mistakes_;
};

}  // namespace weir
