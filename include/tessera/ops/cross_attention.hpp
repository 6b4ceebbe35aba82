#pragma once
// cross_attention  queries of one sequence on keys and values of another.
// q (T, A), kv (M, 2 A): per token [k; v], each H heads of A / H consecutive channels -> y (T, A),
//     y_i = sum_j p_ij v_j,   p = softmax_j(q_i . k_j / sqrt(A / H)),   j < M
// and the log-sum-exp of each row of logits (H, T). attributes.a = H.
// Gradient as that of attention, over M keys. MACs: 2 T M A forward, 5 T M A backward.
// With keys of a reduced grid it is the spatial-reduction attention of PVT (Wang et al. 2021) and
// SegFormer (Xie et al. 2021).

#include "tessera/ops/rows.hpp"

namespace tessera::inline v0 {

namespace detail {
TESSERA_COLD constexpr std::int64_t cross_products(const shape& q, const shape& kv) {
  return std::int64_t(q.k) * q.dims[0] * kv.dims[0] * q.last();
}
}  // namespace detail

template <>
struct op<"cross_attention_gradient"> {  // (dy, q, kv, y, log-sum-exp) -> dq, dkv
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 3;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
    g.set(n, 1, shape(g.in_shape(n, 2)));
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return 5 * detail::cross_products(g.in_shape(n, 1), g.in_shape(n, 2));
  }
};

template <>
struct op<"cross_attention"> {
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape q = g.in_shape(n, 0), kv = g.in_shape(n, 1);
    must_equal(g, q.rank, 2);
    must_equal(g, kv.rank, 2);
    must_equal(g, q.k, kv.k);
    must_equal(g, q.power, kv.power);
    must_equal(g, 2 * std::int64_t(q.last()), kv.last());
    must_divide(g, n.attr.a, q.last());
    g.set(n, 0, q);
    g.set(n, 1, detail::matrix(q, n.attr.a, q.dims[0]), role::statistic);
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return 2 * detail::cross_products(g.in_shape(n, 0), g.in_shape(n, 1));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dx = emit<"cross_attention_gradient">(
        g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output, n.output + 1}, n.attr);
    d.add(n, 0, dx);
    d.add(n, 1, dx + 1);
  }
};

}  // namespace tessera::inline v0
