#pragma once
// Activations of one form, y = x s(a x + b x^3) with s(z) = 1 / (1 + exp(-z)):
// silu        a = 1, b = 0                             Elfwing et al. 2018
// quick_gelu  a = 1.702, b = 0                         Hendrycks & Gimpel 2016, as CLIP has it
// gelu_tanh   a = 2 sqrt(2 / pi), b = 0.044715 a       the same as x / 2 (1 + tanh(sqrt(2 / pi)
//             (x + 0.044715 x^3))), since (1 + tanh(z)) / 2 = s(2 z); Hendrycks & Gimpel 2016
// Gradient: dx = dy (s + x s (1 - s) (a + 3 b x^2)).

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {

struct swish_form {
  double a, b;
};
inline constexpr swish_form silu_form{1, 0}, quick_gelu_form{1.702, 0},
    gelu_tanh_form{1.5957691216057308, 0.044715 * 1.5957691216057308};

struct swish_gradient {  // (dy, x) -> dx
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};
template <name Gradient>
struct swish {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<Gradient>(g, {d.of(n), g.in(n, 0)}));
  }
};

}  // namespace detail

template <>
struct op<"silu_gradient"> : detail::swish_gradient {};
template <>
struct op<"quick_gelu_gradient"> : detail::swish_gradient {};
template <>
struct op<"gelu_tanh_gradient"> : detail::swish_gradient {};
template <>
struct op<"silu"> : detail::swish<"silu_gradient"> {};
template <>
struct op<"quick_gelu"> : detail::swish<"quick_gelu_gradient"> {};
template <>
struct op<"gelu_tanh"> : detail::swish<"gelu_tanh_gradient"> {};

}  // namespace tessera::inline v0
