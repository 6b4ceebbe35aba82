#include <doctest/doctest.h>

#include "support/gradient_check.hpp"

namespace {

using support::gradient_is_derivative;
using support::operands;
using tessera::emit, tessera::graph, tessera::label, tessera::role, tessera::value_id;

template <tessera::name Op>
struct softened {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<Op>(g, {o.sample("logits", {5, 3})}, {}, g.add_setting("temperature", 2));
  }
};
struct thinned {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = o.sample("x", {5, 3});
    const graph::scope here(g, label("drop"));
    return emit<"dropout">(g, {x}, {}, g.add_setting("p", 0.25));
  }
};
struct turned {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"cosine_distance">(g, {o.sample("x", {5, 3}), o.sample("y", {5, 3})}, {},
                                   g.add_setting("eps", 1e-8));
  }
};
struct turned_short {  // some rows are shorter than eps
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"cosine_distance">(g, {o.sample("x", {5, 3}), o.sample("y", {5, 3})}, {},
                                   g.add_setting("eps", 1.0));
  }
};
template <int OfTokens>
struct related {
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"gram">(g, {o.sample("x", {5, 3})}, {OfTokens});
  }
};
struct related_to {  // both sides of a loss of relations
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = emit<"gram">(g, {o.sample("x", {5, 3})});
    return emit<"mse">(g, {x, emit<"gram">(g, {o.sample("y", {4, 3})})});
  }
};
template <int BothWays>
struct contrasted {  // both towers share one matrix
  static constexpr value_id build(graph& g, operands& o) {
    const value_id w = o.weight("weight", {3, 5});
    const int eps = g.add_setting("eps", 1e-12);
    const value_id q = emit<"linear">(g, {o.sample("q", {5}), w, tessera::absent});
    const value_id k = emit<"linear">(g, {o.sample("k", {5}), w, tessera::absent});
    return emit<"info_nce">(
        g, {emit<"l2_normalise">(g, {q}, {}, eps), emit<"l2_normalise">(g, {k}, {}, eps)},
        {BothWays}, g.add_setting("temperature", 0.5));
  }
};
struct contrasted_tokens {  // pairs of all tokens of the batch
  static constexpr value_id build(graph& g, operands& o) {
    return emit<"info_nce">(g, {o.sample("q", {4, 3}), o.sample("k", {4, 3})}, {1},
                            g.add_setting("temperature", 0.5));
  }
};
struct segmented {
  static constexpr int classes = 4;
  static constexpr value_id build(graph& g, operands& o) {
    const value_id labels = g.add_input("labels", {1, 1, 1, {6}}, role::index);
    return emit<"dice">(g, {o.sample("logits", {6, 4}), labels}, {}, g.add_setting("smooth", 1));
  }
};

}  // namespace

TEST_CASE("the gradients of softmax and log_softmax are their derivatives, at a temperature") {
  gradient_is_derivative<softened<"softmax">, softened<"log_softmax">>();
}
TEST_CASE("the gradient of dropout is its derivative: the same elements are dropped") {
  gradient_is_derivative<thinned>();
}
TEST_CASE("the gradient of cosine_distance is its derivative, of short rows too") {
  gradient_is_derivative<turned, turned_short>();
}
TEST_CASE("the gradient of gram is its derivative, over channels and over tokens") {
  gradient_is_derivative<related<0>, related<1>, related_to>();
}
TEST_CASE("the gradient of info_nce is its derivative, to both sides, over batches and tokens") {
  support::check_gradient_at<contrasted<0>, 3>();
  support::check_gradient_at<contrasted<1>, 5>();
  gradient_is_derivative<contrasted_tokens>();
}
TEST_CASE("the gradient of dice is its derivative") { gradient_is_derivative<segmented>(); }
