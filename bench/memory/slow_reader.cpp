/// Reads standard input to its end, at most some 64 MB a second: the slow end of a flow.

#include <chrono>
#include <thread>

#include <unistd.h>

int main() {
  char part[64 * 1024];
  while (::read(STDIN_FILENO, part, sizeof part) > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
}
