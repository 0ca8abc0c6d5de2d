#pragma once

/// What the arguments of a launcher ask for.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace weir::config {

enum class command : std::uint8_t { run, check, graph, tasks, node, certs, reference };
enum class progress_rule : std::uint8_t { automatic, always, never };

enum class graph_format : std::uint8_t { mermaid, dot, svg };

struct arguments {
  config::command command = command::run;
  std::string flow;
  std::vector<std::string> overrides;
  bool quiet = false;
  std::string report;  ///< the file for the JSON summary; empty: none
  std::string trace;   ///< the file for the trace; empty: none
  progress_rule progress = progress_rule::automatic;
  graph_format format = graph_format::mermaid;
  std::string output;              ///< the file for the graph; empty: standard output
  std::string folder;              ///< of the certificates
  std::vector<std::string> nodes;  ///< whom to make one for
};

/// Nothing more to do: a text for one of the streams and the exit code. Help and version go to
/// standard output with 0, what is wrong to standard error with 2.
struct answer {
  std::string text;
  int exit_code = 0;
};

/// Reads the arguments, which don't have the program's name.
[[nodiscard]] std::variant<arguments, answer> parse_arguments(const std::string& program,
                                                              const std::string& version,
                                                              const std::vector<std::string>& given);

}  // namespace weir::config
