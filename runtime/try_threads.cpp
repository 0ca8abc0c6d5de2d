#include <weir/actors/sync.hpp>
#include <weir/runtime/try_threads.hpp>

#include <mutex>
#include <string>
#include <system_error>
#include <vector>

namespace weir::detail {

void try_threads(std::size_t n, std::string_view whom) {
  sync::mutex mutex;
  sync::condition_variable changed;
  bool over = false;
  std::vector<sync::thread> all;
  all.reserve(n);
  const auto end = [&] {
    {
      std::lock_guard guard{mutex};
      over = true;
    }
    changed.notify_all();
    for (auto& t : all)
      t.join();
  };
  try {
    while (all.size() < n)
      all.emplace_back([&] {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return over; });
      });
  } catch (const std::system_error& e) {
    end();
    throw std::system_error{e.code(), std::string{whom} + " needs " + std::to_string(n) +
                                          " threads, and the system has only " + std::to_string(all.size()) +
                                          " left"};
  } catch (...) {
    end();
    throw;
  }
  end();
}

}  // namespace weir::detail
