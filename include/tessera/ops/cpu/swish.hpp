#pragma once
// silu, quick_gelu, gelu_tanh and their gradients (contract: ops/swish.hpp).

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/swish.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

inline void run_swish(const arguments& a, const detail::swish_form& form, isa set) {
  const auto f = TESSERA_CPU_PICK(set, swish_run);
  const auto first = static_cast<float>(form.a), third = static_cast<float>(form.b);
  parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t i, std::int64_t end) {
    f(a.out<float>(0) + i, end - i, a.in<float>(0) + i, first, third);
  });
}
inline void run_swish_gradient(const arguments& a, const detail::swish_form& form, isa set) {
  const auto f = TESSERA_CPU_PICK(set, swish_gradient_run);
  const auto first = static_cast<float>(form.a), third = static_cast<float>(form.b);
  parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t i, std::int64_t end) {
    f(a.out<float>(0) + i, end - i, a.in<float>(0) + i, a.in<float>(1) + i, first, third);
  });
}

template <>
struct kernel<"silu"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_swish(a, detail::silu_form, set);
  }
};
template <>
struct kernel<"silu_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_swish_gradient(a, detail::silu_form, set);
  }
};
template <>
struct kernel<"quick_gelu"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_swish(a, detail::quick_gelu_form, set);
  }
};
template <>
struct kernel<"quick_gelu_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_swish_gradient(a, detail::quick_gelu_form, set);
  }
};
template <>
struct kernel<"gelu_tanh"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_swish(a, detail::gelu_tanh_form, set);
  }
};
template <>
struct kernel<"gelu_tanh_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_swish_gradient(a, detail::gelu_tanh_form, set);
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
