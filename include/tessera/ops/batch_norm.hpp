#pragma once
// batch_norm over all rows of the batch, per channel: x (.., C).
//
// batch_norm (training): (x, gamma, beta) -> y, mean (C), rstd (C), unbiased variance (C).
//     y = (x - mean) rstd gamma + beta, biased variance in rstd = 1 / sqrt(var + eps); gradient as
//     layer_norm's, with means over the rows. The setting is eps.
// batch_norm_inference: (x, gamma, beta, running mean, running variance) -> y.
// update_running: (statistic (C)) -> the state: state = (1 - m) state + m statistic, m the setting.
//     Its output is the state's own slice; the graph emits these last.
// Source: Ioffe & Szegedy 2015; the numerics of nn.BatchNorm2d (unbiased variance when running).

#include "tessera/graph/op.hpp"

namespace tessera::inline v0 {

template <>
struct op<"batch_norm_gradient"> {  // (dy, x, gamma, mean, rstd) -> dx, dgamma, dbeta
  static constexpr int outputs = 3;
  static constexpr unsigned accumulates = 6, optional = 7;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 1);
    g.set(n, 0, x);
    g.set(n, 1, {1, 0, 1, {x.last()}});
    g.set(n, 2, {1, 0, 1, {x.last()}});
  }
};

template <>
struct op<"batch_norm_inference_gradient"> {  // (dy, x, gamma, mean, variance) -> dx, dgamma, dbeta
  static constexpr int outputs = 3;
  static constexpr unsigned accumulates = 6, optional = 7;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    op<"batch_norm_gradient">::infer(g, n);
  }
};

template <>
struct op<"batch_norm"> {
  static constexpr int outputs = 4;
  static constexpr unsigned optional = 14;
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    must_equal(g, x.last(), g.in_shape(n, 1).last());
    g.set(n, 0, x);
    for (int i = 1; i < 4; ++i) g.set(n, i, {1, 0, 1, {x.last()}}, role::statistic);
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dx = emit<"batch_norm_gradient">(
        g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output + 1, n.output + 2});
    for (int i = 0; i < 3; ++i) d.add(n, i, dx + i);
  }
};

template <>
struct op<"batch_norm_inference"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
  TESSERA_COLD static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dx = emit<"batch_norm_inference_gradient">(
        g, {d.of(n), g.in(n, 0), g.in(n, 1), g.in(n, 3), g.in(n, 4)}, {}, n.settings);
    for (int i = 0; i < 3; ++i) d.add(n, i, dx + i);
  }
};

template <>
struct op<"update_running"> {
  TESSERA_COLD static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 0)));
  }
};

}  // namespace tessera::inline v0
