#pragma once
// Reverse-mode differentiation: appends to `g` the nodes that compute the gradient of a scalar
// `loss` (B^0) with respect to every parameter of kind weight. Nothing flows through
// stop_gradient, into frozen parameters, or into indices and masks. A loss that depends on no
// weight, or on one only through an op without gradient, is an issue.

#include "tessera/ops/add.hpp"
#include "tessera/ops/constant.hpp"

namespace tessera::inline v0 {

constexpr void differentiate(graph& g, value_id loss) {
  if (!g.ok()) return;
  backward(g, loss, {rules<"add">(), rules<"accumulate">(), rules<"constant">()});
}

}  // namespace tessera::inline v0
