#pragma once
// Elementwise ops: add, accumulate, scale, gelu and its gradient (contracts: ops/add.hpp,
// ops/constant.hpp, ops/gelu.hpp).

#include "tessera/ops/cpu/kernel.hpp"

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

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
