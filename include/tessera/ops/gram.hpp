#pragma once
// gram  x (N, D), or any rows of the last dimension D: of each sample
//         attributes.a = 0: x^T x (D, D), which channels go together
//         attributes.a = 1: x x^T (N, N), which tokens are alike (their cosines, where x comes out
//                           of l2_normalise)
//       not divided by N or D. A loss of two of them is mse of two nodes.
// Gradient, g the symmetric part dG + dG^T: dx = x g, or g x. MACs: N D^2 or N^2 D.
// Source: Gatys et al. 2016; relation matrices of early exits, Xu et al. 2023 (LGViT); of tokens,
// Simeoni et al. 2025 (DINOv3).

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {

// Rows of one copy of a sample.
TESSERA_COLD constexpr int tokens_of(const shape& x) {
  return x.last() == 0 ? 0 : static_cast<int>(x.per_sample() / x.last());
}
// Of the input `of`: N D^2 or N^2 D.
TESSERA_COLD constexpr std::int64_t gram_macs(const graph& g, const node& n, int of) {
  const shape& x = g.in_shape(n, of);
  return x.k * x.per_sample() * (n.attr.a == 1 ? tokens_of(x) : x.last());
}

}  // namespace detail

template <>
struct op<"gram_gradient"> {  // (dG, x) -> dx
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::gram_macs(g, n, 1);
  }
};

template <>
struct op<"gram"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    const int side = n.attr.a == 1 ? detail::tokens_of(x) : x.last();
    g.set(n, 0, {x.k, x.power, 2, {side, side}});
  }
  TESSERA_COLD static constexpr std::int64_t macs(const graph& g, const node& n) {
    return detail::gram_macs(g, n, 0);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"gram_gradient">(g, {d.of(n), g.in(n, 0)}, n.attr));
  }
};

}  // namespace tessera::inline v0
