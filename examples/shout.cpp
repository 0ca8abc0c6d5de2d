// A launcher of one's own: the application registers its tasks, and gets `run`, `check`, `tasks`, help,
// progress, signals and exit codes. Try: shout run shout.toml --set source.path=-

#include <weir/runtime/launcher/launcher.hpp>

#include <algorithm>
#include <cctype>
#include <string>

int main(int argc, char** argv) {
  weir::launcher app{"shout", "1.0"};
  app.task("upper", "the line in upper case", [](std::string line) {
    std::ranges::transform(line, line.begin(), [](unsigned char c) { return std::toupper(c); });
    return line;
  });
  return app.main(argc, argv);
}
