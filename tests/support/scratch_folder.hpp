#pragma once

/// A folder of a test's own, gone with all that is below it when the test ends. In memory where the system
/// has a place for that, unless TMPDIR says otherwise: a disk makes 100,000 entries in ten seconds, memory in
/// one.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace weir_test {

class scratch_folder {
public:
  scratch_folder() {
    const bool in_memory = std::getenv("TMPDIR") == nullptr && ::access("/dev/shm", W_OK | X_OK) == 0;
    auto name = (in_memory ? std::string{"/dev/shm"} : std::filesystem::temp_directory_path().string()) +
                "/weir_test_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("mkdtemp failed: " + name);
    path_ = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// The path of `name` in it.
  [[nodiscard]] std::string at(const std::string& name) const { return path_ + '/' + name; }

  /// Makes the file `name` and the folders above it; returns its path.
  std::string file(const std::string& name, const std::string& content = {}) const {
    std::filesystem::create_directories(std::filesystem::path{at(name)}.parent_path());
    std::ofstream{at(name), std::ios::binary} << content;
    return at(name);
  }

  /// Makes the folder `name` and those above it; returns its path.
  std::string folder(const std::string& name) const {
    std::filesystem::create_directories(at(name));
    return at(name);
  }

  /// Makes `name` a symbolic link to `target`.
  void link(const std::string& name, const std::string& target) const {
    std::filesystem::create_symlink(target, at(name));
  }

private:
  std::string path_;
};

}  // namespace weir_test
