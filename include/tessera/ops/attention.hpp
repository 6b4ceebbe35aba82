#pragma once
// attention  multi-head self-attention on a fused projection.
// qkv (T, 3 D): per token [q; k; v], each H heads of D / H consecutive channels (timm's order).
// y (T, D), y_i = sum_j p_ij v_j, p = softmax_j(q_i . k_j / sqrt(D / H)); also the log-sum-exp of
// each row of logits, (H, T), which the gradient recomputes p from. attributes.a = H.
// Gradient, with delta_i = dy_i . y_i: dv_j = sum_i p_ij dy_i; ds_ij = p_ij (dy_i . v_j - delta_i);
//     dq_i = sum_j ds_ij k_j / sqrt(D/H); dk_j = sum_i ds_ij q_i / sqrt(D/H).
// MACs: 2 T^2 D forward, 5 T^2 D backward (one product is computed again).

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"attention_gradient"> {  // (dy, qkv, y, log-sum-exp) -> dqkv
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    const shape& x = g.in_shape(n, 1);
    return 5 * std::int64_t(x.k) * x.dims[0] * x.dims[0] * (x.last() / 3);
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    const shape& x = g.in_shape(n, 1);
    return {x.dims[0], x.last() / 3, n.attr.a};
  }
};

template <>
struct op<"attention"> {
  static constexpr int outputs = 2;  // y, log-sum-exp
  static constexpr unsigned optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.rank, 2);
    g.set(n, 0, resized(x, x.dims[0], x.last() / 3));
    g.set(n, 1, resized(x, n.attr.a, x.dims[0]), role::statistic);
  }
  static constexpr shape resized(shape s, int rows, int columns) {
    s.dims[0] = rows;
    s.dims[1] = columns;
    return s;
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    return 2 * std::int64_t(x.k) * x.dims[0] * x.dims[0] * (x.last() / 3);
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    return {x.dims[0], x.last() / 3, n.attr.a};
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"attention_gradient">(
                    g, {d.of(n), g.in(n, 0), n.output, n.output + 1}, {n.attr.a}));
  }
};

}  // namespace tessera::inline v0
