#pragma once
// A pool of threads for data-parallel loops: run(n, f) calls f(task) for every task in [0, n), on
// the calling thread and on size() - 1 others, and returns when all are done.
//
// Which thread takes which task is not promised. A kernel therefore splits its work by shape alone
// and writes disjoint results per task: then results do not depend on the number of threads.
// A loop inside a loop, or a loop of a second thread while one is under way, runs where it was met.
// The first exception of f reaches the caller. One pool may serve any number of workspaces.

#include "tessera/config.hpp"
#include "tessera/tensor/threads.hpp"

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace tessera::inline v0 {

class thread_pool {
 public:
  // threads = 0: one per hardware thread; threads = 1: no thread is made. size() is smaller where
  // the system gives fewer.
  TESSERA_COLD explicit thread_pool(int threads = 0) {
    if (threads <= 0) threads = hardware_threads();
    if (threads <= 1) return;
    workers_ = std::make_unique<plain_thread[]>(static_cast<std::size_t>(threads - 1));
    const auto f = [](void* pool) -> void* {
      static_cast<thread_pool*>(pool)->work();
      return nullptr;
    };
    while (threads_ < threads && workers_[static_cast<std::size_t>(threads_ - 1)].start(f, this))
      ++threads_;
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  TESSERA_COLD ~thread_pool() {
    monitor_.lock();
    stop_.store(true);
    monitor_.unlock();
    monitor_.notify_all();
    for (std::size_t i = 0; i + 1 < static_cast<std::size_t>(threads_); ++i) workers_[i].join();
  }

  int size() const noexcept { return threads_; }

  template <class F>
  void run(int tasks, F&& f) {
    using function = std::remove_reference_t<F>;
    if (tasks <= 1 || threads_ == 1 || busy_.exchange(true, std::memory_order_acquire)) {
      for (int t = 0; t < tasks; ++t) f(t);
      return;
    }
    call_ = [](void* g, int task) { (*static_cast<function*>(g))(task); };
    function_ = const_cast<void*>(static_cast<const void*>(std::addressof(f)));
    distribute(tasks);
  }

 private:
  void distribute(int tasks) {
    tasks_ = tasks;
    next_.store(0, std::memory_order_relaxed);
    open_.store(true);
    if (parked_.load() > 0) {
      monitor_.lock();  // no worker is between its last look and its sleep
      monitor_.unlock();
      monitor_.notify_all();
    }
    take();
    open_.store(false);
    // A worker that saw the loop open raised active_ before it looked, so this wait covers it.
    for (int spin = 0; active_.load() != 0; ++spin)
      if (spin > 2'000) yield_thread();
    std::exception_ptr failure = std::exchange(failure_, nullptr);
    busy_.store(false, std::memory_order_release);
    if (failure) std::rethrow_exception(failure);
  }

  void take() {
    for (int t; (t = next_.fetch_add(1, std::memory_order_relaxed)) < tasks_;) {
      try {
        call_(function_, t);
      } catch (...) {
        monitor_.lock();
        if (!failure_) failure_ = std::current_exception();
        monitor_.unlock();
        next_.store(tasks_, std::memory_order_relaxed);
      }
    }
  }

  void work() {
    for (;;) {
      for (int spin = 0; !open_.load(); ++spin) {
        if (stop_.load()) return;
        if (spin < 2'000) continue;
        if (spin < 2'200) {
          yield_thread();
          continue;
        }
        monitor_.lock();
        parked_.fetch_add(1);
        while (!open_.load() && !stop_.load()) monitor_.wait();
        parked_.fetch_sub(1);
        monitor_.unlock();
      }
      active_.fetch_add(1);
      if (open_.load()) take();
      active_.fetch_sub(1);
    }
  }

  int threads_ = 1;
  std::unique_ptr<plain_thread[]> workers_;  // threads_ - 1
  monitor monitor_;
  std::atomic<bool> open_{false}, busy_{false}, stop_{false};
  std::atomic<int> next_{0}, active_{0}, parked_{0};
  int tasks_ = 0;
  void (*call_)(void*, int) = nullptr;
  void* function_ = nullptr;
  std::exception_ptr failure_;
};

// A 64-byte aligned buffer of this thread that only grows: a second run of the same work allocates
// nothing. Two slots, so that what a loop shares (slot 0, taken by the thread that starts the loop)
// and what each of its tasks needs (slot 1) do not meet. Valid until the next call with that slot.
inline void* thread_scratch(int slot, std::size_t bytes) {
  struct release {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{64}); }
  };
  struct buffer {
    std::unique_ptr<std::byte, release> memory;
    std::size_t bytes = 0;
  };
  thread_local buffer buffers[2];
  buffer& b = buffers[slot];
  if (b.bytes < bytes) {
    b.memory.reset();
    b.bytes = 0;  // the next line may throw
    b.memory.reset(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{64})));
    b.bytes = bytes;
  }
  return b.memory.get();
}

}  // namespace tessera::inline v0
