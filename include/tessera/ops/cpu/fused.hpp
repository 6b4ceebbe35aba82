#pragma once
// Fused ops (contract: ops/fused.hpp): the leaves of both parts on the same rows, while these are
// in the cache. The bits are those of the parts.

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/cpu/linear.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <>
struct kernel<"linear_gelu"> {  // N = key.a, K = key.b
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    linear(a, Key.a, Key.b, *TESSERA_CPU_PICK(set, gemm_set), TESSERA_CPU_PICK(set, map_gelu));
  }
};

template <>
struct kernel<"add_layer_norm"> {  // C = key.a
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, add_run);
    const auto norm = TESSERA_CPU_PICK(set, layer_norm_rows);
    constexpr std::int64_t c = Key.a, together = 1 + 4096 / c;  // rows: 16 KiB, in the L1 cache
    float *sum = a.out<float>(0), *y = a.out<float>(1), *means = a.out<float>(2),
          *rstds = a.out<float>(3);
    const auto eps = static_cast<float>(a.settings[0]);
    over_rows(a.pool, rows_in(a.inputs[0]), c, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t r = first; r < last; r += together) {
        const std::int64_t rows = least(together, last - r);
        add(sum + r * c, rows * c, a.in<float>(0) + r * c, a.in<float>(1) + r * c);
        norm(sum + r * c, rows, c, a.in<float>(2), a.in<float>(3), eps, y + r * c,
             means == nullptr ? nullptr : means + r, rstds == nullptr ? nullptr : rstds + r);
      }
    });
  }
};

}  // namespace TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
