#pragma once
// The CPU reading of an op: kernel<"name">::run<key>(arguments, set), float only, compiled once. It
// splits its work by shape alone, so results do not depend on the number of threads, and calls the
// innermost loops (leaves) of the instruction set `set`.

#include <cstdint>
#include <cstring>

#include "tessera/ops/arguments.hpp"
#include "tessera/ops/cpu/parallel.hpp"
#include "tessera/ops/cpu/targets.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <name Op>
struct kernel;

// Elements that a task of an elementwise op takes: enough to pay for handing it over.
inline constexpr std::int64_t elementwise_run = 16'384;

inline std::int64_t rows_in(const operand& x) { return x.count / x.extent.last(); }
inline std::int64_t samples_in(const operand& x) { return x.count / x.extent.per_sample(); }

inline void copy(float* to, const float* from, std::int64_t n) {
  std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(float));
}
inline void clear(float* to, std::int64_t n) {
  std::memset(to, 0, static_cast<std::size_t>(n) * sizeof(float));
}

// f(first, last) over rows of `width` elements, in runs of about an elementwise task.
template <class F>
void over_rows(thread_pool* pool, std::int64_t rows, std::int64_t width, const F& f) {
  parallel(pool, rows, 1 + elementwise_run / width, f);
}

// f(sample) over all samples of `x`, in the same runs.
template <class F>
void over_samples(const arguments& a, const operand& x, const F& f) {
  over_rows(a.pool, samples_in(x), x.extent.per_sample(),
            [&](std::int64_t first, std::int64_t last) {
              for (std::int64_t s = first; s < last; ++s) f(s);
            });
}

// sums[c] = the sum over `rows` rows, c < width; add(first, last, partial) adds rows [first, last)
// onto partial[width]. Rows are summed in chunks of 256, chunks in their order. Takes slot 0 of the
// scratch.
template <class Add>
void sum_rows(thread_pool* pool, std::int64_t rows, std::int64_t width, const Add& add,
              float* sums) {
  constexpr std::int64_t each = 256;
  const std::int64_t chunks = ceil_div(rows, each);
  float* partial = scratch_floats(0, chunks * width);
  parallel(pool, chunks, 1, [&](std::int64_t chunk, std::int64_t) {
    float* mine = partial + chunk * width;
    clear(mine, width);
    add(chunk * each, least(rows, (chunk + 1) * each), mine);
  });
  clear(sums, width);
  for (std::int64_t k = 0; k < chunks; ++k)
    for (std::int64_t c = 0; c < width; ++c) sums[c] += partial[k * width + c];
}

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
