#pragma once
// Elementwise ops: add, accumulate, constant, scale, gelu, relu, their gradients and drop_path
// (contracts: ops/add.hpp, ops/constant.hpp, ops/gelu.hpp, ops/relu.hpp, ops/drop_path.hpp).

#include <string>

#include "tessera/error.hpp"
#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/tensor/philox.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// y = f(x0, x1), elements of output 0.
inline void over_elements(const arguments& a,
                          void (*f)(float*, std::int64_t, const float*, const float*),
                          const float* x0, const float* x1) {
  float* y = a.out<float>(0);
  parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t first, std::int64_t last) {
    f(y + first, last - first, x0 + first, x1 + first);
  });
}

template <>
struct kernel<"add"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    over_elements(a, TESSERA_CPU_PICK(set, add_run), a.in<float>(0), a.in<float>(1));
  }
};
template <>
struct kernel<"accumulate"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    if (a.outputs[0].accumulate)
      return over_elements(a, TESSERA_CPU_PICK(set, add_run), a.out<float>(0), a.in<float>(0));
    parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t first, std::int64_t last) {
      copy(a.out<float>(0) + first, a.in<float>(0) + first, last - first);
    });
  }
};
template <>
struct kernel<"constant"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, fill_run);
    const auto value = static_cast<float>(a.settings[0]);
    parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t first, std::int64_t last) {
      f(a.out<float>(0) + first, last - first, value);
    });
  }
};
template <>
struct kernel<"scale"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, scale_run);
    const auto by = static_cast<float>(a.settings[0]);
    parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t first, std::int64_t last) {
      f(a.out<float>(0) + first, last - first, a.in<float>(0) + first, by);
    });
  }
};
template <>
struct kernel<"gelu"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, map_gelu);
    parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(0) + first, a.out<float>(0) + first, static_cast<std::size_t>(last - first));
    });
  }
};
template <>
struct kernel<"gelu_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    over_elements(a, TESSERA_CPU_PICK(set, gelu_gradient_run), a.in<float>(0), a.in<float>(1));
  }
};
template <>
struct kernel<"relu"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, relu_run);
    parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t first, std::int64_t last) {
      f(a.out<float>(0) + first, last - first, a.in<float>(0) + first);
    });
  }
};
template <>
struct kernel<"relu_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, relu_gradient_run);
    parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t first, std::int64_t last) {
      f(a.out<float>(0) + first, last - first, a.in<float>(0) + first, a.in<float>(1) + first);
    });
  }
};

template <>
struct kernel<"drop_path"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, scale_run);
    const double rate = a.settings[0];
    if (!(rate >= 0 && rate <= 1))
      throw error("drop_path", "a rate in [0, 1]", std::to_string(rate));
    const std::int64_t size = a.in_shape(0).per_sample();
    over_samples(a, a.inputs[0], [&](std::int64_t s) {
      const std::int64_t row = a.batch > 0 ? s % a.batch : s;
      const std::int64_t copies = a.batch > 0 ? s / a.batch : 0;
      const auto sample = static_cast<std::uint64_t>(a.samples ? a.samples[row] : row);
      const float u = uniform(a.seed, a.step, a.site, sample, static_cast<std::uint64_t>(copies));
      float* y = a.out<float>(0) + s * size;
      if (static_cast<double>(u) >= rate)
        f(y, size, a.in<float>(0) + s * size, static_cast<float>(1 / (1 - rate)));
      else
        clear(y, size);
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
