#pragma once
// l2_normalise  y = x / max(||x||_2, eps) over the last dimension, eps the setting (PyTorch: 1e-12);
//               also 1 / max(||x||, eps) of each row.
// Gradient: dx = (dy - y (y . dy)) / ||x||, or dy / eps where ||x|| <= eps.
// Source: torch.nn.functional.normalize.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"l2_normalise_gradient"> {  // (dy, y, 1 / max(||x||, eps)) -> dx
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};

template <>
struct op<"l2_normalise"> {
  static constexpr int outputs = 2;
  static constexpr unsigned optional = 2;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, x);
    g.set(n, 1, x.rows(), role::statistic);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"l2_normalise_gradient">(g, {d.of(n), n.output, n.output + 1}, {}, n.settings));
  }
};

}  // namespace tessera::inline v0
