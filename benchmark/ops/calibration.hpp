#pragma once
// What this machine can do at best, for the benchmarks of this folder to divide by: multiply-adds
// on registers alone, and memory read and written by plain loops. Both run on the threads of the
// pool that what is measured runs on, and are measured in turn with it, round by round, because the
// clock of a machine drifts and other programs take part of it.

#include "tessera/ops/cpu/targets.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>

#include "tessera/tensor/thread_pool.hpp"

namespace calibration {

inline double seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

inline tessera::thread_pool& pool_of(int threads) {
  static std::map<int, std::unique_ptr<tessera::thread_pool>> pools;
  auto& pool = pools[threads];
  if (pool == nullptr) pool = std::make_unique<tessera::thread_pool>(threads);
  return *pool;
}

struct rate {
  double wall = 0, cpu = 0;  // operations per second, and per second of the process's CPU time
};

inline rate best_of(rate a, rate b) { return {std::max(a.wall, b.wall), std::max(a.cpu, b.cpu)}; }

// operations() -> how many it did.
template <class F>
rate measured(F&& operations) {
  const double wall = seconds();
  const std::clock_t cpu = std::clock();
  const double done = operations();
  const auto used = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  return {done / (seconds() - wall), done / std::max(used, 1e-6)};
}

// Multiply-adds of all threads together, two operations each; 2^19 repeats take about a
// millisecond.
inline double register_operations(tessera::thread_pool& pool, std::int64_t repeats = 1 << 19) {
  const auto f = TESSERA_CPU_PICK(tessera::chosen_isa(), register_multiply_adds);
  std::vector<double> operations(static_cast<std::size_t>(pool.size()));
  pool.run(pool.size(), [&](int t) {
    float values[16 * 16];
    for (int i = 0; i < 16 * 16; ++i) values[i] = 0.5f + 0.001f * static_cast<float>(i);
    operations[static_cast<std::size_t>(t)] = f(repeats, values);
    benchmark::DoNotOptimize(values);
  });
  double sum = 0;
  for (const double x : operations) sum += x;
  return sum;
}

// Memory traffic of a given mix: run() reads `read` bytes once and writes `written` bytes once,
// from and to buffers of these sizes, in pieces of 64 KiB on all threads. It adds two numbers into
// a third and copies in the proportion that uses up both; what remains it sums, two runs at a time,
// or clears. What fits a cache stays there from run to run.
class stream {
 public:
  stream(double read, double written) : from_(floats(read), 1.0f), to_(floats(written), 0.0f) {
    const auto r = static_cast<std::int64_t>(from_.size());
    const auto w = static_cast<std::int64_t>(to_.size());
    std::int64_t source = 0, target = 0;
    const auto lay_out = [&](kind what, std::int64_t count) {
      constexpr std::int64_t most = 16'384;
      const std::int64_t reads = what == kind::add || what == kind::sum ? 2 : 1;
      for (std::int64_t i = 0; i < count; i += most) {
        const std::int64_t n = std::min(most, count - i);
        pieces_.push_back({what, n, source + i, source + i + (reads - 1) * count, target + i});
      }
      source += what == kind::clear ? 0 : reads * count;
      target += what == kind::sum ? 0 : count;
    };
    lay_out(kind::add, std::clamp(r - w, std::int64_t(0), w));
    lay_out(kind::copy, std::max(std::min(r, 2 * w - r), std::int64_t(0)));
    lay_out(kind::sum, std::max(r - 2 * w, std::int64_t(0)) / 2);
    lay_out(kind::clear, std::max(w - r, std::int64_t(0)));
  }

  void run(tessera::thread_pool& pool) {
    const auto add = TESSERA_CPU_PICK(tessera::chosen_isa(), add_run);
    const auto copy = TESSERA_CPU_PICK(tessera::chosen_isa(), scale_run);
    const auto sum = TESSERA_CPU_PICK(tessera::chosen_isa(), squared_errors_run);
    pool.run(static_cast<int>(pieces_.size()), [&](int i) {
      const piece& p = pieces_[static_cast<std::size_t>(i)];
      const float *x = from_.data() + p.x, *y = from_.data() + p.y;
      float* z = to_.data() + p.z;
      switch (p.what) {
        case kind::add: return add(z, p.count, x, y);
        case kind::copy: return copy(z, p.count, x, 0.5f);
        case kind::sum: return benchmark::DoNotOptimize(sum(x, y, p.count));
        case kind::clear:
          std::memset(z, 0, static_cast<std::size_t>(p.count) * sizeof(float));
      }
    });
    benchmark::ClobberMemory();
  }

 private:
  enum class kind { add, copy, sum, clear };
  struct piece {
    kind what;
    std::int64_t count, x, y, z;  // where its runs begin in from_, from_ and to_
  };
  static std::size_t floats(double bytes) { return static_cast<std::size_t>(bytes / 4 + 0.5); }

  std::vector<float> from_, to_;
  std::vector<piece> pieces_;
};

}  // namespace calibration
