#pragma once
// Over the last dimension, T > 0 the setting (temperature), else an error:
// softmax      y_k = exp(x_k / T) / sum_j exp(x_j / T)
// log_softmax  y_k = x_k / T - log sum_j exp(x_j / T)
// The largest x is taken out first, so no x is too large; x = -infinity has probability 0.
// Gradients, from the output: dx_k = y_k (dy_k - sum_j y_j dy_j) / T and
//                             dx_k = (dy_k - exp(y_k) sum_j dy_j) / T.
// Source: torch.nn.functional.softmax and log_softmax of x / T; Hinton et al. 2015 for T.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {

struct softmax_gradient {  // (dy, y) -> dx
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};
template <name Gradient>
struct softmax {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<Gradient>(g, {d.of(n), n.output}, {}, n.settings));
  }
};

}  // namespace detail

template <>
struct op<"softmax_gradient"> : detail::softmax_gradient {};
template <>
struct op<"softmax"> : detail::softmax<"softmax_gradient"> {};
template <>
struct op<"log_softmax_gradient"> : detail::softmax_gradient {};
template <>
struct op<"log_softmax"> : detail::softmax<"log_softmax_gradient"> {};

}  // namespace tessera::inline v0
