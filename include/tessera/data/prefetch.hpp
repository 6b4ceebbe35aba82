#pragma once
// Batches made ahead by threads of their own. The user gives a function that makes batch i in a
// buffer; workers call it for batches ahead of the consumer, who gets them in order.
//
//     prefetcher<batch> ahead(batches, 2, 4, empty_batch, [&](std::int64_t i, batch& b) { ... });
//     while (batch* b = ahead.next()) train(*b);
//
// Which worker makes which batch is not promised, so the function must depend on i alone (random
// numbers of tessera/tensor/philox.hpp do) and may be called for several i at once.
//
// Batch i lies in buffer i mod (depth + 1) and is begun only when the consumer has given back the
// batch that lay there: at most `depth` batches are ready or being made beside the one that is
// held. Buffers are copies of one the user gives and are used again and again: after construction
// the queue allocates nothing, and what a buffer has grown to it keeps.

#include "tessera/error.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tessera::inline v0 {

template <class Batch>
class prefetcher {
 public:
  // make(i, buffer) fills the buffer with batch i of [0, batches). Starts the workers. Throws
  // tessera::error unless batches >= 0, workers >= 1 and depth >= 1.
  prefetcher(std::int64_t batches, int workers, int depth, const Batch& buffer,
             std::function<void(std::int64_t, Batch&)> make)
      : batches_(batches), make_(std::move(make)) {
    const auto need = [](bool holds, const char* expected, auto found) {
      if (!holds) throw error("prefetcher", expected, std::to_string(found));
    };
    need(batches >= 0, "batches >= 0", batches);
    need(workers >= 1, "workers >= 1", workers);
    need(depth >= 1, "depth >= 1", depth);
    need(make_ != nullptr, "a function that makes batches", 0);
    slots_.resize(static_cast<std::size_t>(depth) + 1, slot{buffer});
    workers_.reserve(static_cast<std::size_t>(workers));
    try {
      for (int w = 0; w < workers; ++w) workers_.emplace_back([this] { work(); });
    } catch (...) {
      stop();
      throw;
    }
  }
  prefetcher(const prefetcher&) = delete;
  prefetcher& operator=(const prefetcher&) = delete;

  // Waits for the batches that are being made; the others are not begun.
  ~prefetcher() { stop(); }

  // The next batch, once it is made; nullptr after the last. The buffer is the caller's, to change
  // as well, until the next call. An exception of make(i) comes out of the call that would have
  // returned batch i; the call after it goes on with batch i + 1. For one thread at a time.
  Batch* next() {
    std::unique_lock lock(mutex_);
    if (returned_ < taken_) {
      at(returned_++).ready = false;
      space_.notify_one();
    }
    if (taken_ == batches_) return nullptr;
    slot& s = at(taken_);
    ready_.wait(lock, [&] { return s.ready; });
    ++taken_;
    if (s.failure) std::rethrow_exception(std::exchange(s.failure, nullptr));
    return &s.batch;
  }

 private:
  struct slot {
    Batch batch;
    bool ready = false;
    std::exception_ptr failure = nullptr;
  };

  slot& at(std::int64_t batch) { return slots_[static_cast<std::size_t>(batch) % slots_.size()]; }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      space_.wait(lock, [this] {
        return stopping_ || begun_ == batches_ ||
               begun_ - returned_ < static_cast<std::int64_t>(slots_.size());
      });
      if (stopping_ || begun_ == batches_) return;
      const std::int64_t batch = begun_++;
      if (begun_ == batches_) space_.notify_all();
      slot& s = at(batch);
      lock.unlock();
      std::exception_ptr failure;
      try {
        make_(batch, s.batch);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      s.failure = std::move(failure);
      s.ready = true;
      ready_.notify_one();
    }
  }

  void stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    space_.notify_all();
    for (std::thread& w : workers_) w.join();
    workers_.clear();
  }

  const std::int64_t batches_;
  const std::function<void(std::int64_t, Batch&)> make_;
  std::vector<slot> slots_;
  std::mutex mutex_;  // guards what follows, and ready and failure of every slot
  std::condition_variable space_, ready_;
  std::int64_t begun_ = 0, taken_ = 0, returned_ = 0;  // returned <= taken <= begun <= batches
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace tessera::inline v0
