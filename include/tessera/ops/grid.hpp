#pragma once
// Ops on tokens that lie on a grid: x (gh * gw, C) per sample, row-major.
//
// pool_average    a = gh, b = gw, c = pool: y[i, j] = mean of its pool x pool cells. MACs: none.
// depthwise_conv  a = gh, b = gw, c = k: cross-correlation of each channel with its own k x k
//                 kernel, zero padding k / 2, stride 1. W (C, 1, k, k), bias (C). MACs: cells C k^2.
//                 Gradients: dx correlates dy with the flipped kernel; dW sums x dy; db sums dy.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {
TESSERA_COLD constexpr std::int64_t depthwise_macs(const graph& g, const node& n) {
  const shape& x = g.in_shape(n, 0);
  return x.k * x.per_sample() * n.attr.c * n.attr.c;
}
}  // namespace detail

template <>
struct op<"pool_average_gradient"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, {x.k, x.power, 2, {n.attr.a * n.attr.b, x.last()}});
  }
};

template <>
struct op<"pool_average"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.dims[0], std::int64_t(n.attr.a) * n.attr.b);
    g.set(n, 0, {x.k, x.power, 2, {n.attr.a / n.attr.c * (n.attr.b / n.attr.c), x.last()}});
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"pool_average_gradient">(g, {d.of(n)}, n.attr));
  }
};

template <>
struct op<"depthwise_conv_input_gradient"> {  // (dy, W) -> dx
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::depthwise_macs(g, n);
  }
};

template <>
struct op<"depthwise_conv_weight_gradient"> {  // (dy, x) -> dW (C, 1, k, k), db (C)
  static constexpr int outputs = 2;
  static constexpr unsigned accumulates = 3, optional = 3;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const int c = g.in_shape(n, 0).last(), k = n.attr.c;
    g.set(n, 0, {1, 0, 4, {c, 1, k, k}});
    g.set(n, 1, {1, 0, 1, {c}});
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::depthwise_macs(g, n);
  }
};

template <>
struct op<"depthwise_conv"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.dims[0], std::int64_t(n.attr.a) * n.attr.b);
    must_equal(g, x.last(), g.in_shape(n, 1).dims[0]);
    g.set(n, 0, x);
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::depthwise_macs(g, n);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    if (d.wants(n, 0))
      d.add(n, 0, emit<"depthwise_conv_input_gradient">(g, {d.of(n), g.in(n, 1)}, n.attr));
    if (d.wants(n, 1) || d.wants(n, 2)) {
      const value_id dw =
          emit<"depthwise_conv_weight_gradient">(g, {d.of(n), g.in(n, 0)}, n.attr);
      d.add(n, 1, dw);
      d.add(n, 2, dw + 1);
    }
  }
};

}  // namespace tessera::inline v0
