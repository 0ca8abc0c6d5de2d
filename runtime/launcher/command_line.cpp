#include <weir/runtime/launcher/command_line.hpp>
#include <weir/runtime/launcher/nearest.hpp>
#include <weir/runtime/launcher/place.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>

namespace weir::config {

namespace {

/// The text with the program's name for each "%".
std::string with_name(std::string text, const std::string& program) {
  for (auto at = text.find('%'); at != std::string::npos; at = text.find('%', at + program.size()))
    text.replace(at, 1, program);
  return text;
}

constexpr const char* main_footer = R"(Examples:
  % run config/checksum.toml
  % run config/checksum.toml --set source.root=/usr/share | sha256sum -c --quiet
  % check config/checksum.toml
  % graph config/fan_out.toml
  % tasks
  % node config/node.toml
  % certs coordinator node-1 node-2

Exit codes:
  0        all jobs completed, or were dropped where a stage was full
  1        some job failed, or reading or writing did
  2        bad config or usage; nothing was started
  3        canceled, past the deadline, or the output was closed by its reader
  130 143  ended by SIGINT or SIGTERM
  70       internal error

Standard output is only the sink's; all else is written to standard error.)";

constexpr const char* run_footer = R"(Examples:
  % run config/checksum.toml
  % run config/checksum.toml --set source.root=/usr/share --set stage.parallelism=2
  % run config/file_processor.toml --quiet --report report.json
  % run config/file_processor.toml --quiet --trace trace.json
  generate_flow | % run -

--set changes one key of the file: TABLE.KEY=VALUE, stage.KEY=VALUE for the only
stage, stage.NAME.KEY=VALUE for one of several; so for sources and sinks. The
value is read as TOML, else taken as text.)";

constexpr const char* check_footer = R"(Examples:
  % check config/checksum.toml
  % check config/checksum.toml --set stage.parallelism=2
  % check config/node.toml
Prints "ok:" and describes the flow, in one line if it is a row, or the node; or all
that is wrong with file, line and key. It opens none of the flow's inputs and outputs,
and meets nobody; the files of TLS are read.)";

constexpr const char* graph_footer = R"(Examples:
  % graph config/fan_out.toml
  % graph config/fan_out.toml -o flow.svg
  % graph config/fan_out.toml --format dot | dot -Tpdf >flow.pdf
Draws the sources, stages and sinks of a flow and how they are joined. Mermaid is
for Markdown, dot for Graphviz, svg for a browser. Without --format the end of
FILE says which: .mmd, .dot or .gv, .svg; mermaid if it has none.)";

constexpr const char* tasks_footer = R"(Examples:
  % tasks
  % tasks | grep sha256)";

constexpr const char* node_footer = R"(Examples:
  % node config/node.toml
  % node config/node.toml --set node.name=node-2 --set node.workers=1
Does jobs of stages that have `nodes = true`, for the flow that listens where the file
says, and waits for it where there is none. The first SIGINT or SIGTERM finishes what
the node has and exits with 0; the second one ends it at once.)";

constexpr const char* certs_footer = R"(Examples:
  % certs coordinator node-1 node-2
  % certs --folder /etc/weir node-3
Makes a private certificate authority in the folder, if there is none, and a key and
a certificate for each node, for 825 days: what the keys authority, certificate and
private_key in the files of a flow and of nodes name. Of a node that has one already
nothing is made. A node needs authority.pem and its own NAME.pem and NAME.key;
authority.key stays where it is, and stays secret.)";

void add_trace(CLI::App& to, arguments& out, const std::string& what) {
  to.add_option("--trace", out.trace,
                what + ": OTLP/JSON lines if it ends in .jsonl, else a Chrome trace, for Perfetto")
      ->type_name("FILE")
      ->check([](const std::string& path) {
        return path == "-" ? std::string{"a trace has a file of its own; name one"} : std::string{};
      });
}

void add_overrides(CLI::App& to, arguments& into) {
  to.add_option("--set", into.overrides, "Change one key of the file; may be given several times")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_flow_options(CLI::App& to, arguments& into) {
  to.add_option("FLOW", into.flow, "The flow file; - is standard input")->required();
  add_overrides(to, into);
}

/// The library says of a mistyped command only that one is missing.
std::string unknown_command(const std::string& program, const std::string& given) {
  return program + ": there is no command " + quoted(given, 60) +
         suggestion(given, {"run", "check", "graph", "tasks", "node", "certs"}) + "; `" + program +
         " --help` shows them\n";
}

/// What the end of a file's name says; nothing if it is that of another kind of file.
std::optional<graph_format> format_of(const std::string& file) {
  static const std::map<std::string, graph_format> endings{{"", graph_format::mermaid},
                                                           {".mmd", graph_format::mermaid},
                                                           {".dot", graph_format::dot},
                                                           {".gv", graph_format::dot},
                                                           {".svg", graph_format::svg}};
  const auto found = endings.find(std::filesystem::path{file}.extension().string());
  return found != endings.end() ? std::optional{found->second} : std::nullopt;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      out.push_back("--" + name);
  return out;
}

/// The error in one line, and what to do.
std::string usage_error(const std::string& program, const CLI::App& app, const CLI::ParseError& e) {
  const auto chosen = app.get_subcommands();
  const auto& where = chosen.empty() ? app : *chosen.front();
  std::string what = e.what();
  for (const auto& stray : where.remaining())
    if (stray.starts_with('-')) {
      const auto name = stray.substr(0, stray.find('='));
      what = "there is no option " + quoted(name, 60) + suggestion(name, options_of(where));
      break;
    }
  const auto help = program + (chosen.empty() ? "" : ' ' + chosen.front()->get_name()) + " --help";
  return program + ": " + what + "; `" + help + "` shows what is allowed\n";
}

}  // namespace

std::variant<arguments, answer> parse_arguments(const std::string& program, const std::string& version,
                                                const std::vector<std::string>& given) {
  static const std::map<std::string, progress_rule> rules{
      {"auto", progress_rule::automatic}, {"always", progress_rule::always}, {"never", progress_rule::never}};
  arguments out;
  std::string progress = "auto";
  CLI::App app{"Runs flows: work from a source, fanned out to bounded workers, into a sink.", program};
  app.set_version_flag("--version", program + ' ' + version);
  app.require_subcommand(1);
  app.footer(with_name(main_footer, program));

  auto* run = app.add_subcommand("run", "Run a flow");
  add_flow_options(*run, out);
  run->add_flag("-q,--quiet", out.quiet, "No progress and no summary, only errors");
  run->add_option("--report", out.report, "Write a summary as JSON to this file; - is standard output")
      ->type_name("FILE");
  add_trace(*run, out, "Write a span for each job and attempt to this file");
  run->add_option("--progress", progress, "The progress line: auto (on a terminal), always, never")
      ->type_name("WHEN")
      ->check(CLI::IsMember(rules));
  run->footer(with_name(run_footer, program));

  auto* check = app.add_subcommand("check", "Check the file of a flow or a node without running it");
  check->add_option("FILE", out.flow, "The file of a flow or of a node; - is standard input")->required();
  add_overrides(*check, out);
  check->footer(with_name(check_footer, program));

  static const std::map<std::string, graph_format> formats{
      {"mermaid", graph_format::mermaid}, {"dot", graph_format::dot}, {"svg", graph_format::svg}};
  std::string format;
  auto* graph = app.add_subcommand("graph", "Draw the graph of a flow");
  add_flow_options(*graph, out);
  graph->add_option("--format", format, "mermaid, dot or svg")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(formats));
  graph->add_option("-o,--output", out.output, "Write to this file instead of standard output")
      ->type_name("FILE");
  graph->parse_complete_callback([&] {
    const auto wanted = format.empty() ? format_of(out.output) : formats.at(format);
    if (!wanted)
      throw CLI::ValidationError{"--output", "the end of " + quoted(out.output, 60) +
                                                 " names no format: .mmd, .dot, .gv and .svg do; else give "
                                                 "--format"};
    out.format = *wanted;
  });
  graph->footer(with_name(graph_footer, program));

  auto* tasks = app.add_subcommand("tasks", "List sources, tasks and sinks with their settings");
  tasks->footer(with_name(tasks_footer, program));

  auto* node = app.add_subcommand("node", "Do jobs of flows that run elsewhere");
  node->add_option("NODE", out.flow, "The node's file; - is standard input")->required();
  add_overrides(*node, out);
  add_trace(*node, out, "Write a span for each job to this file, as a part of the trace of its flow");
  node->footer(with_name(node_footer, program));

  out.folder = "certs";
  auto* certs = app.add_subcommand("certs", "Make certificates for nodes");
  certs->add_option("NODE", out.nodes, "The names of the nodes")->required();
  certs->add_option("--folder", out.folder, "Where they are kept (certs)")->type_name("FOLDER");
  certs->footer(with_name(certs_footer, program));

  // For those who maintain config/reference.toml; not shown in the help.
  auto* reference = app.add_subcommand("reference", "Print a flow file with every key")->group("");

  try {
    // The library takes them from the back.
    app.parse(std::vector<std::string>{given.rbegin(), given.rend()});
  } catch (const CLI::Success& e) {
    std::ostringstream text, unused;
    app.exit(e, text, unused);
    return answer{text.str(), 0};
  } catch (const CLI::ParseError& e) {
    if (!given.empty() && !given.front().starts_with('-') && app.get_subcommands().empty())
      return answer{unknown_command(program, given.front()), 2};
    return answer{usage_error(program, app, e), 2};
  }
  out.command = run->parsed()         ? command::run
                : check->parsed()     ? command::check
                : graph->parsed()     ? command::graph
                : node->parsed()      ? command::node
                : certs->parsed()     ? command::certs
                : reference->parsed() ? command::reference
                                      : command::tasks;
  out.progress = rules.at(progress);
  return out;
}

}  // namespace weir::config
