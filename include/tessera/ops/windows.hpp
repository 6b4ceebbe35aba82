#pragma once
// Windows on the token grid, and the bias that attention in them adds to its logits.
//
// to_windows    x (gh * gw, C) -> (k * windows) x (wh * ww, C): the grid rolled by (-sh, -sw), then
//               padded with zeros at its right and bottom to whole windows, then cut; windows and
//               their tokens row-major, the windows of a sample one after the other.
//               attributes: a = gh, b = gw, c = wh, d = ww, e = sh, f = sw.
// from_windows  its inverse: windows put together, cropped, rolled back. Same attributes. Each is
//               the gradient of the other.
// relative_bias table ((2 wh - 1)(2 ww - 1), H) without batch -> bias (H, T, T), T = wh * ww:
//               bias[h, (y, x), (v, u)] = table[(y - v + wh - 1)(2 ww - 1) + x - u + ww - 1, h].
//               attributes: a = wh, b = ww. Gradient: sums of dbias per row of the table.
// Source: Liu et al. 2021 (Swin), numerics of timm's SwinTransformer.

#include "tessera/ops/rows.hpp"

namespace tessera::inline v0 {

TESSERA_COLD constexpr int windows_along(int side, int window) {
  return window > 0 && side > 0 ? (side + window - 1) / window : 0;
}

namespace detail {
// Of one grid; none is an issue.
TESSERA_COLD constexpr int window_count(graph& g, const attributes& a) {
  const int windows = windows_along(a.a, a.c) * windows_along(a.b, a.d);
  if (windows < 1) g.fail(issue::shapes_differ, a.c, a.d);
  return windows;
}
constexpr const char* shifted(const attributes& a) { return a.e != 0 || a.f != 0 ? "shifted" : ""; }
}  // namespace detail

template <>
struct op<"to_windows"> {
  static constexpr const char* variant(const attributes& a) { return detail::shifted(a); }
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const int windows = detail::window_count(g, n.attr);
    must_equal(g, x.dims[0], std::int64_t(n.attr.a) * n.attr.b);
    g.set(n, 0, {x.k * windows, x.power, 2, {n.attr.c * n.attr.d, x.last()}});
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"from_windows"> {
  static constexpr const char* variant(const attributes& a) { return detail::shifted(a); }
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const int windows = detail::window_count(g, n.attr);
    must_equal(g, x.dims[0], std::int64_t(n.attr.c) * n.attr.d);
    const int k = must_divide(g, windows, x.k) ? x.k / windows : 1;
    g.set(n, 0, {k, x.power, 2, {n.attr.a * n.attr.b, x.last()}});
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"to_windows">(g, {d.of(n)}, n.attr));
  }
};

constexpr void op<"to_windows">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"from_windows">(g, {d.of(n)}, n.attr));
}

template <>
struct op<"relative_bias_gradient"> {  // dbias -> dtable
  static constexpr unsigned accumulates = 1;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, {1, 0, 2, {(2 * n.attr.a - 1) * (2 * n.attr.b - 1), g.in_shape(n, 0).dims[0]}});
  }
};

template <>
struct op<"relative_bias"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape table = g.in_shape(n, 0);
    const int t = n.attr.a * n.attr.b;
    if (n.attr.a < 1 || n.attr.b < 1) g.fail(issue::shapes_differ, n.attr.a, n.attr.b);
    must_equal(g, table.dims[0], (2 * n.attr.a - 1) * (2 * n.attr.b - 1));
    must_equal(g, table.power, 0);
    g.set(n, 0, {1, 0, 3, {table.last(), t, t}});
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"relative_bias_gradient">(g, {d.of(n)}, n.attr));
  }
};

}  // namespace tessera::inline v0
