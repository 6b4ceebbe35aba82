#pragma once
// What a pool needs of threads: a thread, a monitor, yielding, how many there may be. On POSIX by
// its own calls, because <thread> and <condition_variable> would be a twentieth of what a file that
// includes tessera.hpp compiles; elsewhere by the standard library.

#include "tessera/config.hpp"

#if defined(__unix__) || defined(__APPLE__)
#define TESSERA_POSIX_THREADS 1
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#else
#define TESSERA_POSIX_THREADS 0
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#endif

namespace tessera::inline v0 {

#if TESSERA_POSIX_THREADS

// A mutex and a condition of its own: sleepers hold it, and are woken all at once.
class monitor {
 public:
  monitor() = default;
  monitor(const monitor&) = delete;
  monitor& operator=(const monitor&) = delete;
  ~monitor() {
    pthread_cond_destroy(&woken_);
    pthread_mutex_destroy(&mutex_);
  }
  void lock() { pthread_mutex_lock(&mutex_); }
  void unlock() { pthread_mutex_unlock(&mutex_); }
  void wait() { pthread_cond_wait(&woken_, &mutex_); }  // locked; may wake without a call
  void notify_all() { pthread_cond_broadcast(&woken_); }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t woken_ = PTHREAD_COND_INITIALIZER;
};

struct plain_thread {
  pthread_t handle{};

  // Runs f(data); false where the system gives no thread.
  TESSERA_COLD bool start(void* (*f)(void*), void* data) {
    return pthread_create(&handle, nullptr, f, data) == 0;
  }
  void join() { pthread_join(handle, nullptr); }
};

inline void yield_thread() { sched_yield(); }
TESSERA_COLD inline int hardware_threads() {
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

#else

class monitor {
 public:
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }
  void wait() {
    std::unique_lock held(mutex_, std::adopt_lock);
    woken_.wait(held);
    held.release();
  }
  void notify_all() { woken_.notify_all(); }

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
};

struct plain_thread {
  std::thread handle;

  bool start(void* (*f)(void*), void* data) {
    try {
      handle = std::thread(f, data);
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }
  void join() { handle.join(); }
};

inline void yield_thread() { std::this_thread::yield(); }
inline int hardware_threads() { return static_cast<int>(std::thread::hardware_concurrency()); }

#endif

}  // namespace tessera::inline v0
