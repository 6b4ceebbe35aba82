#pragma once
// gelu  y = x * Phi(x) = x / 2 * (1 + erf(x / sqrt 2)), the exact form.
// Gradient: dx = dy * (Phi(x) + x * phi(x)), phi the standard normal density.
// Source: Hendrycks & Gimpel 2016.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"gelu_gradient"> {  // (dy, x) -> dx
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};

template <>
struct op<"gelu"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"gelu_gradient">(g, {d.of(n), g.in(n, 0)}));
  }
};

}  // namespace tessera::inline v0
