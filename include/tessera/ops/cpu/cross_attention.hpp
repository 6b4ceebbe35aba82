#pragma once
// cross_attention and its gradient (contract: ops/cross_attention.hpp).

#include "tessera/ops/cpu/attention.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

inline attention_shape cross_shape(const operand& q, const operand& kv, std::int64_t heads) {
  const std::int64_t width = q.extent.last();
  return {samples_in(q), heads, q.extent.dims[0], kv.extent.dims[0], width / heads,
          width,         2 * width};
}

template <>
struct kernel<"cross_attention"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const attention_shape s = cross_shape(a.inputs[0], a.inputs[1], a.attr.a);
    const float* k = a.in<float>(1);
    attend(a.pool, s, a.in<float>(0), k, k + s.width(), a.out<float>(0), a.out<float>(1),
           *TESSERA_CPU_PICK(set, gemm_set), TESSERA_CPU_PICK(set, softmax_rows),
           plain_logits{s.scale()});
  }
};
template <>
struct kernel<"cross_attention_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const attention_shape s = cross_shape(a.inputs[1], a.inputs[2], a.attr.a);
    const float* k = a.in<float>(2);
    float* dk = a.out<float>(1);
    const attention_operands x{a.in<float>(1),  k,
                               k + s.width(),   a.in<float>(0),
                               a.in<float>(3),  a.in<float>(4),
                               a.out<float>(0), dk,
                               dk == nullptr ? nullptr : dk + s.width()};
    attend_backward(a.pool, s, x, 1, *TESSERA_CPU_PICK(set, gemm_set),
                    TESSERA_CPU_PICK(set, attention_gradient_rows), plain_logits{s.scale()},
                    plain_slopes());
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
