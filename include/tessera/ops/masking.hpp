#pragma once
// Random masking of tokens, as in MAE (He et al. 2021, section 3).
//
// noise         u ~ U[0, 1) per (sample, token) from Philox (step, site, sample, token): (a) per
//               sample, for the batch of its input, which is not read. No gradient.
// order_tokens  noise (N), attributes.a = kept -> kept (a) token ids: the first a of a stable
//               ascending argsort; restore (N): the rank of each token; mask (N): 1 = removed.
// gather_rows   y[i] = x[index[i]]          x (N, D), index (M) -> (M, D). Gradient: scatter_rows
// scatter_rows  y (a, D) = 0, y[index[i]] += x[i]                        Gradient: gather_rows
// restore_rows  x (kept, D), token (.., 1, D), restore (N) -> y (N, D):
//               y[i] = restore[i] < kept ? x[restore[i]] : token

#include "tessera/ops/rows.hpp"

namespace tessera::inline v0 {

template <>
struct op<"noise"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, {x.k, x.power, 1, {n.attr.a}});
  }
};

template <>
struct op<"order_tokens"> {
  static constexpr int outputs = 3;  // kept, restore, mask
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    shape s = g.in_shape(n, 0);
    g.set(n, 1, s, role::index);
    g.set(n, 2, s, role::mask);
    s.dims[0] = n.attr.a;
    g.set(n, 0, s, role::index);
  }
};

template <>
struct op<"gather_rows"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, detail::matrix(x, g.in_shape(n, 1).last(), x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"scatter_rows"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, detail::matrix(x, n.attr.a, x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"restore_rows_gradient"> {  // (dy, restore) -> dx (a, D), dtoken (1, 1, D)
  static constexpr int outputs = 2;
  static constexpr unsigned accumulates = 2, optional = 3;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, detail::matrix(x, n.attr.a, x.last()));
    g.set(n, 1, {1, 0, 3, {1, 1, x.last()}});
  }
};

template <>
struct op<"restore_rows"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.last(), g.in_shape(n, 1).last());
    g.set(n, 0, detail::matrix(x, g.in_shape(n, 2).last(), x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dx = emit<"restore_rows_gradient">(g, {d.of(n), g.in(n, 2)},
                                                      {g.in_shape(n, 0).dims[0]});
    d.add(n, 0, dx);
    d.add(n, 1, dx + 1);
  }
};

constexpr void op<"gather_rows">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0,
        emit<"scatter_rows">(g, {d.of(n), g.in(n, 1)}, {g.in_shape(n, 0).dims[0]}));
}

constexpr void op<"scatter_rows">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"gather_rows">(g, {d.of(n), g.in(n, 1)}));
}

}  // namespace tessera::inline v0
