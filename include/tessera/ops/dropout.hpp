#pragma once
// dropout  y = x / (1 - p) with probability 1 - p, else 0, each element for itself. Kept where
// u >= p, u ~ U[0, 1) from Philox (step, site, sample, element): the same on any backend, thread
// count and batch split, and in the gradient, which is the op itself on dy, so no mask is stored.
// Copies of a batch (k > 1, copy by copy) continue a sample's elements; windows are no such copies.
// Two of these ops in one scope would draw alike: each has a scope of its own. p in [0, 1] is the
// setting, else an error; at 0 the op is exactly the identity. In evaluation builders leave it out
// (graph::training).
// Source: Srivastava et al. 2014; torch.nn.functional.dropout, whose draws are others.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"dropout"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"dropout">(g, {d.of(n)}, n.attr, n.settings));
  }
};

}  // namespace tessera::inline v0
