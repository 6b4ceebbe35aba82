#pragma once
// unfold  images (C, H, W) -> patches (rows * columns, C p p): what a strided convolution or a
// reconstruction loss reads. attributes: a = p, b = stride, c = zero padding on each side,
// d = order within a patch: 0 (channel, row, column) as a convolution kernel lies, 1 (row, column,
// channel) as MAE's targets lie. Patches row-major. Gradient: fold, its adjoint (sums overlaps).
//
// normalise_patches  y = (x - mean) / sqrt(var + eps) over the last dimension, var with divisor
// n - 1 (MAE's norm_pix); eps is the setting. It makes targets: no gradient.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

TESSERA_COLD constexpr int patches_along(int side, int patch, int stride, int padding) {
  return stride > 0 && side + 2 * padding >= patch ? (side + 2 * padding - patch) / stride + 1 : 0;
}

template <>
struct op<"unfold"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const int p = n.attr.a;
    g.set(n, 0,
          {x.k, x.power, 2,
           {patches_along(x.dims[1], p, n.attr.b, n.attr.c) *
                patches_along(x.dims[2], p, n.attr.b, n.attr.c),
            x.dims[0] * p * p}});
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"fold"> {  // attributes of unfold, e = H, f = W
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0,
          {x.k, x.power, 3, {x.last() / (n.attr.a * n.attr.a), n.attr.e, n.attr.f}});
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"normalise_patches"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
};

constexpr void op<"unfold">::gradient(graph& g, const node& n, backward& d) {
  const shape x = g.in_shape(n, 0);
  d.add(n, 0,
        emit<"fold">(g, {d.of(n)},
                     {n.attr.a, n.attr.b, n.attr.c, n.attr.d, x.dims[1], x.dims[2]}));
}

constexpr void op<"fold">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"unfold">(g, {d.of(n)}, {n.attr.a, n.attr.b, n.attr.c, n.attr.d}));
}

}  // namespace tessera::inline v0
