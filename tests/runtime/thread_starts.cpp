#include "thread_starts.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>

#include <dlfcn.h>
#include <pthread.h>

namespace {

std::atomic<std::int64_t> threads_left{INT64_MAX};

using start_function = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

}  // namespace

extern "C" __attribute__((visibility("default"))) int pthread_create(pthread_t* made,
                                                                     const pthread_attr_t* how,
                                                                     void* (*run)(void*), void* with) {
  static const auto real = reinterpret_cast<start_function>(dlsym(RTLD_NEXT, "pthread_create"));
  if (threads_left.fetch_sub(1) <= 0)
    return EAGAIN;
  return real(made, how, run, with);
}

namespace weir::testing {

few_threads::few_threads(std::size_t left) {
  threads_left = static_cast<std::int64_t>(left);
}

few_threads::~few_threads() {
  threads_left = INT64_MAX;
}

}  // namespace weir::testing
