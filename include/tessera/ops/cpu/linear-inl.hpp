// linear and its gradients on the blocked matrix product; N = key.a, K = key.b.
#if defined(TESSERA_CPU_LINEAR_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CPU_LINEAR_INL
#undef TESSERA_CPU_LINEAR_INL
#else
#define TESSERA_CPU_LINEAR_INL
#endif

#include <hwy/highway.h>

#include "tessera/ops/cpu/elementwise-inl.hpp"
#include "tessera/ops/cpu/gemm-inl.hpp"
#include "tessera/ops/cpu/kernel-inl.hpp"
#include "tessera/ops/cpu/isa_namespace.hpp"

HWY_BEFORE_NAMESPACE();
namespace tessera::inline v0 {
namespace cpu_kernels {
namespace TESSERA_CPU_NAMESPACE {

template <>
struct kernel<"linear"> {
  template <op_key Key>
  static void run(const arguments& a) {
    constexpr std::int64_t n = Key.a, k = Key.b;
    gemm_call c;
    c.m = rows_in(a.inputs[0]), c.n = n, c.k = k;
    c.a = a.in<float>(0), c.a_row = k, c.a_col = 1;
    c.b = a.in<float>(1), c.b_row = 1, c.b_col = k;
    c.c = a.out<float>(0), c.c_row = n;
    c.bias = a.in<float>(2);
    c.pool = a.pool;
    gemm(c);
  }
};

template <>
struct kernel<"linear_input_gradient"> {
  template <op_key Key>
  static void run(const arguments& a) {
    constexpr std::int64_t n = Key.a, k = Key.b;
    gemm_call c;
    c.m = rows_in(a.inputs[0]), c.n = k, c.k = n;
    c.a = a.in<float>(0), c.a_row = n, c.a_col = 1;
    c.b = a.in<float>(1), c.b_row = k, c.b_col = 1;
    c.c = a.out<float>(0), c.c_row = k;
    c.pool = a.pool;
    gemm(c);
  }
};

template <>
struct kernel<"linear_weight_gradient"> {
  template <op_key Key>
  static void run(const arguments& a) {
    constexpr std::int64_t n = Key.a, k = Key.b;
    const std::int64_t rows = rows_in(a.inputs[0]);
    const float* dy = a.in<float>(0);
    if (a.out<float>(0) != nullptr) {
      gemm_call c;
      c.m = n, c.n = k, c.k = rows;
      c.a = dy, c.a_row = 1, c.a_col = n;
      c.b = a.in<float>(1), c.b_row = k, c.b_col = 1;
      c.c = a.out<float>(0), c.c_row = k;
      c.accumulate = a.outputs[0].accumulate;
      c.pool = a.pool;
      gemm(c);
    }
    if (float* db = a.out<float>(1); db != nullptr) {
      float sums[n];
      sum_rows(
          a.pool, rows, n,
          [&](std::int64_t r, float* mine) HWY_ATTR {
            zip(add_vectors(), mine, n, static_cast<const float*>(mine), dy + r * n);
          },
          sums);
      const bool add = a.outputs[1].accumulate;
      for (std::int64_t c = 0; c < n; ++c) db[c] = add ? db[c] + sums[c] : sums[c];
    }
  }
};

}  // namespace TESSERA_CPU_NAMESPACE
}  // namespace cpu_kernels
}  // namespace tessera::inline v0
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CPU_LINEAR_INL
