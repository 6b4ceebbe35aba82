#pragma once
// depthwise_conv and its gradients on token grids (contract: ops/grid.hpp).

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// (C, 1, k, k) -> (k k, C): a tap's weights of all channels lie together. In scratch slot 0.
inline const float* taps_first(const float* w, std::int64_t c, std::int64_t taps) {
  float* turned = scratch_floats(0, c * taps);
  for (std::int64_t t = 0; t < taps; ++t)
    for (std::int64_t i = 0; i < c; ++i) turned[t * c + i] = w[i * taps + t];
  return turned;
}

template <>
struct kernel<"depthwise_conv"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, depthwise_sample);
    const std::int64_t c = a.in_shape(0).last(), cells = a.in_shape(0).dims[0], k = a.attr.c;
    const float *w = taps_first(a.in<float>(1), c, k * k), *bias = a.in<float>(2);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * cells * c;
      for (std::int64_t n = 0; n < cells; ++n)
        if (bias != nullptr)
          copy(y + n * c, bias, c);
        else
          clear(y + n * c, c);
      add(a.attr.a, a.attr.b, k, c, a.in<float>(0) + s * cells * c, w, y);
    });
  }
};
template <>
struct kernel<"depthwise_conv_input_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, depthwise_input_gradient_sample);
    const std::int64_t c = a.in_shape(0).last(), cells = a.in_shape(0).dims[0], k = a.attr.c;
    const float* w = taps_first(a.in<float>(1), c, k * k);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* dx = a.out<float>(0) + s * cells * c;
      clear(dx, cells * c);
      add(a.attr.a, a.attr.b, k, c, a.in<float>(0) + s * cells * c, w, dx);
    });
  }
};
template <>
struct kernel<"depthwise_conv_weight_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, depthwise_weight_gradient_sample);
    const auto add_bias = TESSERA_CPU_PICK(set, add_rows);
    const std::int64_t c = a.in_shape(0).last(), cells = a.in_shape(0).dims[0], k = a.attr.c;
    const std::int64_t taps = k * k, samples = samples_in(a.inputs[0]), each = 4;
    const std::int64_t chunks = ceil_div(samples, each), size = (taps + 1) * c;
    float* partial = scratch_floats(0, chunks * size);
    parallel(a.pool, chunks, 1, [&](std::int64_t chunk, std::int64_t) {
      float* mine = partial + chunk * size;  // (k k, C), then the bias
      clear(mine, size);
      for (std::int64_t s = chunk * each; s < least(samples, (chunk + 1) * each); ++s) {
        const float *dy = a.in<float>(0) + s * cells * c, *x = a.in<float>(1) + s * cells * c;
        add(a.attr.a, a.attr.b, k, c, dy, x, mine);
        add_bias(mine + taps * c, c, dy, cells);
      }
    });
    for (int o = 0; o < 2; ++o) {
      float* y = a.out<float>(o);
      if (y == nullptr) continue;
      const bool accumulate = a.outputs[o].accumulate;
      for (std::int64_t i = 0; i < c; ++i)
        for (std::int64_t t = o == 0 ? 0 : taps; t < (o == 0 ? taps : taps + 1); ++t) {
          float sum = 0;
          for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
            sum += partial[chunk * size + t * c + i];
          float& at = y[o == 0 ? i * taps + t : i];
          at = accumulate ? at + sum : sum;
        }
    }
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
