#pragma once
// window_attention  self-attention in windows with a bias on the logits and, where windows were
// shifted, a mask between what was not neighbours before the roll.
// qkv (k * windows) x (T, 3 A) as to_windows lays them, bias (H, T, T) without batch, or absent
// -> y (T, A) and the log-sum-exp of each row of logits (H, T):
//     y_i = sum_j p_ij v_j,   p = softmax_j(q_i . k_j / sqrt(A / H) + bias_hij + mask_ij)
// attributes: a = H, b = windows down, c = windows across, d = height of a window,
//             e = shift down, f = shift across; b, c and d are read where there is a shift.
// mask: in the last row of windows tokens are of two bands, local row < d - e and the rest (e > 0);
// likewise columns; -100 between tokens of different bands, else 0. Source: Swin (Liu et al. 2021).
// Gradient: as attention; dbias sums ds over batch and windows. MACs: 2 T^2 A, 5 T^2 A backward.
//
// decomposed_attention  without mask, T = h * w tokens (y, x), logits
//     q_i . k_j / sqrt(A / H) + q_i . down[y_i - y_j + h - 1] + q_i . across[x_i - x_j + w - 1]:
// down (2 h - 1, A / H), across (2 w - 1, A / H) without batch, shared by the heads; the query of
// the positions is not divided by the root. attributes: a = H, b = h. MACs: 2 T^2 A of the
// products and T (h + w) A of the positions. Source: Li et al. 2022 (ViTDet), numerics of timm's.

#include "tessera/ops/rows.hpp"

namespace tessera::inline v0 {

namespace detail {

// MACs of the two products of attention over windows of T tokens, width A.
TESSERA_COLD constexpr std::int64_t window_products(const shape& qkv) {
  return std::int64_t(qkv.k) * qkv.dims[0] * qkv.dims[0] * (qkv.last() / 3);
}
// y and the statistics of self-attention by a.a heads on qkv.
TESSERA_COLD constexpr void infer_attention(graph& g, const node& n) {
  const shape x = g.in_shape(n, 0);
  must_equal(g, x.rank, 2);
  must_divide(g, 3, x.last());
  must_divide(g, n.attr.a, x.last() / 3);
  g.set(n, 0, matrix(x, x.dims[0], x.last() / 3));
  g.set(n, 1, matrix(x, n.attr.a, x.dims[0]), role::statistic);
}

}  // namespace detail

template <>
struct op<"window_attention_gradient"> {  // (dy, qkv, bias, y, log-sum-exp) -> dqkv, dbias
  static constexpr int outputs = 2;
  static constexpr unsigned accumulates = 2, optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const int t = g.in_shape(n, 1).dims[0];
    g.set(n, 0, shape(g.in_shape(n, 1)));
    g.set(n, 1, {1, 0, 3, {n.attr.a, t, t}});
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return 5 * detail::window_products(g.in_shape(n, 1));
  }
};

template <>
struct op<"window_attention"> {
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const attributes& a = n.attr;
    detail::infer_attention(g, n);
    if (g.in(n, 1) != absent) {
      must_equal(g, g.in_shape(n, 1).power, 0);
      must_equal(g, g.in_shape(n, 1).count(1), std::int64_t(a.a) * x.dims[0] * x.dims[0]);
    }
    if (a.e > 0 || a.f > 0) {
      must_divide(g, a.b > 0 ? a.b * a.c : 0, x.k);
      must_divide(g, a.d, x.dims[0]);
    }
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return 2 * detail::window_products(g.in_shape(n, 0));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dx = emit<"window_attention_gradient">(
        g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output, n.output + 1}, n.attr);
    d.add(n, 0, dx);
    d.add(n, 1, dx + 1);
  }
};

template <>
struct op<"decomposed_attention_gradient"> {  // (dy, qkv, down, across, y, log-sum-exp)
  static constexpr int outputs = 3;           // -> dqkv, ddown, dacross
  static constexpr unsigned accumulates = 6, optional = 6;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    for (int i = 0; i < 3; ++i) g.set(n, i, shape(g.in_shape(n, i + 1)));
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return 5 * detail::window_products(g.in_shape(n, 1));
  }
};

template <>
struct op<"decomposed_attention"> {
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const shape &down = g.in_shape(n, 1), &across = g.in_shape(n, 2);
    detail::infer_attention(g, n);
    must_divide(g, n.attr.b, x.dims[0]);
    must_equal(g, down.count(1), (2 * n.attr.b - 1) * channels(x, n.attr));
    must_equal(g, across.count(1), (2 * width(x, n.attr) - 1) * channels(x, n.attr));
    must_equal(g, down.power + across.power, 0);
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    return 2 * detail::window_products(x) +
           std::int64_t(x.k) * x.dims[0] * (n.attr.b + width(x, n.attr)) * (x.last() / 3);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dx = emit<"decomposed_attention_gradient">(
        g, {d.of(n), g.in(n, 0), g.in(n, 1), g.in(n, 2), n.output, n.output + 1}, n.attr);
    for (int i = 0; i < 3; ++i) d.add(n, i, dx + i);
  }

 private:
  static constexpr std::int64_t channels(const shape& x, const attributes& a) {  // of a head
    return a.a > 0 ? x.last() / 3 / a.a : 0;
  }
  static constexpr std::int64_t width(const shape& x, const attributes& a) {  // of a window
    return a.b > 0 ? x.dims[0] / a.b : 0;
  }
};

}  // namespace tessera::inline v0
