#pragma once

/// A std::mutex that spins for a moment before it lets the thread sleep. The locks of the data path are
/// held for some ten nanoseconds; putting a thread to sleep and waking it costs a thousand times that.
/// Where the C library has no such kind of mutex it is a plain one.

#include <mutex>

#include <pthread.h>

namespace weir {

class adaptive_mutex : public std::mutex {
public:
  adaptive_mutex() {
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_destroy(native_handle());
    pthread_mutex_init(native_handle(), &kind);
    pthread_mutexattr_destroy(&kind);
#endif
  }
};

}  // namespace weir
