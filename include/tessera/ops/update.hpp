#pragma once
// Ops of the update graph. Their operands are whole flat buffers, as long as the weights; only
// slices of kind weight are touched (arguments::slices). Updated in place.
//
// clip_by_norm  (gradients) -> gradients: g *= min(1, c / ||g||_2), c the setting; c <= 0: no clip.
// clip_by_value (gradients) -> gradients: g = min(max(g, -c), c), c the setting; c <= 0: no clip.
// sgd           (weights, gradients, velocity) -> weights; settings lr, momentum, decay:
//               d = g + decay w (slices that decay);  v = momentum v + d;  w -= lr v, or with
//               attribute a = 1 (Nesterov)  w -= lr (d + momentum v).
//               Source: Sutskever et al. 2013, in the form of torch.optim.SGD.
// lars          (weights, gradients, velocity) -> weights; settings lr, momentum, decay, trust:
//               d = g;  slices that decay: d = (g + decay w) trust ||w|| / ||g + decay w||, the
//               norms those of the slice, the quotient 1 where one is 0;  v = momentum v + d;
//               w -= lr v.  Source: You et al. 2017, in the form of MAE's linear probe.
// adamw         (weights, gradients, m, v) -> weights; settings lr, beta1, beta2, eps, decay, step
//               (counted from 1):  w -= lr decay w (slices that decay);  m = b1 m + (1 - b1) g;
//               v = b2 v + (1 - b2) g^2;  w -= lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).
//               Source: Loshchilov & Hutter 2019; the order of torch.optim.AdamW.
// ema           (weights, average) -> average: a = d a + (1 - d) w, d the setting; slices that are not
//               trained are copied.

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

namespace detail {
struct in_place {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
};
}  // namespace detail

template <>
struct op<"clip_by_norm"> : detail::in_place {};
template <>
struct op<"clip_by_value"> : detail::in_place {};
template <>
struct op<"sgd"> : detail::in_place {};
template <>
struct op<"lars"> : detail::in_place {};
template <>
struct op<"adamw"> : detail::in_place {};
template <>
struct op<"ema"> : detail::in_place {};

}  // namespace tessera::inline v0
