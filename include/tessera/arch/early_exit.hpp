#pragma once
// early_exit<Vit, exit_at<n, Head>...>: small classifiers after the n-th block (counted from 1,
// n < depth), built after the backbone from its taps; a prefix follows from what an exit depends on.
// Names: "exits.0.…" in the order given; tap "exits.0" is the logits of the first exit.
// Heads: exit_head::linear (norm, class token or mean of tokens, linear) and
// exit_head::local_perception<K> (LGViT, Xu et al. 2023): on the patch tokens X
//     Y = conv1x1, GELU, BN, depthwise KxK, GELU, BN, conv1x1, BN (K = 1: without the depthwise
//     part);  logits = Linear(mean(Y + X) + cls).

#include "tessera/arch/vit.hpp"
#include "tessera/ops/batch_norm.hpp"

namespace tessera::inline v0 {

// In training scopes batch statistics normalise and the running ones follow; otherwise the running
// ones normalise. The updates are emitted when the graph is finished (graph::finish).
constexpr value_id build_batch_norm(graph& g, label module, value_id x, double eps = 1e-5,
                                    double momentum = 0.1) {
  const graph::scope here(g, module);
  const int c = g.shape_of(x).last();
  const value_id gamma = g.add_parameter("weight", {c}, initialiser::ones);
  const value_id beta = g.add_parameter("bias", {c}, initialiser::zeros);
  const value_id mean = g.add_parameter("running_mean", {c}, initialiser::zeros, 0, false,
                                        slice_kind::state);
  const value_id var = g.add_parameter("running_var", {c}, initialiser::ones, 0, false,
                                       slice_kind::state);
  const int settings = g.add_setting("eps", eps);
  if (!g.training)
    return emit<"batch_norm_inference">(g, {x, gamma, beta, mean, var}, {}, settings);
  const value_id y = emit<"batch_norm">(g, {x, gamma, beta}, {}, settings);
  const int m = g.add_setting("momentum", momentum);
  g.write_last(rules<"update_running">(), y + 1, mean, m);
  g.write_last(rules<"update_running">(), y + 3, var, m);
  return y;
}

namespace exit_head {

struct linear {
  static constexpr value_id build(graph& g, const tokens& t) {
    value_id y = build_layer_norm(g, "norm", t.x);
    if (t.prefix > 0) {
      y = emit<"slice_rows">(g, {y}, {0, 1});
      y = g.view(y, {g.shape_of(y).k, g.shape_of(y).power, 1, {t.s.width}});
    } else {
      y = emit<"mean_rows">(g, {y}, {0});
    }
    return build_linear(g, "head", y, t.s.classes, init_scheme::timm);
  }
};

template <int Kernel>
struct local_perception {
  static_assert(Kernel == 1 || Kernel == 3 || Kernel == 5,
                "tessera::exit_head::local_perception<Kernel>: Kernel must be 1, 3 or 5 (odd, so "
                "that the grid keeps its size)");
  static constexpr value_id build(graph& g, const tokens& t) {
    const int d = t.s.width;
    const value_id x = t.prefix > 0 ? emit<"slice_rows">(g, {t.x}, {t.prefix, t.cells()}) : t.x;
    value_id y = build_linear(g, "conv1", x, d, init_scheme::timm);
    y = build_batch_norm(g, "bn1", emit<"gelu">(g, {y}));
    if (Kernel > 1) {
      {
        const graph::scope here(g, label("depthwise"));
        const value_id w = g.add_parameter("weight", {d, 1, Kernel, Kernel},
                                           initialiser::truncated_normal, 0.02f);
        const value_id b = g.add_parameter("bias", {d}, initialiser::zeros);
        y = emit<"depthwise_conv">(g, {y, w, b}, {t.grid_height, t.grid_width, Kernel});
      }
      y = build_batch_norm(g, "bn2", emit<"gelu">(g, {y}));
    }
    y = build_batch_norm(g, "bn3", build_linear(g, "conv2", y, d, init_scheme::timm));
    y = emit<"mean_rows">(g, {emit<"add">(g, {y, x})}, {0});
    if (t.prefix > 0) {
      const value_id cls = emit<"slice_rows">(g, {t.x}, {0, 1});
      y = emit<"add">(g, {y, g.view(cls, shape(g.shape_of(y)))});
    }
    return build_linear(g, "head", y, t.s.classes, init_scheme::timm);
  }
};

}  // namespace exit_head

template <int Block, class Head>
struct exit_at {
  static constexpr int block = Block;
  using head = Head;
};

template <class Vit, class... Exits>
struct early_exit {
  static_assert(is_vit<Vit>, "tessera::early_exit<Vit, Exits...>: Vit must be a ts::vit");
  static constexpr vit_settings settings() { return Vit::settings(); }
  static constexpr shape input_shape() { return Vit::input_shape(); }
  static constexpr int exits = sizeof...(Exits);
  static constexpr int exit_block(int i) {
    const int blocks[] = {Exits::block...};
    return blocks[i];
  }
  // images -> logits of the final classifier. Taps: those of Vit, and "exits.i".
  static constexpr value_id build(graph& g, value_id images) {
    const value_id logits = Vit::build(g, images);
    tokens t = begin_tokens(Vit::settings());
    int number = 0, before = 0;
    (build_exit<Exits>(g, t, number, before), ...);
    return logits;
  }

 private:
  template <class Exit>
  static constexpr void build_exit(graph& g, tokens& t, int& number, int& before) {
    if (!g.ok()) return;
    if (t.s.staged) return g.fail(issue::exits_of_stages);
    if (Exit::block < 1 || Exit::block >= t.s.depth)
      g.fail(issue::exit_below_depth, Exit::block, t.s.depth);
    if (Exit::block <= before) g.fail(issue::exits_increase, Exit::block, before);
    if (!g.ok()) return;
    before = Exit::block;
    {
      const graph::scope block(g, label("blocks"), Exit::block - 1);
      t.x = g.find_tap(g.path);
    }
    const graph::scope here(g, label("exits"), number++);
    g.add_tap(Exit::head::build(g, t));
  }
};

}  // namespace tessera::inline v0
