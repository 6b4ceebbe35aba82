#pragma once
// batch_norm, batch_norm_inference and their gradients (contract: ops/batch_norm.hpp).

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <>
struct kernel<"batch_norm"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, add_rows);
    const auto add_squares = TESSERA_CPU_PICK(set, add_centred_squares);
    const auto normalise = TESSERA_CPU_PICK(set, normalise_channel_rows);
    const std::int64_t c = a.in_shape(0).last(), rows = rows_in(a.inputs[0]);
    const float *x = a.in<float>(0), *gamma = a.in<float>(1), *beta = a.in<float>(2);
    float* scratch = scratch_floats(1, 2 * c);
    float* mean = a.out<float>(1) != nullptr ? a.out<float>(1) : scratch;
    float* rstd = a.out<float>(2) != nullptr ? a.out<float>(2) : scratch + c;
    sum_rows(
        a.pool, rows, c,
        [&](std::int64_t first, std::int64_t last, float* mine) {
          add(mine, c, x + first * c, last - first);
        },
        mean);
    for (std::int64_t i = 0; i < c; ++i) mean[i] /= static_cast<float>(rows);
    sum_rows(
        a.pool, rows, c,
        [&](std::int64_t first, std::int64_t last, float* mine) {
          add_squares(mine, c, x + first * c, last - first, mean);
        },
        rstd);
    for (std::int64_t i = 0; i < c; ++i) {
      if (float* unbiased = a.out<float>(3); unbiased != nullptr)
        unbiased[i] = rstd[i] / static_cast<float>(rows > 1 ? rows - 1 : 1);
      rstd[i] = 1.0f / __builtin_sqrtf(rstd[i] / static_cast<float>(rows) +
                                       static_cast<float>(a.settings[0]));
    }
    over_rows(a.pool, rows, c, [&](std::int64_t first, std::int64_t last) {
      normalise(x + first * c, last - first, c, mean, rstd, gamma, beta,
                a.out<float>(0) + first * c);
    });
  }
};

template <>
struct kernel<"batch_norm_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, batch_norm_sum_rows);
    const auto gradient = TESSERA_CPU_PICK(set, batch_norm_gradient_rows);
    const std::int64_t c = a.in_shape(1).last(), rows = rows_in(a.inputs[1]);
    const float *dy = a.in<float>(0), *x = a.in<float>(1), *gamma = a.in<float>(2);
    const float *mean = a.in<float>(3), *rstd = a.in<float>(4);
    float* sums = scratch_floats(1, 2 * c);
    sum_rows(
        a.pool, rows, 2 * c,
        [&](std::int64_t first, std::int64_t last, float* mine) {
          add(dy + first * c, x + first * c, last - first, c, mean, rstd, mine);
        },
        sums);
    float *dgamma = a.out<float>(1), *dbeta = a.out<float>(2);
    for (std::int64_t i = 0; i < c; ++i) {
      if (dgamma != nullptr) dgamma[i] = sums[c + i] + (a.outputs[1].accumulate ? dgamma[i] : 0);
      if (dbeta != nullptr) dbeta[i] = sums[i] + (a.outputs[2].accumulate ? dbeta[i] : 0);
      sums[i] /= static_cast<float>(rows);
      sums[c + i] /= static_cast<float>(rows);
    }
    if (float* dx = a.out<float>(0); dx != nullptr)
      over_rows(a.pool, rows, c, [&](std::int64_t first, std::int64_t last) {
        gradient(dy + first * c, x + first * c, last - first, c, mean, rstd, gamma, sums,
                 dx + first * c);
      });
  }
};

// y = x scale + shift, scale = gamma / sqrt(variance + eps), shift = beta - mean scale.
template <>
struct kernel<"batch_norm_inference"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, multiply_add_rows);
    const std::int64_t c = a.in_shape(0).last();
    float *scale = scratch_floats(0, 2 * c), *shift = scale + c;
    for (std::int64_t i = 0; i < c; ++i) {
      const double rstd =
          1 / __builtin_sqrt(static_cast<double>(a.in<float>(4)[i]) + a.settings[0]);
      const double by = static_cast<double>(a.in<float>(1)[i]) * rstd;
      scale[i] = static_cast<float>(by);
      shift[i] = static_cast<float>(static_cast<double>(a.in<float>(2)[i]) -
                                    static_cast<double>(a.in<float>(3)[i]) * by);
    }
    over_rows(a.pool, rows_in(a.inputs[0]), c, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(0) + first * c, last - first, c, scale, shift, a.out<float>(0) + first * c);
    });
  }
};
template <>
struct kernel<"batch_norm_inference_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, batch_norm_sum_rows);
    const auto multiply = TESSERA_CPU_PICK(set, multiply_rows);
    const std::int64_t c = a.in_shape(1).last(), rows = rows_in(a.inputs[1]);
    const float *dy = a.in<float>(0), *x = a.in<float>(1);
    float *sums = scratch_floats(1, 4 * c), *rstd = sums + 2 * c, *scale = rstd + c;
    for (std::int64_t i = 0; i < c; ++i) {
      rstd[i] = static_cast<float>(
          1 / __builtin_sqrt(static_cast<double>(a.in<float>(4)[i]) + a.settings[0]));
      scale[i] = a.in<float>(2)[i] * rstd[i];
    }
    if (float* dx = a.out<float>(0); dx != nullptr)
      over_rows(a.pool, rows, c, [&](std::int64_t first, std::int64_t last) {
        multiply(dy + first * c, last - first, c, scale, dx + first * c);
      });
    float *dgamma = a.out<float>(1), *dbeta = a.out<float>(2);
    if (dgamma == nullptr && dbeta == nullptr) return;
    sum_rows(
        a.pool, rows, 2 * c,
        [&](std::int64_t first, std::int64_t last, float* mine) {
          add(dy + first * c, x + first * c, last - first, c, a.in<float>(3), rstd, mine);
        },
        sums);
    for (std::int64_t i = 0; i < c; ++i) {
      if (dgamma != nullptr) dgamma[i] = (a.outputs[1].accumulate ? dgamma[i] : 0) + sums[c + i];
      if (dbeta != nullptr) dbeta[i] = (a.outputs[2].accumulate ? dbeta[i] : 0) + sums[i];
    }
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
