#pragma once
// add         y = a + b, equal extents. Gradient: dy to both.
// accumulate  y (+)= x: how a gradient reaches the flat buffer when the op that made it cannot add.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"accumulate"> {
  static constexpr unsigned accumulates = 1;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
};

template <>
struct op<"add"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 0).count(2), g.in_shape(n, 1).count(2));
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph&, const node& n, backward& d) {
    d.add(n, 0, d.of(n));
    d.add(n, 1, d.of(n));
  }
};

}  // namespace tessera::inline v0
