/// Shows a fuzz target every file of the folders that are named: what the corpora hold is tested where there
/// is no libFuzzer too. Ends with 1 if there is no file at all.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

// libFuzzer's own name and form of a target.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i)
    for (const auto& entry : std::filesystem::directory_iterator{argv[i]}) {
      // The last one that is named is the one that broke it.
      std::cout << entry.path().string() << '\n' << std::flush;
      std::ifstream from{entry.path(), std::ios::binary};
      const std::string bytes{std::istreambuf_iterator<char>{from}, {}};
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++files;
    }
  std::cout << files << " files\n";
  return files > 0 ? 0 : 1;
}
