#pragma once
// linear and its gradients on the blocked matrix product (contract: ops/linear.hpp); N = key.a,
// K = key.b.

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

inline void linear(const arguments& a, std::int64_t n, std::int64_t k, const gemm_leaves& set,
                   void (*map)(const float*, float*, std::size_t) = nullptr) {
  gemm_call c;
  c.m = rows_in(a.inputs[0]), c.n = n, c.k = k;
  c.a = a.in<float>(0), c.a_row = k, c.a_col = 1;
  c.b = a.in<float>(1), c.b_row = 1, c.b_col = k;
  c.c = a.out<float>(0), c.c_row = n;
  c.bias = a.in<float>(2);
  c.map = map;
  c.pool = a.pool;
  gemm(c, set);
}

inline void linear_input_gradient(const arguments& a, std::int64_t n, std::int64_t k,
                                  const gemm_leaves& set) {
  gemm_call c;
  c.m = rows_in(a.inputs[0]), c.n = k, c.k = n;
  c.a = a.in<float>(0), c.a_row = n, c.a_col = 1;
  c.b = a.in<float>(1), c.b_row = k, c.b_col = 1;
  c.c = a.out<float>(0), c.c_row = k;
  c.pool = a.pool;
  gemm(c, set);
}

// dW alone.
inline void linear_weight_product(const arguments& a, std::int64_t n, std::int64_t k,
                                  const gemm_leaves& set) {
  gemm_call c;
  c.m = n, c.n = k, c.k = rows_in(a.inputs[0]);
  c.a = a.in<float>(0), c.a_row = 1, c.a_col = n;
  c.b = a.in<float>(1), c.b_row = k, c.b_col = 1;
  c.c = a.out<float>(0), c.c_row = k;
  c.accumulate = a.outputs[0].accumulate;
  c.pool = a.pool;
  gemm(c, set);
}

template <>
struct kernel<"linear"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    linear(a, Key.a, Key.b, *TESSERA_CPU_PICK(set, gemm_set));
  }
};
template <>
struct kernel<"linear_input_gradient"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    linear_input_gradient(a, Key.a, Key.b, *TESSERA_CPU_PICK(set, gemm_set));
  }
};
template <>
struct kernel<"linear_weight_gradient"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    if (a.out<float>(0) != nullptr)
      linear_weight_product(a, Key.a, Key.b, *TESSERA_CPU_PICK(set, gemm_set));
    if (a.out<float>(1) != nullptr) bias_gradient(a, TESSERA_CPU_PICK(set, add_rows));
  }

 private:
  template <class AddRows>
  static void bias_gradient(const arguments& a, AddRows* add_rows) {
    const float* dy = a.in<float>(0);
    float* db = a.out<float>(1);
    const std::int64_t n = a.in_shape(0).last();
    float* sums = scratch_floats(1, n);
    sum_rows(
        a.pool, rows_in(a.inputs[0]), n,
        [&](std::int64_t first, std::int64_t last, float* mine) {
          add_rows(mine, n, dy + first * n, last - first);
        },
        sums);
    const bool add = a.outputs[1].accumulate;
    for (std::int64_t c = 0; c < n; ++c) db[c] = add ? db[c] + sums[c] : sums[c];
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
