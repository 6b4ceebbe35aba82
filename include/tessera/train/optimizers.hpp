#pragma once
// Words of the update graph (ops/update.hpp has the formulas). Their numbers are settings, changed
// by name during a run: "optimizer.lr", "optimizer.beta1", "optimizer.beta2", "optimizer.eps",
// "optimizer.decay"; "clip.norm"; "ema.decay". A run counts "optimizer.step" itself.

#include "tessera/train/step.hpp"

namespace tessera::inline v0 {

struct clip_by_norm {
  static constexpr int update_stage = 0;
  static constexpr void update(graph& g, value_id, value_id gradients, int&) {
    const graph::scope here(g, label("clip"));
    in_place(g, emit<"clip_by_norm">(g, {gradients}, {}, g.add_setting("norm", 1.0)), gradients);
  }
  static constexpr void in_place(graph& g, value_id result, value_id buffer) {
    g.values[result].where = g.values[buffer].where;
    g.values[result].index = g.values[buffer].index;
  }
};

struct adamw {
  static constexpr int update_stage = 1;
  static constexpr void update(graph& g, value_id weights, value_id gradients, int& buffers) {
    const graph::scope here(g, label("optimizer"));
    const value_id m = add_flat(g, storage::optimizer, buffers++);
    const value_id v = add_flat(g, storage::optimizer, buffers++);
    const int first = g.add_setting("lr", 1e-3);
    g.add_setting("beta1", 0.9);
    g.add_setting("beta2", 0.999);
    g.add_setting("eps", 1e-8);
    g.add_setting("decay", 0.05);
    g.add_setting("step", 1);
    clip_by_norm::in_place(g, emit<"adamw">(g, {weights, gradients, m, v}, {}, first), weights);
  }
};

// An exponential average of the weights, in the optimizer buffer after the optimizer's own. It starts
// as the weights before the first update; what is not trained (running statistics) is copied.
struct ema {
  static constexpr int update_stage = 2;
  static constexpr void update(graph& g, value_id weights, value_id, int& buffers) {
    const graph::scope here(g, label("ema"));
    const value_id average = add_flat(g, storage::optimizer, buffers++);
    clip_by_norm::in_place(
        g, emit<"ema">(g, {weights, average}, {}, g.add_setting("decay", 0.999)), average);
  }
};

}  // namespace tessera::inline v0
