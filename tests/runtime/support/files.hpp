#pragma once

/// Files of a test: a folder of its own, contents, and what a command prints.

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <stdlib.h>
#include <unistd.h>

namespace weir_test {

class temporary_folder {
public:
  temporary_folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "weir_test_XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream file{path, std::ios::binary};
  file << content;
  BOOST_REQUIRE(file.flush());
}

inline std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  BOOST_REQUIRE_MESSAGE(file, "cannot open " + path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Runs `command` by the shell in `folder`; what it printed, and nothing else, is returned.
inline std::string printed_by(const std::string& folder, const std::string& command, int& status) {
  FILE* out = ::popen(("cd '" + folder + "' && export LC_ALL=C && " + command).c_str(), "re");
  BOOST_REQUIRE(out);
  std::string text;
  std::array<char, 4096> block{};
  while (const auto n = std::fread(block.data(), 1, block.size(), out))
    text.append(block.data(), n);
  status = ::pclose(out);
  return text;
}

/// Acts as a user without rights while it lives, if the test runs as root, whom no mode keeps out.
class without_rights {
public:
  without_rights() {
    if (::geteuid() == 0)
      BOOST_REQUIRE(::seteuid(65534) == 0);
  }
  ~without_rights() {
    if (::getuid() == 0)
      BOOST_REQUIRE(::seteuid(0) == 0);
  }
  without_rights(const without_rights&) = delete;
  without_rights& operator=(const without_rights&) = delete;
};

}  // namespace weir_test
