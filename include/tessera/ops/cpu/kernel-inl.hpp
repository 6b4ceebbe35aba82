// The CPU reading of an op: kernel<"name">::run<key> in the namespace of each target, float only.
// Work is split by shape alone, so results do not depend on the number of threads.
#if defined(TESSERA_CPU_KERNEL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CPU_KERNEL_INL
#undef TESSERA_CPU_KERNEL_INL
#else
#define TESSERA_CPU_KERNEL_INL
#endif

#include <hwy/highway.h>

#include <cstring>

#include "tessera/ops/arguments.hpp"
#include "tessera/ops/cpu/math-inl.hpp"
#include "tessera/tensor/thread_pool.hpp"
#include "tessera/ops/cpu/isa_namespace.hpp"

HWY_BEFORE_NAMESPACE();
namespace tessera::inline v0 {
namespace cpu_kernels {
namespace TESSERA_CPU_NAMESPACE {

template <name Op>
struct kernel;

// f(first, last) over [0, count) in runs of `each`.
template <class F>
HWY_INLINE void parallel(thread_pool* pool, std::int64_t count, std::int64_t each, const F& f) {
  const std::int64_t tasks = (count + each - 1) / each;
  if (pool == nullptr || tasks <= 1) {
    for (std::int64_t t = 0; t < tasks; ++t) f(t * each, t * each + each < count ? t * each + each : count);
    return;
  }
  pool->run(static_cast<int>(tasks), [&](int t) {
    const std::int64_t first = t * each, last = first + each;
    f(first, last < count ? last : count);
  });
}

// Elements that a task of an elementwise op takes: enough to pay for handing it over.
inline constexpr std::int64_t elementwise_run = 16'384;

inline std::int64_t rows_in(const operand& x) { return x.count / x.extent.last(); }
inline std::int64_t samples_in(const operand& x) { return x.count / x.extent.per_sample(); }
inline std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

// y[c] (+)= the sum over `rows` rows of row(r)[c], c < columns, where `term` adds row r into sums:
// rows are summed in chunks of 256, chunks in their order.
template <class Term>
HWY_INLINE void sum_rows(thread_pool* pool, std::int64_t rows, std::int64_t width, const Term& term,
                         float* sums) {
  constexpr std::int64_t each = 256;
  const std::int64_t chunks = (rows + each - 1) / each;
  float* partial = static_cast<float*>(
      thread_scratch(0, static_cast<std::size_t>(chunks * width) * sizeof(float)));
  parallel(pool, chunks, 1, [&](std::int64_t chunk, std::int64_t) HWY_ATTR {
    float* mine = partial + chunk * width;
    std::memset(mine, 0, static_cast<std::size_t>(width) * sizeof(float));
    for (std::int64_t r = chunk * each; r < least(rows, (chunk + 1) * each); ++r) term(r, mine);
  });
  for (std::int64_t c = 0; c < width; ++c) sums[c] = 0;
  for (std::int64_t k = 0; k < chunks; ++k)
    for (std::int64_t c = 0; c < width; ++c) sums[c] += partial[k * width + c];
}

// y[i] = f(i-th vectors of the inputs), i < n.
template <class F, class... X>
HWY_INLINE void zip(const F& f, float* y, std::int64_t n, const X*... x) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(d, hn::LoadU(d, x + i)...), d, y + i);
  if (i < n) {
    const auto rest = static_cast<std::size_t>(n - i);
    store_n(d, f(d, load_n(d, x + i, rest)...), y + i, rest);
  }
}
template <class F, class... X>
HWY_INLINE void parallel_zip(thread_pool* pool, const F& f, float* y, std::int64_t n,
                             const X*... x) {
  parallel(pool, n, elementwise_run, [&](std::int64_t first, std::int64_t last) HWY_ATTR {
    zip(f, y + first, last - first, (x + first)...);
  });
}

}  // namespace TESSERA_CPU_NAMESPACE
}  // namespace cpu_kernels
}  // namespace tessera::inline v0
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CPU_KERNEL_INL
