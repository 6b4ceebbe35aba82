#include <doctest/doctest.h>

#include "support/gradient_check.hpp"

namespace {

using support::gradient_is_derivative;
using support::operands;
using tessera::emit, tessera::graph, tessera::value_id;

struct sliced {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"slice_rows">(g, {o.sample("x", {7, 3})}, {2, 4});
  }
};
struct padded {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"pad_rows">(g, {o.sample("x", {3, 5})}, {2, 0, 7});
  }
};
struct led_by_a_token {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"prepend_token">(g, {o.sample("x", {4, 3}), o.weight("cls_token", {1, 1, 3})});
  }
};
struct led_by_rows {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"prepend_rows">(g, {o.sample("x", {4, 3}), o.sample("head", {2, 3})});
  }
};
struct positioned {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"add_position">(g, {o.sample("x", {4, 3}), o.weight("pos_embed", {1, 7, 3})}, {2});
  }
};
template <int First>
struct averaged {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"mean_rows">(g, {o.sample("x", {6, 3})}, {First});
  }
};

constexpr value_id order(graph& g, int tokens, int kept) {
  const value_id noise = g.add_input("noise", {1, 1, 1, {tokens}});
  return emit<"order_tokens">(g, {noise}, {kept});
}
struct gathered {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"gather_rows">(g, {o.sample("x", {7, 3}), order(g, 7, 3)});
  }
};
struct scattered {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"scatter_rows">(g, {o.sample("x", {3, 5}), order(g, 7, 3)}, {7});
  }
};
struct restored {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"restore_rows">(
        g, {o.sample("x", {3, 5}), o.weight("mask_token", {1, 1, 5}), order(g, 7, 3) + 1});
  }
};

}  // namespace

TEST_CASE("the gradients of slices, paddings and means of rows are their derivatives") {
  gradient_is_derivative<sliced, padded, averaged<0>, averaged<1>>();
}
TEST_CASE("the gradients of leading tokens and positions are their derivatives") {
  gradient_is_derivative<led_by_a_token, led_by_rows, positioned>();
}
TEST_CASE("the gradients of gathered, scattered and restored rows are their derivatives") {
  gradient_is_derivative<gathered, scattered, restored>();
}
