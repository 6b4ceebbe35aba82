#pragma once
// Ops along the channels, the last dimension. x (.., C).
//
// scale_channels      y = x * gamma, gamma (C) without batch (LayerScale, Touvron et al. 2021).
//                     Gradients: dx = dy * gamma; dgamma = sum over all rows of dy * x.
// concat_channels     y (.., C1 + C2) = [a, b]; gradient: slice_channels.
// slice_channels      y = x[.., a : a + b]; gradient: pad_channels.
// pad_channels        y (.., c) = 0 but y[.., a : a + C] = x; gradient: slice_channels.
// normalise_channels  images (C, H, W), so the first dimension: y[c] = (x[c] - mean_c) /
//                     deviation_c. The settings are mean_0, deviation_0, mean_1, ... of the first
//                     attributes.a channels, then they repeat. Gradient: dy[c] / deviation_c.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {
TESSERA_COLD constexpr shape with_channels(shape s, int channels) {
  if (s.rank > 0) s.dims[s.rank - 1] = channels;
  return s;
}
}  // namespace detail

template <>
struct op<"scale_channels_gradient"> {  // (dy, x) -> dgamma
  static constexpr unsigned accumulates = 1;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, {1, 0, 1, {g.in_shape(n, 0).last()}});
  }
};

template <>
struct op<"scale_channels"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 0).last(), g.in_shape(n, 1).count(2));
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    if (d.wants(n, 0)) d.add(n, 0, emit<"scale_channels">(g, {d.of(n), g.in(n, 1)}));
    if (d.wants(n, 1)) d.add(n, 1, emit<"scale_channels_gradient">(g, {d.of(n), g.in(n, 0)}));
  }
};

template <>
struct op<"slice_channels"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    if (n.attr.a < 0 || n.attr.b < 1 || n.attr.b > x.last() - n.attr.a)
      g.fail(issue::shapes_differ, n.attr.b, x.last());
    g.set(n, 0, detail::with_channels(x, n.attr.b));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"pad_channels"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    if (n.attr.a < 0 || x.last() > n.attr.c - n.attr.a)
      g.fail(issue::shapes_differ, x.last(), n.attr.c);
    g.set(n, 0, detail::with_channels(x, n.attr.c));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"slice_channels">(g, {d.of(n)}, {n.attr.a, g.in_shape(n, 0).last()}));
  }
};

constexpr void op<"slice_channels">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"pad_channels">(g, {d.of(n)}, {n.attr.a, 0, g.in_shape(n, 0).last()}));
}

template <>
struct op<"concat_channels"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape a = g.in_shape(n, 0), b = g.in_shape(n, 1);
    must_equal(g, a.power, b.power);
    must_equal(g, a.count(1) * b.last(), b.count(1) * a.last());
    g.set(n, 0, detail::with_channels(a, a.last() + b.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const int first = g.in_shape(n, 0).last(), second = g.in_shape(n, 1).last();
    if (d.wants(n, 0)) d.add(n, 0, emit<"slice_channels">(g, {d.of(n)}, {0, first}));
    if (d.wants(n, 1)) d.add(n, 1, emit<"slice_channels">(g, {d.of(n)}, {first, second}));
  }
};

template <>
struct op<"normalise_channels_gradient"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
};

template <>
struct op<"normalise_channels"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    if (n.attr.a < 1) g.fail(issue::shapes_differ, n.attr.a, g.in_shape(n, 0).dims[0]);
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"normalise_channels_gradient">(g, {d.of(n)}, n.attr, n.settings));
  }
};

}  // namespace tessera::inline v0
