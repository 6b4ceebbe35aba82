#pragma once
// Copies of operands of the matrix product into panels [k][width]: exact, the same for every
// instruction set. width: a multiple of 4, or 2 more.

#include <cstddef>
#include <cstdint>

#include "tessera/ops/cpu/isa.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

typedef float pack_quad __attribute__((vector_size(16)));

template <class V>
inline __attribute__((always_inline)) V pack_load(const float* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof(v));
  return v;
}
template <class V>
inline __attribute__((always_inline)) void pack_store(V v, float* p) {
  __builtin_memcpy(p, &v, sizeof(v));
}
inline __attribute__((always_inline)) pack_quad low_lanes(pack_quad a, pack_quad b) {
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}
inline __attribute__((always_inline)) pack_quad high_lanes(pack_quad a, pack_quad b) {
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

// out[k][i] = in[i * lane + k * step] for i < used, 0 for used <= i < width.
inline void pack_any(std::int64_t width, std::int64_t depth, const float* in, std::int64_t lane,
                     std::int64_t step, std::int64_t used, float* out) {
  if (used < width)
    __builtin_memset(out, 0, static_cast<std::size_t>(width * depth) * sizeof(float));
  if (step == 1) {
    for (std::int64_t i = 0; i < used; ++i)
      for (std::int64_t k = 0; k < depth; ++k) out[k * width + i] = in[i * lane + k];
  } else {
    for (std::int64_t k = 0; k < depth; ++k)
      for (std::int64_t i = 0; i < used; ++i) out[k * width + i] = in[i * lane + k * step];
  }
}

// step = 1: the transpose of `width` rows of `depth` contiguous values, rows `lane` apart. Four
// rows at a time to their end: sixteen rows a multiple of 4096 bytes apart would evict one another
// from L1.
inline void pack_rows(std::int64_t width, std::int64_t depth, const float* in, std::int64_t lane,
                      float* out) {
  const std::int64_t packed = depth / 4 * 4;
  std::int64_t i = 0;
  for (; i + 4 <= width; i += 4) {
    const float *p0 = in + i * lane, *p1 = p0 + lane, *p2 = p1 + lane, *p3 = p2 + lane;
    float* to = out + i;
    for (std::int64_t k = 0; k < packed; k += 4, to += 4 * width) {
      const auto r0 = pack_load<pack_quad>(p0 + k), r1 = pack_load<pack_quad>(p1 + k);
      const auto r2 = pack_load<pack_quad>(p2 + k), r3 = pack_load<pack_quad>(p3 + k);
      const pack_quad low02 = low_lanes(r0, r2), low13 = low_lanes(r1, r3);
      const pack_quad high02 = high_lanes(r0, r2), high13 = high_lanes(r1, r3);
      pack_store(low_lanes(low02, low13), to);
      pack_store(high_lanes(low02, low13), to + width);
      pack_store(low_lanes(high02, high13), to + 2 * width);
      pack_store(high_lanes(high02, high13), to + 3 * width);
    }
  }
  if (i < width) {
    const float *p0 = in + i * lane, *p1 = p0 + lane;
    float* to = out + i;
    for (std::int64_t k = 0; k < packed; k += 4, to += 4 * width) {
      const auto r0 = pack_load<pack_quad>(p0 + k), r1 = pack_load<pack_quad>(p1 + k);
      const pack_quad low = low_lanes(r0, r1), high = high_lanes(r0, r1);
      pack_store(__builtin_shufflevector(low, low, 0, 1), to);
      pack_store(__builtin_shufflevector(low, low, 2, 3), to + width);
      pack_store(__builtin_shufflevector(high, high, 0, 1), to + 2 * width);
      pack_store(__builtin_shufflevector(high, high, 2, 3), to + 3 * width);
    }
  }
  pack_any(width, depth - packed, in + packed, lane, 1, width, out + packed * width);
}

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
