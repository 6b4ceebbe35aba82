#include <doctest/doctest.h>

#include "support/gradient_check.hpp"

namespace {

using support::gradient_is_derivative;
using support::operands;
using tessera::emit, tessera::graph, tessera::role, tessera::value_id;

template <int Percent>
struct classified {
  static constexpr int classes = 7;
  static constexpr value_id build(graph& g, operands& o) {
    const value_id labels = g.add_input("labels", {1, 1, 0, {}}, role::index);
    return emit<"cross_entropy">(g, {o.sample("logits", {7}), labels}, {},
                                 g.add_setting("smoothing", Percent / 100.0));
  }
};
struct softly_classified {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id targets = g.add_input("targets", {1, 1, 1, {7}});
    return emit<"soft_cross_entropy">(g, {o.sample("logits", {7}), targets});
  }
};
template <int Reduction, int Temperature>
struct taught {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id teacher = g.add_input("teacher_logits", {1, 1, 1, {7}});
    return emit<"kl_divergence">(g, {o.sample("logits", {7}), teacher}, {Reduction},
                                 g.add_setting("temperature", Temperature));
  }
};
struct reconstructed {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id noise = g.add_input("noise", {1, 1, 1, {7}});
    const value_id mask = emit<"order_tokens">(g, {noise}, {3}) + 2;
    return emit<"masked_mse">(
        g, {o.sample("x", {7, 5}), g.add_input("pixels", {1, 1, 2, {7, 5}}), mask});
  }
};
struct compared {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"mse">(g, {o.sample("x", {5, 3}), o.sample("y", {5, 3})});
  }
};
struct compared_robustly {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"smooth_l1">(g, {o.sample("x", {5, 3}), o.sample("y", {5, 3})}, {},
                             g.add_setting("beta", 0.5));
  }
};
struct normalised_rows {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"l2_normalise">(g, {o.sample("x", {5, 3})}, {}, g.add_setting("eps", 1e-12));
  }
};
struct two_losses_of_one_value {  // gradients meet and add
  static constexpr int classes = 5;
  static constexpr value_id build(graph& g, operands& o) {
    const value_id labels = g.add_input("labels", {1, 1, 0, {}}, role::index);
    const value_id y =
        emit<"linear">(g, {o.sample("x", {3}), o.weight("weight", {5, 3}), o.weight("bias", {5})});
    const int smoothing = g.add_setting("smoothing", 0.1), first = g.add_setting("a", 0.5);
    g.add_setting("b", 2);
    return emit<"weighted_sum">(g,
                                {emit<"cross_entropy">(g, {y, labels}, {}, smoothing),
                                 emit<"mse">(g, {y, o.sample("y", {5})})},
                                {}, first);
  }
};

}  // namespace

TEST_CASE("the gradient of cross_entropy is its derivative, with smoothing too") {
  gradient_is_derivative<classified<0>, classified<10>>();
}
TEST_CASE("the gradients of smooth_l1 and l2_normalise are their derivatives") {
  gradient_is_derivative<compared_robustly, normalised_rows>();
}
TEST_CASE("the gradient of soft_cross_entropy is its derivative, whatever the targets sum to") {
  gradient_is_derivative<softly_classified>();
}
TEST_CASE("the gradient of kl_divergence is its derivative, by either reduction") {
  gradient_is_derivative<taught<0, 1>, taught<0, 3>, taught<1, 3>>();
}
TEST_CASE("the gradients of squared errors are their derivatives, masked too") {
  gradient_is_derivative<reconstructed, compared>();
}
TEST_CASE("the gradients of two losses of one value add") {
  gradient_is_derivative<two_losses_of_one_value>();
}
