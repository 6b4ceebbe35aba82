#pragma once
// Loops over the tasks of a pool, for the drivers of the CPU kernels. Work is split by shape alone,
// so results do not depend on the number of threads.

#include <cstdint>

#include "tessera/ops/cpu/isa.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

constexpr std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
constexpr std::int64_t most(std::int64_t a, std::int64_t b) { return a > b ? a : b; }
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// f(first, last) over [0, count) in runs of `each`. The loop is compiled once, not for every body.
__attribute__((noinline)) inline void parallel_runs(
    thread_pool* pool, std::int64_t count, std::int64_t each,
    void (*body)(const void*, std::int64_t, std::int64_t), const void* f) {
  const std::int64_t tasks = ceil_div(count, each);
  const auto run = [&](int t) { body(f, t * each, least(count, t * each + each)); };
  if (pool != nullptr && tasks > 1) return pool->run(static_cast<int>(tasks), run);
  for (std::int64_t t = 0; t < tasks; ++t) body(f, t * each, least(count, t * each + each));
}

template <class F>
void parallel(thread_pool* pool, std::int64_t count, std::int64_t each, const F& f) {
  parallel_runs(
      pool, count, each,
      [](const void* g, std::int64_t first, std::int64_t last) {
        (*static_cast<const F*>(g))(first, last);
      },
      &f);
}

// This thread's scratch (tensor/thread_pool.hpp), as `count` numbers.
inline float* scratch_floats(int slot, std::int64_t count) {
  return static_cast<float*>(thread_scratch(slot, static_cast<std::size_t>(count) * sizeof(float)));
}

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
