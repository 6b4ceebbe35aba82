// What the processor can do at most: multiply-adds on registers alone, for every target. Divides
// measured products into percent of peak (benchmark/ops).
#if defined(TESSERA_CPU_PEAK_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CPU_PEAK_INL
#undef TESSERA_CPU_PEAK_INL
#else
#define TESSERA_CPU_PEAK_INL
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "tessera/ops/cpu/gemm-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tessera::inline v0 {
namespace cpu_kernels {
namespace TESSERA_CPU_NAMESPACE {

// Twelve independent chains: at most two starts per cycle times a latency of six cycles. Returns
// the floating-point operations done, a multiply-add counted as two. values: 16 vectors in and out.
inline double register_multiply_adds(std::int64_t repeats, float* values) {
  using namespace gemm_detail;
  constexpr index chains = 12;
  vec sum[chains];
#pragma GCC unroll 16
  for (index i = 0; i < chains; ++i) sum[i] = load(values + i * lanes);
  const vec x = load(values + chains * lanes), y = load(values + (chains + 1) * lanes);
  for (std::int64_t r = 0; r < repeats; ++r) {
#pragma GCC unroll 16
    for (index i = 0; i < chains; ++i) sum[i] = multiply_add(sum[i], x, y);
  }
#pragma GCC unroll 16
  for (index i = 0; i < chains; ++i) store(sum[i], values + i * lanes);
  return static_cast<double>(repeats) * static_cast<double>(2 * chains * lanes);
}

}  // namespace TESSERA_CPU_NAMESPACE
}  // namespace cpu_kernels
}  // namespace tessera::inline v0
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CPU_PEAK_INL
