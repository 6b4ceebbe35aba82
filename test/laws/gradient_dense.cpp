#include <doctest/doctest.h>

#include "support/gradient_check.hpp"

namespace {

using support::gradient_is_derivative;
using support::operands;
using tessera::emit, tessera::graph, tessera::value_id;

struct sum {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"add">(g, {o.sample("x", {5, 3}), o.sample("y", {5, 3})});
  }
};
struct sum_with_itself {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = o.sample("x", {5, 3});
    return emit<"add">(g, {x, emit<"gelu">(g, {x})});
  }
};
struct scaled {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"scale">(g, {o.sample("x", {7})}, {}, g.add_setting("factor", -0.75));
  }
};
struct weighted {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = o.sample("x", {3}), y = o.sample("y", {3}), z = o.sample("z", {3});
    const int first = g.add_setting("a", 0.5);
    g.add_setting("b", -2);
    g.add_setting("c", 3);
    return emit<"weighted_sum">(
        g, {emit<"mse">(g, {x, y}), emit<"mse">(g, {y, z}), emit<"mse">(g, {x, z})}, {}, first);
  }
};
struct biased_linear {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"linear">(
        g, {o.sample("x", {5, 3}), o.weight("weight", {7, 3}), o.weight("bias", {7})});
  }
};
struct unbiased_linear {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"linear">(g, {o.sample("x", {5, 3}), o.weight("weight", {7, 3}), tessera::absent});
  }
};
struct tied_linear {  // one matrix twice
  static constexpr value_id build(graph& g, operands& o) {
    const value_id w = o.weight("weight", {3, 3}), b = o.weight("bias", {3});
    return emit<"linear">(g, {emit<"linear">(g, {o.sample("x", {5, 3}), w, b}), w, b});
  }
};
struct linear_by_a_kernel {  // the matrix is a view
  static constexpr value_id build(graph& g, operands& o) {
    const value_id w = o.weight("weight", {5, 3, 2, 2});
    return emit<"linear">(
        g, {o.sample("x", {3, 12}), g.view(w, {1, 0, 2, {5, 12}}), o.weight("bias", {5})});
  }
};
struct normalised {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"layer_norm">(
        g, {o.sample("x", {5, 7}), o.weight("weight", {7}), o.weight("bias", {7})}, {},
        g.add_setting("eps", 1e-6));
  }
};
template <tessera::name Activation>
struct activated {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<Activation>(g, {o.sample("x", {5, 7})});
  }
};
template <int Tokens, int HeadDim, int Heads>
struct attended {
  static constexpr value_id build(graph& g, operands& o) {
    const int d = HeadDim * Heads;
    return emit<"attention">(g, {o.sample("logits", {Tokens, 3 * d})}, {Heads});
  }
};

}  // namespace

TEST_CASE("the gradients of sums and scaled values are their derivatives") {
  gradient_is_derivative<sum, sum_with_itself, scaled, weighted>();
}
TEST_CASE("the gradient of linear is its derivative, tied and viewed weights too") {
  gradient_is_derivative<biased_linear, unbiased_linear, tied_linear, linear_by_a_kernel>();
}
TEST_CASE("the gradients of layer_norm and of activations are their derivatives") {
  gradient_is_derivative<normalised, activated<"gelu">, activated<"silu">, activated<"quick_gelu">,
                         activated<"gelu_tanh">>();
}
TEST_CASE("the gradient of attention is its derivative, for odd tokens and several heads") {
  gradient_is_derivative<attended<1, 3, 1>, attended<5, 3, 1>, attended<7, 2, 3>>();
}
