#pragma once
// dice  logits (.., K), labels (..) index; p the softmax of a row, y = 1 for its label, else 0.
//       Over the rows (cells) of one sample, the loss a scalar without batch:
//           1 - mean over samples and classes of n_k / d_k,
//           n_k = 2 sum p_k y_k + s,  d_k = sum p_k + sum y_k + s,  s > 0 the setting.
//       The sum over samples runs in double, in sample order. Also the log-sum-exp (..) of each
//       row, and n, d (2, K) of each sample.
// A class that a sample does not show counts s / (sum p_k + s): near 1 where none of it is seen.
// Gradient to the logits: dp_k = up (n_k / d_k - 2 y_k) / (d_k S K) through the softmax.
// Source: Milletari et al. 2016 (V-Net, with squares in d); s = 1 and sums as here in Cheng et al.
// 2022 (Mask2Former).

#include "tessera/graph/op.hpp"
#include "tessera/ops/losses.hpp"

namespace tessera::inline v0 {

template <>
struct op<"dice_gradient"> {  // (up, logits, labels, log-sum-exp, n and d) -> dlogits
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
  }
};

template <>
struct op<"dice"> {
  static constexpr int outputs = 3;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, g.in_shape(n, 1), x.rows());
    g.set(n, 0, detail::scalar);
    g.set(n, 1, x.rows(), role::statistic);
    g.set(n, 2, {x.k, x.power, 2, {2, x.last()}}, role::statistic);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0,
          emit<"dice_gradient">(g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output + 1, n.output + 2}));
  }
};

}  // namespace tessera::inline v0
