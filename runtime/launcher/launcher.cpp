#include <weir/runtime/launcher/certs_command.hpp>
#include <weir/runtime/launcher/check_command.hpp>
#include <weir/runtime/launcher/command_line.hpp>
#include <weir/runtime/launcher/flow_specs.hpp>
#include <weir/runtime/launcher/graph_command.hpp>
#include <weir/runtime/launcher/launcher.hpp>
#include <weir/runtime/launcher/listing.hpp>
#include <weir/runtime/launcher/load_flow.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/node_command.hpp>
#include <weir/runtime/launcher/own_files.hpp>
#include <weir/runtime/launcher/run_command.hpp>

#include <algorithm>
#include <exception>
#include <iostream>
#include <new>
#include <set>
#include <system_error>

namespace weir {

namespace {

/// Names stand in flow files and on the command line without quotes.
bool valid_name(const std::string& name) {
  return !name.empty() && name.size() <= config::nearest_length_max &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '-';
         });
}

std::vector<std::string> names_of(const std::vector<setting_spec>& specs) {
  std::vector<std::string> out;
  for (const auto& s : specs)
    out.push_back(s.name);
  return out;
}

int code(exit_status s) {
  return static_cast<int>(s);
}

}  // namespace

launcher::launcher(std::string name, std::string version)
    : name_(std::move(name)), version_(std::move(version)), kinds_(built_in_kinds()) {
  kinds_.version = version_;
}

template <class Kind>
void launcher::register_kind(std::vector<Kind>& all, Kind k, const char* what,
                             const std::vector<std::string>& reserved) {
  const auto called = std::string{what} + ' ' + config::quoted(k.name);
  if (!valid_name(k.name))
    mistakes_.push_back(called + ": a name has 1 to 64 letters, digits, _ and -");
  if (std::any_of(all.begin(), all.end(), [&](const Kind& other) { return other.name == k.name; }))
    mistakes_.push_back(called + ": the name is taken; give it another one");
  std::set<std::string> seen{reserved.begin(), reserved.end()};
  for (const auto& s : k.accepts)
    if (!valid_name(s.name) || !seen.insert(s.name).second)
      mistakes_.push_back(called + ": its setting " + config::quoted(s.name) +
                          " has no valid name, is given twice, or is one of " + config::joined(reserved));
  all.push_back(std::move(k));
}

launcher& launcher::add(source_kind k) {
  register_kind(kinds_.sources, std::move(k), "source", names_of(config::source_specs()));
  return *this;
}

launcher& launcher::add(task_kind k) {
  register_kind(kinds_.tasks, std::move(k), "task", names_of(config::stage_specs()));
  return *this;
}

launcher& launcher::add(sink_kind k) {
  register_kind(kinds_.sinks, std::move(k), "sink", names_of(config::sink_specs()));
  return *this;
}

int launcher::main(int argc, char** argv) {
  return main(std::vector<std::string>{argv + std::min(argc, 1), argv + argc}, std::cout, std::cerr);
}

int launcher::main(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) try {
  const auto status = answer_to(arguments, out, err);
  if (out.flush())
    return status;
  // A full disk must not look like a list that is complete.
  err << name_ << ": standard output cannot be written\n" << std::flush;
  return code(exit_status::failed);
} catch (const std::system_error& e) {
  err << name_ << ": " << e.what() << std::endl;
  return code(exit_status::failed);
} catch (const std::bad_alloc&) {
  err << name_ << ": the system has no memory left" << std::endl;
  return code(exit_status::failed);
} catch (const std::exception& e) {
  err << name_ << ": internal error: " << e.what() << std::endl;
  return code(exit_status::internal);
}

int launcher::answer_to(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  if (!mistakes_.empty()) {
    for (const auto& m : mistakes_)
      err << name_ << ": " << m << '\n';
    return code(exit_status::bad_usage);
  }
  const auto parsed = config::parse_arguments(name_, version_, arguments);
  if (const auto* a = std::get_if<config::answer>(&parsed)) {
    (a->exit_code == 0 ? out : err) << a->text;
    return a->exit_code;
  }
  const auto& wanted = std::get<config::arguments>(parsed);
  if (wanted.command == config::command::tasks || wanted.command == config::command::reference) {
    out << (wanted.command == config::command::tasks ? config::list_kinds(kinds_)
                                                     : config::reference(kinds_));
    return code(exit_status::completed);
  }
  if (wanted.command == config::command::node)
    return config::node_command(wanted, kinds_, name_, err);
  if (wanted.command == config::command::certs)
    return config::certs_command(wanted, name_, out, err);
  if (wanted.command == config::command::check)
    return config::check_command(wanted, kinds_, out, err);
  const auto draws = wanted.command == config::command::graph;
  config::problems found;
  auto flow = config::load_flow(wanted.flow, wanted.overrides, kinds_,
                                draws ? config::tls_check::left_out : config::tls_check::tried, found);
  if (!flow) {
    err << found.text() << std::flush;
    return code(exit_status::bad_usage);
  }
  if (draws)
    return config::graph_command(flow->outline, wanted, name_, out, err);
  if (const auto mistake = config::overwritten(flow->plan, wanted); !mistake.empty()) {
    err << name_ << ": " << mistake << '\n';
    return code(exit_status::bad_usage);
  }
  return config::run_command(std::move(*flow), wanted);
}

}  // namespace weir
