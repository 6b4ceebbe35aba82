#pragma once
// Losses of directions: scalars without batch. Rows are those of the last dimension D, of all
// samples; sums over them run in double, in sample order.
//
// cosine_distance  mean over rows of 1 - cos(a, b),
//                  cos(a, b) = a . b / (max(||a||, eps) max(||b||, eps)), eps > 0 the setting
//                  (PyTorch: 1e-8). Gradient to both, for an up of 1 and R rows:
//                  da = -(b' - cos a') / (||a|| R), a' and b' of length 1; -b' / (eps R) where
//                  ||a|| <= eps (there PyTorch, which hides the maximum from its derivative,
//                  differs). Source: torch.nn.functional.cosine_similarity.
// info_nce         queries q, keys k, both (.., D), row i of one belongs to row i of the other and
//                  to no other; logits l_ij = q_i . k_j / T, T > 0 the setting:
//                  loss = mean_i (log sum_j exp l_ij - l_ii); attributes.a = 1: the mean of this
//                  and of the same over columns, mean_j (log sum_i exp l_ij - l_jj). Also
//                  dl (R, R), the loss's gradient to the logits, and the log-sum-exp of row i and,
//                  where a = 1, of column i (.., 2). Rows are as they come: l2_normalise goes
//                  before. Of one row the loss is 0.
//                  Gradient to both: dq = up dl k / T, dk = up dl^T q / T.
//                  Source: van den Oord et al. 2018; Radford et al. 2021 for both directions.

#include "tessera/graph/op.hpp"
#include "tessera/ops/losses.hpp"

namespace tessera::inline v0 {

template <>
struct op<"cosine_distance_gradient"> : detail::comparison_gradient {};
template <>
struct op<"cosine_distance"> : detail::comparison<"cosine_distance_gradient"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 0).last(), g.in_shape(n, 1).last());
    comparison::infer(g, n);
  }
};

template <>
struct op<"info_nce_gradient"> {  // (up, q, k, dl) -> dq, dk
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 3;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
    g.set(n, 1, shape(g.in_shape(n, 2)));
  }
};

template <>
struct op<"info_nce"> {
  static constexpr int outputs = 3;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape q = g.in_shape(n, 0);
    must_equal(g, q, g.in_shape(n, 1));
    must_equal(g, q.last(), g.in_shape(n, 1).last());
    must_equal(g, q.power, 1);
    const int rows = static_cast<int>(q.rows().per_sample());
    shape sums = q.rows();
    sums.dims[sums.rank++] = 2;
    g.set(n, 0, detail::scalar);
    g.set(n, 1, {q.k * q.k, 2, 2, {rows, rows}}, role::statistic);
    g.set(n, 2, sums, role::statistic);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dq = emit<"info_nce_gradient">(
        g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output + 1}, n.attr, n.settings);
    d.add(n, 0, dq);
    d.add(n, 1, dq + 1);
  }
};

}  // namespace tessera::inline v0
