#pragma once
// layer_norm  y = (x - mean) * rstd * gamma + beta over the last dimension (C), biased variance,
// rstd = 1 / sqrt(var + eps); eps is the setting. Also gives mean and rstd (one per row).
// Gradient, with h = (x - mean) * rstd and g = dy * gamma:
//     dx = rstd * (g - mean_C(g) - h * mean_C(g h));  dgamma = sum_rows dy h;  dbeta = sum_rows dy.
// Source: Ba et al. 2016; the numerics of nn.LayerNorm.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"layer_norm_gradient"> {  // (dy, x, gamma, mean, rstd) -> dx, dgamma (C), dbeta (C)
  static constexpr int outputs = 3;
  static constexpr unsigned accumulates = 6, optional = 7;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 1);
    g.set(n, 0, x);
    g.set(n, 1, {1, 0, 1, {x.last()}});
    g.set(n, 2, {1, 0, 1, {x.last()}});
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    return {g.in_shape(n, 1).last()};
  }
};

template <>
struct op<"layer_norm"> {
  static constexpr int outputs = 3;  // y, mean, rstd
  static constexpr unsigned optional = 6;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.last(), g.in_shape(n, 1).last());
    g.set(n, 0, x);
    shape rows = x;
    --rows.rank;
    g.set(n, 1, rows, role::statistic);
    g.set(n, 2, rows, role::statistic);
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    return {g.in_shape(n, 0).last()};
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dx = emit<"layer_norm_gradient">(
        g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output + 1, n.output + 2});
    d.add(n, 0, dx);
    d.add(n, 1, dx + 1);
    d.add(n, 2, dx + 2);
  }
};

}  // namespace tessera::inline v0
