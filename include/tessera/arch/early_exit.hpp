#pragma once
// early_exit<Vit, exit_at<n, Head>...>: small classifiers after the n-th block (counted from 1,
// n < depth), built after the backbone from its blocks; a prefix follows from what an exit depends on.
// Names: "exits.0.…" in the order given; taps "exits.0", the logits of the first exit, and
// "exits.0.block", the tokens it reads. Heads (LGViT, Xu et al. 2023), D the width at the block:
//     exit_head::linear                 norm, class token or mean of tokens, linear
//     exit_head::local_perception<K>    on the patch tokens X: Y = conv1x1, GELU, BN, depthwise KxK,
//         GELU, BN, conv1x1, BN (K = 1: without the depthwise part); pooled = mean(Y + X)
//     exit_head::global_aggregation<S>  every S-th token of both directions, attention of 8 heads
//         without qkv bias, linear; pooled = mean
//     logits = Linear(pooled + cls); with a distillation token the mean of Linear(pooled + cls) and
//     Linear(pooled + dist); without prefix tokens Linear(mean(layer_norm(Y + X)))
// A head of one's own is a type with `static constexpr value_id build(graph&, const exit_place&)`.

#include "tessera/arch/vit.hpp"

namespace tessera::inline v0 {

// Tokens after a block, and the settings of the backbone.
struct exit_place : place {
  vit_settings s;
};

namespace exit_head {

namespace detail {

TESSERA_COLD constexpr value_id patch_tokens(graph& g, const exit_place& t) {
  return t.prefix > 0 ? emit<"slice_rows">(g, {t.x}, {t.prefix, t.cells()}) : t.x;
}

// Logits of head features y (M, D), as the prefix tokens of the backbone say.
TESSERA_COLD constexpr value_id classify(graph& g, const exit_place& t, value_id y) {
  if (t.prefix == 0) {
    y = emit<"mean_rows">(g, {build_layer_norm(g, "norm", y, t.s.eps)}, {0});
    return build_linear(g, "head", y, t.s.classes, init_scheme::timm);
  }
  y = emit<"mean_rows">(g, {y}, {0});
  const value_id a = t.s.class_token() ? emit<"add">(g, {y, one_row(g, t.x, 0)}) : y;
  const value_id logits = build_linear(g, "head", a, t.s.classes, init_scheme::timm);
  if (!t.s.distillation_token) return logits;
  const value_id b = emit<"add">(g, {y, one_row(g, t.x, t.s.class_token() ? 1 : 0)});
  const value_id other = build_linear(g, "head_dist", b, t.s.classes, init_scheme::timm);
  return emit<"scale">(g, {emit<"add">(g, {logits, other})}, {}, g.add_setting("factor", 0.5));
}

}  // namespace detail

struct linear {
  static constexpr value_id build(graph& g, const exit_place& t) {
    const value_id y = build_layer_norm(g, "norm", t.x, t.s.eps);
    const value_id pooled =
        t.s.class_token() ? one_row(g, y, 0) : emit<"mean_rows">(g, {y}, {t.prefix});
    return build_linear(g, "head", pooled, t.s.classes, init_scheme::timm);
  }
};

namespace rule {
template <long long Kernel>
struct local_perception {
  static constexpr bool said() {
    static_assert(Kernel == 1 || Kernel == 3 || Kernel == 5,
                  "tessera::exit_head::local_perception<Kernel>: Kernel must be 1, 3 or 5 (odd, so "
                  "that the grid keeps its size)");
    return true;
  }
};
template <long long Step>
struct global_aggregation {
  static constexpr bool said() {
    static_assert(Step >= 1 && Step <= 1024,
                  "tessera::exit_head::global_aggregation<Step>: Step must be 1 to 1024");
    return true;
  }
};
}  // namespace rule

template <long long Kernel>
struct local_perception {
  using rule = exit_head::rule::local_perception<Kernel>;
  static constexpr value_id build(graph& g, const exit_place& t) {
    if (Kernel != 1 && Kernel != 3 && Kernel != 5) g.fail(issue::word_invalid);
    if (!g.ok()) return t.x;
    const value_id x = detail::patch_tokens(g, t);
    const int d = g.shape_of(x).last();
    value_id y = build_linear(g, "conv1", x, d, init_scheme::timm);
    y = build_batch_norm(g, "bn1", emit<"gelu">(g, {y}));
    if (Kernel > 1) {
      y = build_depthwise(g, "depthwise", t, y, static_cast<int>(Kernel));
      y = build_batch_norm(g, "bn2", emit<"gelu">(g, {y}));
    }
    y = build_batch_norm(g, "bn3", build_linear(g, "conv2", y, d, init_scheme::timm));
    return detail::classify(g, t, emit<"add">(g, {y, x}));
  }
};

template <long long Step>
struct global_aggregation {
  using rule = exit_head::rule::global_aggregation<Step>;
  static constexpr value_id build(graph& g, const exit_place& t) {
    constexpr int heads = 8, step = range{1, 1024}.number(Step);
    const int side = t.grid_height < t.grid_width ? t.grid_height : t.grid_width;
    const int d = g.shape_of(t.x).last();
    if (step < 1) g.fail(issue::word_invalid);
    if (step > side) g.fail(issue::exit_needs_grid, side, step);
    if (d % heads != 0) g.fail(issue::heads_divide_width, d, heads);
    if (!g.ok()) return t.x;
    value_id y = detail::patch_tokens(g, t);
    if (step > 1) y = emit<"select_cells">(g, {y}, {t.grid_height, t.grid_width, step});
    {
      const graph::scope attn(g, label("attn"));
      y = build_linear(g, "qkv", y, 3 * d, init_scheme::timm, false);
      y = build_linear(g, "proj", emit<"attention">(g, {y}, {heads}), d, init_scheme::timm);
    }
    return detail::classify(g, t, y);
  }
};

}  // namespace exit_head

template <class Exit>
concept exit_word = requires {
  Exit::block;
  typename Exit::head;
};
template <class Exit>
concept exit_builds = requires(graph& g, const exit_place& t) { Exit::head::build(g, t); };

namespace rule {
template <class Vit, class... Exits>
struct early_exit {
  static constexpr bool said() {
    constexpr bool is = is_vit<Vit>, are_exits = (exit_word<Exits> && ...);
    static_assert(is, "tessera::early_exit<Vit, Exits...>: Vit must be a ts::vit");
    static_assert(are_exits,
                  "tessera::early_exit<Vit, Exits...>: every exit must be an exit_at<Block, Head>");
    constexpr bool build = !are_exits || (exit_builds<Exits> && ...);
    static_assert(build,
                  "tessera::exit_at<Block, Head>: Head must build logits (exit_head::linear, "
                  "exit_head::local_perception<3>, exit_head::global_aggregation<2>, or your own)");
    return true;
  }
};
}  // namespace rule

template <long long Block, class Head>
struct exit_at {
  using rule = rule_of<Head>;
  static constexpr long long block = Block;
  using head = Head;
};

template <class Vit, class... Exits>
struct early_exit {
  static_assert(__is_empty(Vit) || true);  // Vit first speaks for itself, with a short chain
  static_assert(rule::early_exit<Vit, Exits...>::said() && (true && ... && rule_of<Exits>::said()));
  static constexpr int exits = sizeof...(Exits);
  static constexpr vit_settings settings() { return settings_of_vit<Vit>(); }
  static constexpr shape input_shape() { return images_of(settings()); }
  // images -> logits of the final classifier. Taps: those of Vit, "exits.i", "exits.i.block".
  static constexpr value_id build(graph& g, value_id images) {
    if constexpr (is_vit<Vit> && (exit_builds<Exits> && ...)) {
      body seen;
      const value_id logits = Vit::build(g, images, &seen);
      const vit_settings s = settings();
      if (g.ok() && s.classes == 0) g.fail(issue::word_missing, 0, 0, name_of(word::classes));
      int number = 0, before = 0;
      (build_exit<Exits>(g, seen, s, number, before), ...);
      return logits;
    } else {
      g.fail(issue::word_invalid);
      return images;
    }
  }

 private:
  template <class Exit>
  static constexpr void build_exit(graph& g, const body& seen, const vit_settings& s, int& number,
                                   int& before) {
    if (!g.ok()) return;
    constexpr int block = range{-max_blocks, max_blocks + 1}.nearest(Exit::block);
    if (block < 1 || block >= seen.blocks.size())
      g.fail(issue::exit_below_depth, block, seen.blocks.size());
    if (block <= before) g.fail(issue::exits_increase, block, before);
    if (!g.ok()) return;
    before = block;
    exit_place t{seen.blocks[block - 1], s};
    const graph::scope here(g, label("exits"), number++);
    g.add_tap("block", t.x);
    g.add_tap(Exit::head::build(g, t));
  }
};

}  // namespace tessera::inline v0
