#include <doctest/doctest.h>

#include "support/gradient_check.hpp"

namespace {

using support::gradient_is_derivative;
using support::operands;
using tessera::emit, tessera::graph, tessera::value_id;

template <int Patch, int Stride, int Padding, int Order>
struct unfolded {  // 7 x 5 pixels
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"unfold">(g, {o.sample("x", {2, 7, 5})}, {Patch, Stride, Padding, Order});
  }
};
template <int Patch, int Stride, int Padding, int Order>
struct folded {
  static constexpr value_id build(graph& g, operands& o) {
    const int rows = tessera::patches_along(7, Patch, Stride, Padding) *
                     tessera::patches_along(5, Patch, Stride, Padding);
    return emit<"fold">(g, {o.sample("x", {rows, 2 * Patch * Patch})},
                        {Patch, Stride, Padding, Order, 7, 5});
  }
};
template <int Height, int Width, int Pool>
struct pooled {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"pool_average">(g, {o.sample("x", {Height * Width, 3})}, {Height, Width, Pool});
  }
};
template <int Kernel>
struct convolved {  // 3 x 5 cells
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"depthwise_conv">(
        g,
        {o.sample("x", {15, 3}), o.weight("weight", {3, 1, Kernel, Kernel}), o.weight("bias", {3})},
        {3, 5, Kernel});
  }
};
struct batch_normalised {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"batch_norm">(
        g, {o.sample("x", {5, 3}), o.weight("weight", {3}), o.weight("bias", {3})}, {},
        g.add_setting("eps", 1e-5));
  }
};
struct running_normalised {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"batch_norm_inference">(
        g,
        {o.sample("x", {5, 3}), o.weight("weight", {3}), o.weight("bias", {3}),
         o.fixed("running_mean", {3}), o.fixed("running_var", {3})},
        {}, g.add_setting("eps", 1e-5));
  }
};

}  // namespace

TEST_CASE("the gradient of unfold is its derivative, overlapping and padded too") {
  gradient_is_derivative<unfolded<3, 2, 0, 0>, unfolded<3, 2, 1, 0>, unfolded<3, 1, 1, 1>>();
}
TEST_CASE("the gradient of fold is its derivative, overlapping and padded too") {
  gradient_is_derivative<folded<3, 2, 0, 0>, folded<3, 2, 1, 0>, folded<3, 1, 1, 1>>();
}
TEST_CASE("the gradients of pooling and depthwise convolution are their derivatives") {
  gradient_is_derivative<pooled<9, 3, 3>, pooled<2, 6, 2>, convolved<1>, convolved<3>,
                         convolved<5>>();
}
TEST_CASE("the gradient of batch_norm is its derivative, by batch and by running statistics") {
  gradient_is_derivative<batch_normalised, running_normalised>();
}
