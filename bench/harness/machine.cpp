#include "machine.hpp"

#include <cmath>
#include <ctime>
#include <fstream>
#include <thread>

#include <sys/utsname.h>
#include <unistd.h>

namespace bench {

namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// What a command says in its first line; "none" if it can't be asked.
std::string ask(std::vector<std::string> argv) {
  const auto end = run({std::move(argv)}, std::chrono::seconds{10});
  return end.problem.empty() ? first_line(end.out) : "none";
}

/// Of a Debian package.
std::string version_of(const std::string& package) {
  return ask({"dpkg-query", "-W", "-f=${Version}", package});
}

std::string processor() {
  std::ifstream in{"/proc/cpuinfo"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name"))
      return line.substr(line.find(':') + 2);
  return "unknown processor";
}

std::string memory() {
  const auto bytes =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return std::to_string(std::lround(bytes / (1024 * 1024 * 1024))) + " GiB";
}

std::string load() {
  std::ifstream in{"/proc/loadavg"};
  std::string minute = "?";
  in >> minute;
  return minute;
}

std::string date() {
  const auto now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%F", std::gmtime(&now));
  return text;
}

std::string commit(const std::string& root) {
  const auto name = ask({"git", "-C", root, "rev-parse", "--short=12", "HEAD"});
  const auto dirty = ask({"git", "-C", root, "status", "--porcelain", "--untracked-files=no"});
  return name + (dirty.empty() || dirty == "none" ? "" : ", with changes that are not committed");
}

}  // namespace

std::vector<std::string> conditions(const places& at) {
  utsname kernel{};
  ::uname(&kernel);
  return {
      "commit " + commit(at.root) + ", " + date(),
      processor() + ", " + std::to_string(std::thread::hardware_concurrency()) + " CPUs, " + memory() +
          ", Linux " + kernel.release + "; load before the first round: " + load(),
      "g++ " __VERSION__ "; " + ask({at.launcher, "--version"}) + "; " BENCH_VERSIONS,
      ask({"go", "version"}) + ", x/sync " + version_of("golang-golang-x-sync-dev") + "; ZeroMQ " +
          version_of("libzmq3-dev") + "; " + ask({"parallel", "--version"}) + "; " +
          ask({"xargs", "--version"}) + "; " + ask({"sha256sum", "--version"}),
  };
}

}  // namespace bench
