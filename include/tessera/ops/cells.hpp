#pragma once
// Ops that move the cells of a token grid. x (gh * gw, C) per sample, row-major.
//
// unfold_cells  a = gh, b = gw, c = k, d = stride, e = zero padding: what a k x k convolution on
//               the grid reads, (rows * columns, C k k), channel slowest. Gradient: fold_cells, its
//               adjoint (sums overlaps).
// merge_cells   a = gh, b = gw: 2 x 2 cells become one of 4 C channels, in the order of their
//               places (0, 0), (1, 0), (0, 1), (1, 1) as (row, column); odd sides are padded with
//               zeros at the right and bottom. Gradient: unmerge_cells. Source: Swin's merging.
// split_cells   a = gh, b = gw: x (gh * gw, 4 C) -> (2 gh * 2 gw, C), channel 4 c + 2 dy + dx of a
//               cell goes to channel c of its cell (dy, dx): a pixel shuffle. Gradient:
//               unsplit_cells.
// select_cells  a = gh, b = gw, c = step >= 1: every step-th cell of both directions, from 0.
//               Gradient: place_cells (zeros elsewhere).
// pool_max      a = gh, b = gw, c = pool: largest of pool x pool cells, and the place of it within
//               them (row-major, the first of equals; a NaN is largest). Cells at the right and
//               bottom that no whole pool holds are left out. Gradient: pool_max_gradient.
// resize_cells  a = gh, b = gw, c = new gh, d = new gw, e = how, a resize_mode: y[i, j] = sum over
//               (v, u) of w_i[v] w_j[u] x[v, u], with the weights of tensor/resize_axis.hpp
//               (PyTorch's interpolate without align_corners). Gradient: its adjoint,
//               resize_cells_gradient.

#include "tessera/ops/patches.hpp"
#include "tessera/ops/rows.hpp"
#include "tessera/tensor/resize_axis.hpp"

namespace tessera::inline v0 {

namespace detail {
TESSERA_COLD constexpr int halved(int side) { return (side + 1) / 2; }
// Cells of a side that a step of at least 1 meets.
TESSERA_COLD constexpr int selected_along(int side, int step) {
  return side > 0 && step > 0 ? (side - 1) / step + 1 : 0;
}
TESSERA_COLD constexpr int selected_cells(const attributes& a) {
  return selected_along(a.a, a.c) * selected_along(a.b, a.c);
}
// Cells of what unfold_cells reads, none where the kernel does not fit.
TESSERA_COLD constexpr int unfolded_cells(const attributes& a) {
  if (a.c < 1 || a.c > a.a + 2 * a.e || a.c > a.b + 2 * a.e) return 0;
  return patches_along(a.a, a.c, a.d, a.e) * patches_along(a.b, a.c, a.d, a.e);
}
TESSERA_COLD constexpr int pooled_cells(const attributes& a) {
  return a.c > 0 ? a.a / a.c * (a.b / a.c) : 0;
}
// Records that x must be a grid of a.a x a.b cells.
TESSERA_COLD constexpr void must_be_grid(graph& g, const shape& x, const attributes& a) {
  if (a.a < 1 || a.b < 1) g.fail(issue::shapes_differ, a.a, a.b);
  must_equal(g, x.dims[0], std::int64_t(a.a) * a.b);
}
TESSERA_COLD constexpr void must_be_some(graph& g, int cells, const attributes& a) {
  if (cells < 1) g.fail(issue::shapes_differ, a.c, a.a);
}
}  // namespace detail

template <>
struct op<"unfold_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const int cells = detail::unfolded_cells(n.attr);
    detail::must_be_grid(g, x, n.attr);
    detail::must_be_some(g, cells, n.attr);
    g.set(n, 0, detail::matrix(x, cells, x.last() * n.attr.c * n.attr.c));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"fold_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const int taps = n.attr.c * n.attr.c, cells = detail::unfolded_cells(n.attr);
    detail::must_be_some(g, cells, n.attr);
    must_equal(g, x.dims[0], cells);
    const int channels = must_divide(g, taps, x.last()) ? x.last() / taps : 0;
    g.set(n, 0, detail::matrix(x, n.attr.a * n.attr.b, channels));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"unfold_cells">(g, {d.of(n)}, n.attr));
  }
};

constexpr void op<"unfold_cells">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"fold_cells">(g, {d.of(n)}, n.attr));
}

template <>
struct op<"unmerge_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.dims[0], detail::halved(n.attr.a) * detail::halved(n.attr.b));
    must_divide(g, 4, x.last());
    g.set(n, 0, detail::matrix(x, n.attr.a * n.attr.b, x.last() / 4));
  }
};

template <>
struct op<"merge_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    detail::must_be_grid(g, x, n.attr);
    g.set(n, 0,
          detail::matrix(x, detail::halved(n.attr.a) * detail::halved(n.attr.b), 4 * x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"unmerge_cells">(g, {d.of(n)}, n.attr));
  }
};

template <>
struct op<"unsplit_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.dims[0], 4 * std::int64_t(n.attr.a) * n.attr.b);
    g.set(n, 0, detail::matrix(x, n.attr.a * n.attr.b, 4 * x.last()));
  }
};

template <>
struct op<"split_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    detail::must_be_grid(g, x, n.attr);
    must_divide(g, 4, x.last());
    g.set(n, 0, detail::matrix(x, 4 * n.attr.a * n.attr.b, x.last() / 4));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"unsplit_cells">(g, {d.of(n)}, n.attr));
  }
};

template <>
struct op<"place_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const int cells = detail::selected_cells(n.attr);
    detail::must_be_some(g, cells, n.attr);
    must_equal(g, x.dims[0], cells);
    g.set(n, 0, detail::matrix(x, n.attr.a * n.attr.b, x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d);
};

template <>
struct op<"select_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const int cells = detail::selected_cells(n.attr);
    detail::must_be_grid(g, x, n.attr);
    detail::must_be_some(g, cells, n.attr);
    g.set(n, 0, detail::matrix(x, cells, x.last()));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"place_cells">(g, {d.of(n)}, n.attr));
  }
};

constexpr void op<"place_cells">::gradient(graph& g, const node& n, backward& d) {
  d.add(n, 0, emit<"select_cells">(g, {d.of(n)}, n.attr));
}

template <>
struct op<"pool_max_gradient"> {  // (dy, place) -> dx
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.dims[0], detail::pooled_cells(n.attr));
    must_equal(g, x.count(2), g.in_shape(n, 1).count(2));
    g.set(n, 0, detail::matrix(x, n.attr.a * n.attr.b, x.last()));
  }
};

template <>
struct op<"pool_max"> {
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const shape y = detail::matrix(x, detail::pooled_cells(n.attr), x.last());
    detail::must_be_grid(g, x, n.attr);
    detail::must_be_some(g, y.dims[0], n.attr);
    g.set(n, 0, y);
    g.set(n, 1, y, role::index);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"pool_max_gradient">(g, {d.of(n), n.output + 1}, n.attr));
  }
};

template <>
struct op<"resize_cells_gradient"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.dims[0], std::int64_t(n.attr.c) * n.attr.d);
    if (!detail::is_resize_mode(n.attr.e)) g.fail(issue::shapes_differ, n.attr.e, n.attr.e);
    g.set(n, 0, detail::matrix(x, n.attr.a * n.attr.b, x.last()));
  }
};

template <>
struct op<"resize_cells"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    detail::must_be_grid(g, x, n.attr);
    if (n.attr.c < 1 || n.attr.d < 1) g.fail(issue::shapes_differ, n.attr.c, n.attr.d);
    if (!detail::is_resize_mode(n.attr.e)) g.fail(issue::shapes_differ, n.attr.e, n.attr.e);
    g.set(n, 0, detail::matrix(x, n.attr.c * n.attr.d, x.last()));
  }
  static constexpr const char* variant(const attributes& a) {
    return detail::is_resize_mode(a.e) ? detail::resize_mode_names[a.e] : "";
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"resize_cells_gradient">(g, {d.of(n)}, n.attr));
  }
};

}  // namespace tessera::inline v0
