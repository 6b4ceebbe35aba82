#pragma once
// layer_norm and its gradient (contract: ops/layer_norm.hpp); C = key.a.

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <>
struct kernel<"layer_norm"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    const auto rows = TESSERA_CPU_PICK(set, layer_norm_rows);
    constexpr std::int64_t c = Key.a;
    const float *x = a.in<float>(0), *gamma = a.in<float>(1), *beta = a.in<float>(2);
    float *y = a.out<float>(0), *means = a.out<float>(1), *rstds = a.out<float>(2);
    const auto eps = static_cast<float>(a.settings[0]);
    over_rows(a.pool, rows_in(a.inputs[0]), c, [&](std::int64_t first, std::int64_t last) {
      rows(x + first * c, last - first, c, gamma, beta, eps, y + first * c,
           means == nullptr ? nullptr : means + first, rstds == nullptr ? nullptr : rstds + first);
    });
  }
};

template <>
struct kernel<"layer_norm_gradient"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    constexpr std::int64_t c = Key.a;
    const float *dy = a.in<float>(0), *x = a.in<float>(1), *gamma = a.in<float>(2);
    const float *means = a.in<float>(3), *rstds = a.in<float>(4);
    const std::int64_t rows = rows_in(a.inputs[0]);
    if (float* dx = a.out<float>(0); dx != nullptr) {
      const auto f = TESSERA_CPU_PICK(set, layer_norm_input_gradient_rows);
      over_rows(a.pool, rows, c, [&](std::int64_t first, std::int64_t last) {
        f(dy + first * c, x + first * c, last - first, c, gamma, means + first, rstds + first,
          dx + first * c);
      });
    }
    float *dgamma = a.out<float>(1), *dbeta = a.out<float>(2);
    if (dgamma == nullptr && dbeta == nullptr) return;
    const auto f = TESSERA_CPU_PICK(set, layer_norm_sum_rows);
    float* sums = scratch_floats(1, 2 * c);
    sum_rows(
        a.pool, rows, 2 * c,
        [&](std::int64_t first, std::int64_t last, float* mine) {
          f(dy + first * c, x + first * c, last - first, c, means + first, rstds + first, mine);
        },
        sums);
    for (std::int64_t i = 0; i < c; ++i) {
      if (dgamma != nullptr) dgamma[i] = sums[i] + (a.outputs[1].accumulate ? dgamma[i] : 0);
      if (dbeta != nullptr) dbeta[i] = sums[c + i] + (a.outputs[2].accumulate ? dbeta[i] : 0);
    }
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
