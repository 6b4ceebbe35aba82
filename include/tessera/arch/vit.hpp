#pragma once
// vit<words...>: a plain or hierarchical vision transformer with timm's parameter names.
//     x = patches W^T + b;  x = [cls; x] + pos_embed;
//     blocks: x += proj(attention(norm1(x)));  x += fc2(gelu(fc1(norm2(x))));
//     norm, class token, head (or: mean of the patch tokens, fc_norm, head).
// With stages<parts...> there is no class token; parts build the body in their order.
// Sources: Dosovitskiy et al. 2020; numerics and names of timm's VisionTransformer (eps 1e-6).

#include "tessera/config.hpp"
#include "tessera/arch/words.hpp"
#include "tessera/ops/add.hpp"
#include "tessera/ops/attention.hpp"
#include "tessera/ops/gelu.hpp"
#include "tessera/ops/grid.hpp"
#include "tessera/ops/layer_norm.hpp"
#include "tessera/ops/linear.hpp"
#include "tessera/ops/patches.hpp"
#include "tessera/ops/rows.hpp"

namespace tessera::inline v0 {

// ---- the modules that words and parts are made of; each names its own parameters ----

TESSERA_COLD constexpr value_id build_linear(graph& g, label module, value_id x, int out, init_scheme init) {
  const graph::scope here(g, module);
  const int in = g.shape_of(x).last();
  const value_id w = init == init_scheme::mae
                         ? g.add_parameter("weight", {out, in}, initialiser::xavier_uniform)
                         : g.add_parameter("weight", {out, in}, initialiser::truncated_normal, 0.02f);
  return emit<"linear">(g, {x, w, g.add_parameter("bias", {out}, initialiser::zeros)});
}

TESSERA_COLD constexpr value_id build_layer_norm(graph& g, label module, value_id x, double eps = 1e-6) {
  const graph::scope here(g, module);
  const int c = g.shape_of(x).last();
  const value_id gamma = g.add_parameter("weight", {c}, initialiser::ones);
  const value_id beta = g.add_parameter("bias", {c}, initialiser::zeros);
  return emit<"layer_norm">(g, {x, gamma, beta}, {}, g.add_setting("eps", eps));
}

// x (T, D) -> (T, D): one pre-norm transformer block, named by the scope it is called in.
TESSERA_COLD constexpr value_id build_block(graph& g, value_id x, int heads, int mlp_ratio, init_scheme init) {
  const int d = g.shape_of(x).last();
  value_id y = build_layer_norm(g, "norm1", x);
  {
    const graph::scope attn(g, label("attn"));
    y = build_linear(g, "qkv", y, 3 * d, init);
    y = build_linear(g, "proj", emit<"attention">(g, {y}, {heads}), d, init);
  }
  x = emit<"add">(g, {x, y});
  y = build_layer_norm(g, "norm2", x);
  {
    const graph::scope mlp(g, label("mlp"));
    y = emit<"gelu">(g, {build_linear(g, "fc1", y, mlp_ratio * d, init)});
    y = build_linear(g, "fc2", y, d, init);
  }
  x = emit<"add">(g, {x, y});
  g.add_tap(x);
  return x;
}

// images (C, H, W) -> patch tokens (cells, D), without positions.
TESSERA_COLD constexpr value_id build_patch_embed(graph& g, value_id images, const vit_settings& s) {
  const graph::scope embed(g, label("patch_embed"));
  const graph::scope proj(g, label("proj"));
  const int fan_in = s.channels * s.patch * s.patch;
  const value_id w = g.add_parameter("weight", {s.width, s.channels, s.patch, s.patch},
                                     s.init == init_scheme::mae ? initialiser::xavier_uniform
                                                                : initialiser::fan_in_uniform,
                                     static_cast<float>(fan_in));
  const value_id b = g.add_parameter("bias", {s.width}, initialiser::fan_in_uniform,
                                     static_cast<float>(fan_in));
  const value_id patches = emit<"unfold">(g, {images}, {s.patch, s.step(), s.padding, 0});
  return emit<"linear">(g, {patches, g.view(w, {1, 0, 2, {s.width, fan_in}}), b});
}

TESSERA_COLD constexpr bool check_patches(graph& g, const vit_settings& s, int side) {
  const int room = side + 2 * s.padding - s.patch;
  if (room < 0 || room % s.step() != 0) g.fail(issue::patch_divides_image, side, s.patch);
  return g.ok();
}

// Everything the words must agree on, before a node is built.
TESSERA_COLD constexpr bool check(graph& g, const vit_settings& s) {
  if (s.invalid) g.found.code = issue::word_invalid;
  if (s.found.code != issue::none) g.fail(s.found.code, s.found.a, s.found.b);
  const unsigned needed = 0b10'1111u | (s.staged ? 0u : 0b1'0000u);
  int have = 0, need = 0;
  for (int i = 0; i < 8; ++i) {
    need += static_cast<int>(needed >> i & 1u);
    have += static_cast<int>(needed & s.seen) >> i & 1;
  }
  if (have != need) g.fail(issue::word_missing, have, need);
  if (!g.ok()) return false;
  if (s.width % s.heads != 0) g.fail(issue::heads_divide_width, s.width, s.heads);
  return check_patches(g, s, s.image_height) && check_patches(g, s, s.image_width);
}

constexpr tokens begin_tokens(const vit_settings& s) {
  tokens t;
  t.s = s;
  t.grid_height = patches_along(s.image_height, s.patch, s.step(), s.padding);
  t.grid_width = patches_along(s.image_width, s.patch, s.step(), s.padding);
  t.prefix = s.class_token() ? 1 : 0;
  return t;
}

TESSERA_COLD constexpr void build_embedding(graph& g, tokens& t, value_id images) {
  const vit_settings& s = t.s;
  value_id cls = absent;
  if (t.prefix > 0)
    cls = g.add_parameter("cls_token", {1, 1, s.width}, initialiser::normal, 1e-6f, false);
  const value_id pos = g.add_parameter("pos_embed", {1, t.prefix + t.cells(), s.width},
                                       initialiser::truncated_normal, 0.02f, false);
  t.x = build_patch_embed(g, images, s);
  if (t.prefix > 0) t.x = emit<"prepend_token">(g, {t.x, cls});
  t.x = emit<"add_position">(g, {t.x, pos}, {0});
}

TESSERA_COLD constexpr void build_blocks(graph& g, tokens& t, int count) {
  for (int i = 0; i < count && g.ok(); ++i) {
    const graph::scope block(g, label("blocks"), t.block++);
    t.x = build_block(g, t.x, t.s.heads, t.s.mlp_ratio, t.s.init);
  }
}

TESSERA_COLD constexpr value_id build_classifier(graph& g, const tokens& t) {
  value_id y;
  if (t.s.mean_pool || t.s.staged) {
    y = build_layer_norm(g, "fc_norm", emit<"mean_rows">(g, {t.x}, {t.prefix}));
  } else {
    y = build_layer_norm(g, "norm", t.x);
    y = emit<"slice_rows">(g, {y}, {0, 1});
    y = g.view(y, {g.shape_of(y).k, g.shape_of(y).power, 1, {t.s.width}});
  }
  y = build_linear(g, "head", y, t.s.classes, t.s.init);
  g.add_tap("head", y);
  return y;
}

// ---- parts of a hierarchical body ----

namespace rule {
template <int Blocks>
struct stage {
  static_assert(Blocks >= 0, "tessera::stage<Blocks>: Blocks must not be negative");
};
template <int N>
struct average {
  static_assert(N > 0, "tessera::pool::average<N>: N must be positive");
};
}  // namespace rule

template <int Blocks>
struct stage {
  using rule = tessera::rule::stage<Blocks>;
  static constexpr int blocks = Blocks;
  static constexpr void build(graph& g, tokens& t) { build_blocks(g, t, Blocks); }
};

namespace pool {
template <int N>
struct average {  // means of N x N cells of the token grid
  using rule = tessera::rule::average<N>;
  static constexpr void build(graph& g, tokens& t) {
    if (N < 1 || t.grid_height % N != 0) g.fail(issue::pool_divides_grid, t.grid_height, N);
    if (g.ok() && t.grid_width % N != 0) g.fail(issue::pool_divides_grid, t.grid_width, N);
    if (!g.ok()) return;
    t.x = emit<"pool_average">(g, {t.x}, {t.grid_height, t.grid_width, N});
    t.grid_height /= N;
    t.grid_width /= N;
  }
};
}  // namespace pool

template <class... Parts>
struct stages {
  static_assert((true && ... && (sizeof(typename rule_of<Parts>::type) > 0)));
  static constexpr void apply(vit_settings& s) {
    meet(s, 8);
    s.staged = true;
  }
  static constexpr void build(graph& g, tokens& t) {
    (Parts::build(g, t), ...);
    if (t.s.depth > 0 && t.s.depth != t.block) g.fail(issue::stages_and_depth, t.s.depth, t.block);
  }
};

template <class... Words>
struct vit {
  static_assert((vit_word<Words> && ...),
                "tessera::vit<Words...>: every word must be a setting or stages<...> (stride and "
                "padding go into patch, stage and pool into stages)");
  static_assert((true && ... && (sizeof(typename rule_of<Words>::type) > 0)));  // said first
  static constexpr vit_settings settings() {
    vit_settings s;
    (Words::apply(s), ...);
    return s;
  }
  static constexpr shape input_shape() {
    const vit_settings s = settings();
    return {1, 1, 3, {s.channels, s.image_height, s.image_width}};
  }
  // images (C, H, W) -> logits (classes). Taps: "blocks.i", "head".
  static constexpr value_id build(graph& g, value_id images) {
    const vit_settings s = settings();
    if (!check(g, s)) return images;
    tokens t = begin_tokens(s);
    build_embedding(g, t, images);
    if (s.staged)
      (build_body<Words>(g, t), ...);
    else
      build_blocks(g, t, s.depth);
    return build_classifier(g, t);
  }

 private:
  template <class Word>
  static constexpr void build_body(graph& g, tokens& t) {
    if constexpr (requires { Word::build(g, t); }) Word::build(g, t);
  }
};

template <class A>
inline constexpr bool is_vit = false;
template <class... Words>
inline constexpr bool is_vit<vit<Words...>> = true;

}  // namespace tessera::inline v0
