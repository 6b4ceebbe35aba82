#pragma once
// relu  y = max(x, 0). Gradient: dx = dy where y > 0, else 0 (0 at 0).

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"relu_gradient"> {  // (dy, y) -> dx
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};

template <>
struct op<"relu"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"relu_gradient">(g, {d.of(n), n.output}));
  }
};

}  // namespace tessera::inline v0
