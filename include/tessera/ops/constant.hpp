#pragma once
// constant      y = s everywhere, s a setting, extents of the input (which is not read). No gradient.
// scale         y = s * x. Gradient: s * dy.
// weighted_sum  y = sum_i s_i x_i of scalars, s a run of settings: how losses join.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"constant"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
};

template <>
struct op<"scale"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"scale">(g, {d.of(n)}, {}, n.settings));
  }
};

template <>
struct op<"weighted_sum"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    for (int i = 0; i < n.inputs; ++i)
      if (d.wants(n, i)) d.add(n, i, emit<"scale">(g, {d.of(n)}, {}, n.settings + i));
  }
};

}  // namespace tessera::inline v0
