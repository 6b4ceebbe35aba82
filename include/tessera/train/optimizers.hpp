#pragma once
// Words of the update graph (ops/update.hpp has the formulas). Their numbers are settings, changed
// by name during a run: "optimizer.lr", "optimizer.decay", and of adamw "optimizer.beta1", ".beta2",
// ".eps", of sgd, nesterov and lars "optimizer.momentum", of lars "optimizer.trust"; "clip.norm" or
// "clip.value"; "ema.decay". A run counts "optimizer.step" itself.

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

struct clip_by_value {
  static constexpr int update_stage = 0;
  static constexpr void update(graph& g, value_id, value_id gradients, int&) {
    const graph::scope here(g, label("clip"));
    const value_id clipped =
        emit<"clip_by_value">(g, {gradients}, {}, g.add_setting("value", 1.0));
    clip_by_norm::in_place(g, clipped, gradients);
  }
};

namespace detail {
// lr, momentum, decay: the settings that sgd and lars begin with; returns the first.
constexpr int add_momentum(graph& g) {
  const int first = g.add_setting("lr", 0.1);
  g.add_setting("momentum", 0.9);
  g.add_setting("decay", 0);
  return first;
}
template <bool Nesterov>
struct sgd_update {
  static constexpr int update_stage = 1;
  static constexpr void update(graph& g, value_id weights, value_id gradients, int& buffers) {
    const graph::scope here(g, label("optimizer"));
    const value_id velocity = add_flat(g, storage::optimizer, buffers++);
    const attributes form{Nesterov ? 1 : 0};
    const value_id w = emit<"sgd">(g, {weights, gradients, velocity}, form, add_momentum(g));
    clip_by_norm::in_place(g, w, weights);
  }
};
}  // namespace detail

struct sgd : detail::sgd_update<false> {};      // with momentum
struct nesterov : detail::sgd_update<true> {};  // sgd with Nesterov's momentum

struct lars {
  static constexpr int update_stage = 1;
  static constexpr void update(graph& g, value_id weights, value_id gradients, int& buffers) {
    const graph::scope here(g, label("optimizer"));
    const value_id velocity = add_flat(g, storage::optimizer, buffers++);
    const int first = detail::add_momentum(g);
    g.add_setting("trust", 1e-3);
    clip_by_norm::in_place(g, emit<"lars">(g, {weights, gradients, velocity}, {}, first), weights);
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
