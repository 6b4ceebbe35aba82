#pragma once
// linear  y = x W^T + b.  x (.., K), W (N, K), b (N) or absent -> y (.., N).
// Gradients: dx = dy W;  dW = dy^T x;  db = sum of the rows of dy. MACs: rows * N * K.
// W may be a view: the kernel of a strided convolution (D, C, p, p) read as (D, C p p).

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {

// All rows of a value with `last` columns, per sample.
TESSERA_COLD constexpr std::int64_t rows_of(const shape& s) {
  return s.k * s.per_sample() / s.last();
}
TESSERA_COLD constexpr shape with_last(shape s, int last) {
  s.dims[s.rank - 1] = last;
  return s;
}

// Of (rows, W (N, K)): rows * N * K, and (N, K).
TESSERA_COLD constexpr std::int64_t linear_macs(const graph& g, const node& n) {
  const shape& w = g.in_shape(n, 1);
  return rows_of(g.in_shape(n, 0)) * w.dims[0] * w.dims[1];
}
TESSERA_COLD constexpr op_key linear_key(const graph& g, const node& n) {
  const shape& w = g.in_shape(n, 1);
  return {w.dims[0], w.dims[1]};
}

}  // namespace detail

template <>
struct op<"linear_input_gradient"> {  // (dy (.., N), W (N, K)) -> dx (.., K)
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, detail::with_last(g.in_shape(n, 0), g.in_shape(n, 1).dims[1]));
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::linear_macs(g, n);
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    return detail::linear_key(g, n);
  }
};

template <>
struct op<"linear_weight_gradient"> {  // (dy (.., N), x (.., K)) -> dW (N, K), db (N)
  static constexpr int outputs = 2;
  static constexpr unsigned accumulates = 3, optional = 3;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const int rows = g.in_shape(n, 0).last(), columns = g.in_shape(n, 1).last();
    g.set(n, 0, {1, 0, 2, {rows, columns}});
    g.set(n, 1, {1, 0, 1, {rows}});
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::rows_of(g.in_shape(n, 0)) * g.in_shape(n, 0).last() * g.in_shape(n, 1).last();
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    return {g.in_shape(n, 0).last(), g.in_shape(n, 1).last()};
  }
};

template <>
struct op<"linear"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const shape& w = g.in_shape(n, 1);
    must_equal(g, x.last(), w.dims[1]);
    g.set(n, 0, detail::with_last(x, w.dims[0]));
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::linear_macs(g, n);
  }
  TESSERA_COLD static constexpr op_key key(const graph& g, const node& n) {
    return detail::linear_key(g, n);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    if (d.wants(n, 0)) d.add(n, 0, emit<"linear_input_gradient">(g, {d.of(n), g.in(n, 1)}));
    if (d.wants(n, 1) || d.wants(n, 2)) {
      const value_id dw = emit<"linear_weight_gradient">(g, {d.of(n), g.in(n, 0)});
      d.add(n, 1, dw);
      d.add(n, 2, dw + 1);
    }
  }
};

}  // namespace tessera::inline v0
