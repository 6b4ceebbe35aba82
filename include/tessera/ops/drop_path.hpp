#pragma once
// drop_path  stochastic depth: a sample is kept with probability 1 - rate, y = x / (1 - rate), else
// y = 0. Kept where u >= rate, u ~ U[0, 1) from Philox (step, site, sample, copy): the same on any
// backend, thread count and batch split, and in the gradient, which is the op itself on dy. Copies
// of a sample (k > 1) draw each for themselves, so windows are put together first. Two of these ops
// in one scope would draw alike: each has a scope of its own. `rate` in [0, 1] is the setting, else
// an error; builders leave the op out where it is 0. Source: Huang et al. 2016; timm's DropPath.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"drop_path"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"drop_path">(g, {d.of(n)}, n.attr, n.settings));
  }
};

}  // namespace tessera::inline v0
