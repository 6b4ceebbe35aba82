#include <doctest/doctest.h>

#include "support/gradient_check.hpp"

namespace {

using support::gradient_is_derivative;
using support::operands;
using tessera::emit, tessera::graph, tessera::label, tessera::value_id;

template <int Kernel, int Stride, int Padding>
struct unfolded {  // 3 x 5 cells
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"unfold_cells">(g, {o.sample("x", {15, 2})}, {3, 5, Kernel, Stride, Padding});
  }
};
template <int Kernel, int Stride, int Padding>
struct folded {
  static constexpr value_id build(graph& g, operands& o) {
    const int rows = tessera::patches_along(3, Kernel, Stride, Padding) *
                     tessera::patches_along(5, Kernel, Stride, Padding);
    return emit<"fold_cells">(g, {o.sample("x", {rows, 2 * Kernel * Kernel})},
                              {3, 5, Kernel, Stride, Padding});
  }
};
template <int Height, int Width>
struct merged {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"merge_cells">(g, {o.sample("x", {Height * Width, 3})}, {Height, Width});
  }
};
template <int Height, int Width>
struct split {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"split_cells">(g, {o.sample("x", {Height * Width, 8})}, {Height, Width});
  }
};
template <int Step>
struct selected {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"select_cells">(g, {o.sample("x", {15, 2})}, {3, 5, Step});
  }
};
struct placed {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"place_cells">(g, {o.sample("x", {6, 2})}, {3, 5, 2});
  }
};
template <int Pool>
struct pooled {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"pool_max">(g, {o.sample("x", {15, 2})}, {3, 5, Pool});
  }
};
template <int Height, int Width, tessera::resize_mode Mode = tessera::resize_mode::bilinear>
struct resized {  // of 3 x 5 cells
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"resize_cells">(g, {o.sample("x", {15, 2})},
                                {3, 5, Height, Width, static_cast<int>(Mode)});
  }
};

struct scaled {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"scale_channels">(g, {o.sample("x", {4, 3}), o.weight("gamma", {3})});
  }
};
struct joined {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"concat_channels">(g, {o.sample("x", {4, 3}), o.sample("y", {4, 2})});
  }
};
struct joined_with_itself {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = o.sample("x", {4, 3});
    return emit<"concat_channels">(g, {x, x});
  }
};
struct sliced {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"slice_channels">(g, {o.sample("x", {4, 7})}, {2, 4});
  }
};
struct padded {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"pad_channels">(g, {o.sample("x", {4, 3})}, {2, 0, 7});
  }
};
struct normalised {
  static constexpr value_id build(graph& g, operands& o) {
    const int first = g.add_setting("mean_0", 0.5);
    g.add_setting("deviation_0", 0.25);
    g.add_setting("mean_1", -1);
    g.add_setting("deviation_1", 3);
    return emit<"normalise_channels">(g, {o.sample("x", {3, 2, 2})}, {2}, first);
  }
};
struct rectified {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"relu">(g, {o.sample("x", {5, 7})});
  }
};
// Of the samples 0, 1 and 2 the last is dropped at this site, none at the site 0.
struct dropped {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = o.sample("x", {4, 3});
    const graph::scope here(g, label("drop"));
    return emit<"drop_path">(g, {x}, {}, g.add_setting("rate", 0.25));
  }
};

}  // namespace

TEST_CASE("the gradients of unfolded and folded cells are their derivatives, overlapping too") {
  gradient_is_derivative<unfolded<2, 2, 0>, unfolded<3, 1, 1>, unfolded<3, 2, 1>>();
  gradient_is_derivative<folded<2, 2, 0>, folded<3, 1, 1>, folded<3, 2, 1>>();
}
TEST_CASE("the gradients of merged and split cells are their derivatives, odd sides too") {
  gradient_is_derivative<merged<4, 2>, merged<3, 5>, split<1, 3>, split<2, 2>>();
}
TEST_CASE("the gradients of selected and placed cells are their derivatives") {
  gradient_is_derivative<selected<1>, selected<2>, selected<4>, placed>();
}
TEST_CASE("the gradients of largest and of resized cells are their derivatives") {
  gradient_is_derivative<pooled<1>, pooled<2>, pooled<3>>();
  gradient_is_derivative<resized<3, 5>, resized<6, 7>, resized<2, 2>, resized<1, 9>>();
}
TEST_CASE("the gradients of cells resized by other filters are their derivatives") {
  using mode = tessera::resize_mode;
  gradient_is_derivative<resized<7, 2, mode::nearest>, resized<7, 3, mode::bicubic>,
                         resized<2, 7, mode::bilinear_antialias>,
                         resized<5, 2, mode::bicubic_antialias>>();
}
TEST_CASE("the gradients of ops along channels are their derivatives") {
  gradient_is_derivative<scaled, joined, joined_with_itself, sliced, padded, normalised>();
}
TEST_CASE("the gradients of relu and drop_path are their derivatives") {
  gradient_is_derivative<rectified, dropped>();
}
