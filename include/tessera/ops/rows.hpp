#pragma once
// Ops that move rows (tokens). x is (N, D) per sample unless said.
//
// slice_rows     y = x[a : a + b]                             gradient: pad_rows
// pad_rows       y (c, D) = 0 but y[a : a + N] = x            gradient: slice_rows
// prepend_token  x (N, D), tokens (.., M, D) without batch -> y = [tokens; x] (M + N, D)
// prepend_rows   y = [head; x], head (M, D) per sample        gradient: slices
// add_position   y = x + table[a : a + N]; table (.., T, D) without batch: learned or fixed
// batch_sum      y (d, D) = 0 but y[c : c + b] = sum over the batch of x[a : a + b]
// mean_rows      y (D) = mean of x[a : N]                     gradient: spread_rows
// spread_rows    y (b, D) = 0 but y[a : b] = x / (b - a)      gradient: not needed

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {

TESSERA_COLD constexpr shape with_rows(shape s, int rows) {
  s.rank = 2;
  s.dims[1] = s.last();
  s.dims[0] = rows;
  return s;
}
TESSERA_COLD constexpr shape matrix(const shape& like, int rows, int columns) {
  return {like.k, like.power, 2, {rows, columns}};
}

}  // namespace detail

// Records that `part` must be positive and divide `whole`.
constexpr bool must_divide(graph& g, int part, std::int64_t whole) {
  const bool divides = part > 0 && whole % part == 0;
  if (!divides) g.fail(issue::shapes_differ, part, static_cast<int>(whole));
  return divides;
}

template <>
struct op<"slice_rows"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    if (n.attr.a + n.attr.b > x.dims[0]) g.fail(issue::shapes_differ, n.attr.b, x.dims[0]);
    g.set(n, 0, detail::matrix(x, n.attr.b, x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"pad_rows"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, detail::matrix(x, n.attr.c, x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"batch_sum"> {
  static constexpr unsigned accumulates = 1;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, {1, 0, 2, {n.attr.d, g.in_shape(n, 0).last()}});
  }
};

template <>
struct op<"prepend_token"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.last(), g.in_shape(n, 1).last());
    const auto tokens = static_cast<int>(g.in_shape(n, 1).count(1) / g.in_shape(n, 1).last());
    g.set(n, 0, detail::matrix(x, x.dims[0] + tokens, x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"prepend_rows"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.last(), g.in_shape(n, 1).last());
    g.set(n, 0, detail::matrix(x, x.dims[0] + g.in_shape(n, 1).dims[0], x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"add_position"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const shape& table = g.in_shape(n, 1);
    must_equal(g, x.last(), table.last());
    if (n.attr.a + x.dims[0] > table.dims[table.rank - 2])
      g.fail(issue::shapes_differ, x.dims[0], table.dims[table.rank - 2]);
    g.set(n, 0, x);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"mean_rows"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, {x.k, x.power, 1, {x.last()}});
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"spread_rows"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, detail::matrix(x, n.attr.b, x.last()));
  }
};

constexpr void op<"slice_rows">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"pad_rows">(g, {d.of(n)}, {n.attr.a, 0, g.in_shape(n, 0).dims[0]}));
}

constexpr void op<"pad_rows">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"slice_rows">(g, {d.of(n)}, {n.attr.a, g.in_shape(n, 0).dims[0]}));
}

constexpr void op<"prepend_token">::gradient(graph& g, const node& n, backward& d) {
  const int rows = g.in_shape(n, 0).dims[0], tokens = g.shape_of(n.output).dims[0] - rows;
  if (d.wants(n, 0)) d.add(n, 0, emit<"slice_rows">(g, {d.of(n)}, {tokens, rows}));
  if (d.wants(n, 1)) d.add(n, 1, emit<"batch_sum">(g, {d.of(n)}, {0, tokens, 0, tokens}));
}

constexpr void op<"prepend_rows">::gradient(graph& g, const node& n, backward& d) {
  const int rows = g.in_shape(n, 0).dims[0], head = g.in_shape(n, 1).dims[0];
  if (d.wants(n, 0)) d.add(n, 0, emit<"slice_rows">(g, {d.of(n)}, {head, rows}));
  if (d.wants(n, 1)) d.add(n, 1, emit<"slice_rows">(g, {d.of(n)}, {0, head}));
}

constexpr void op<"add_position">::gradient(graph& g, const node& n, backward& d) {
  if (d.wants(n, 1)) {
    const int rows = g.in_shape(n, 0).dims[0];
    const shape& table = g.in_shape(n, 1);
    d.add(n, 1, emit<"batch_sum">(g, {d.of(n)}, {0, rows, n.attr.a, table.dims[table.rank - 2]}));
  }
  d.add(n, 0, d.of(n));
}

constexpr void op<"mean_rows">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"spread_rows">(g, {d.of(n)}, {n.attr.a, g.in_shape(n, 0).dims[0]}));
}

}  // namespace tessera::inline v0
