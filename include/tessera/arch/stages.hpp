#pragma once
// stages<parts...>: the body of a hierarchical vision transformer, built by its parts in their order.
// A part has `static constexpr void build(graph&, tokens&)` and may have `blocks` (how many it builds)
// and `embeds` (as the first part it makes its own tokens: t.x is then the images); a user's part is
// no less a part.
//
//     stage<N, words...>      N blocks "blocks.i", counted through all stages (HPViT, Xu et al. 2022)
//     pool::average<K>, pool::max<K>, pool::conv<K>    between stages; conv: "pools.i"
//     layer<N, words...>      "layers.s": patch merging (not the first), N blocks "blocks.j" (Swin, Liu
//                             et al. 2021); merge<W>: into width W, not twice the width;
//                             split<W>: after the blocks, cells of 2 x 2 in width W (WITT, Yang et al. 2023)
//     mix_stage<N, words...>  "patch_embedS", N blocks "blockS.j", "normS" (MiT, Xie et al. 2021);
//                             patch, width, heads are its own. Its end is a feature map.
//     feature_map             the tokens here through "feature_norms.i": tap "features.i"
//     channel_code<C>         "codes.i": layer_norm and linear into C channels; projection<W>: linear
// Words of stage, layer and mix_stage are those of blocks (arch/block_words.hpp).

#include "tessera/arch/block.hpp"
#include "tessera/arch/block_words.hpp"

#include <initializer_list>

namespace tessera::inline v0 {

template <class Word>
concept part_word = requires { Word::in_parts; } && vit_word<Word>;

inline constexpr range blocks_range{0, max_blocks};

namespace rule {
template <long long Blocks, class... Words>
struct stage {
  static constexpr bool said() {
    static_assert(blocks_range.has(Blocks),
                  "tessera::stage<Blocks>: Blocks must be 0 to 256 (layer and mix_stage too)");
    constexpr bool are_words = (part_word<Words> && ...);
    static_assert(are_words,
                  "tessera::stage<Blocks, Words...>: every word must be one of a block (heads, "
                  "window, mlp_ratio, ...; merge and split in layer, patch and width in mix_stage)");
    return (true && ... && rule_of<Words>::said());
  }
};
template <long long N>
struct pool {
  static constexpr bool said() {
    static_assert(window_range.has(N), "tessera::pool: N must be 1 to 1024 (pool::average<N>)");
    return true;
  }
};
template <long long W>
struct merge {
  static constexpr bool said() {
    static_assert(width_range.has(W), "tessera::merge<W>: W must be 1 to 65536 (split<W> too)");
    return true;
  }
};
template <long long C>
struct channel_code {
  static constexpr bool said() {
    static_assert(width_range.has(C),
                  "tessera::channel_code<C>: C must be 1 to 65536 (projection<W> too)");
    return true;
  }
};
template <class Part>
struct part {
  static constexpr bool said() {
    constexpr bool builds = !vit_word<Part> && requires(graph& g, tokens& t) { Part::build(g, t); };
    static_assert(builds,
                  "tessera::stages<Parts...>: every part must build: stage, layer, mix_stage, pool, "
                  "feature_map or a type with build(graph&, tokens&)");
    return true;
  }
};
template <class... Parts>
struct stages {
  static constexpr bool said() {
    return (true && ... && (part<Parts>::said() && rule_of<Parts>::said()));
  }
};
}  // namespace rule

// The settings of a part: those of the whole with the part's own words.
template <class... Words>
constexpr vit_settings settings_of_words(graph& g, const vit_settings& whole) {
  vit_settings s = whole;
  s.seen = 0;
  s = settings_of<Words...>(s);
  if (s.invalid) g.fail(issue::word_invalid);
  if (s.found.code != issue::none) g.fail(s.found.code, 0, 0, s.found.what);
  return s;
}

// The same, where the part's rule had nothing to say and it takes the words; else an issue of g.
template <long long Blocks, class... Words>
constexpr vit_settings settings_of_part(graph& g, const vit_settings& whole,
                                        std::initializer_list<word> not_taken) {
  if (!blocks_range.has(Blocks)) g.fail(issue::word_invalid);
  const vit_settings s = settings_of_words<Words...>(g, whole);
  for (word w : not_taken)
    if (s.has(w)) g.fail(issue::word_of_another_part, 0, 0, name_of(w));
  return s;
}

template <long long Blocks, class... Words>
struct stage {
  using rule = tessera::rule::stage<Blocks, Words...>;
  static constexpr int blocks = blocks_range.number(Blocks);
  static constexpr void build(graph& g, tokens& t) {
    const vit_settings s = settings_of_part<Blocks, Words...>(
        g, t.s, {word::patch, word::width, word::merge, word::split});
    build_blocks(g, t, s, blocks, t.block);
  }
};

namespace pool {

constexpr bool divides(graph& g, const place& t, int n) {  // 0: the rule has said it
  if (n < 1) g.fail(issue::word_invalid);
  if (g.ok() && t.grid_height % n != 0) g.fail(issue::pool_divides_grid, t.grid_height, n);
  if (g.ok() && t.grid_width % n != 0) g.fail(issue::pool_divides_grid, t.grid_width, n);
  return g.ok();
}
constexpr void shrink(place& t, int n) { t.grid_height /= n, t.grid_width /= n; }
constexpr float share(int n) { return 1.0f / static_cast<float>(n * n); }

template <long long N>
struct average {  // means of N x N cells of the token grid
  using rule = tessera::rule::pool<N>;
  static constexpr void build(graph& g, tokens& t) {
    constexpr int n = window_range.number(N);
    if (!divides(g, t, n)) return;
    t.x = emit<"pool_average">(g, {t.x}, {t.grid_height, t.grid_width, n});
    shrink(t, n);
  }
};
template <long long N>
struct max {
  using rule = tessera::rule::pool<N>;
  static constexpr void build(graph& g, tokens& t) {
    constexpr int n = window_range.number(N);
    if (!divides(g, t, n)) return;
    t.x = emit<"pool_max">(g, {t.x}, {t.grid_height, t.grid_width, n});
    shrink(t, n);
  }
};
template <long long N>
struct conv {  // a learned N x N convolution of stride N; starts as the average
  using rule = tessera::rule::pool<N>;
  static constexpr void build(graph& g, tokens& t) {
    constexpr int n = window_range.number(N);
    if (!divides(g, t, n)) return;
    const int d = g.shape_of(t.x).last();
    const graph::scope here(g, label("pools"), t.layer++);
    build_conv(g, "conv", t, d, {n, n, 0, initialiser::average, share(n)});
  }
};

}  // namespace pool

// Widths that a layer's merging and splitting lead to.
template <long long W>
struct merge {
  using rule = tessera::rule::merge<W>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.put(word::merge, s.merged_width, W, width_range);
  }
};
template <long long W>
struct split {
  using rule = tessera::rule::merge<W>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.put(word::split, s.split_width, W, width_range);
  }
};

template <long long Blocks, class... Words>
struct layer {
  using rule = tessera::rule::stage<Blocks, Words...>;
  static constexpr int blocks = blocks_range.number(Blocks);
  static constexpr void build(graph& g, tokens& t) {
    const vit_settings s =
        settings_of_part<Blocks, Words...>(g, t.s, {word::patch, word::width});
    if (!g.ok()) return;
    const graph::scope here(g, label("layers"), t.layer);
    const bool after_split = t.split;
    if (s.has(word::merge) || (t.layer > 0 && !after_split && !s.has(word::split)))
      downsample(g, t, s);
    ++t.layer;
    build_blocks(g, t, s, blocks, 0);
    t.split = s.has(word::split) || after_split;
    if (s.has(word::split) && g.ok()) upsample(g, t, s);
  }

 private:
  static constexpr void downsample(graph& g, tokens& t, const vit_settings& s) {
    const graph::scope here(g, label("downsample"));
    const int out = s.has(word::merge) ? s.merged_width : 2 * g.shape_of(t.x).last();
    if (!width_range.has(out)) g.fail(issue::width_out_of_range, out);
    value_id y = emit<"merge_cells">(g, {t.x}, {t.grid_height, t.grid_width});
    y = build_layer_norm(g, "norm", y, s.eps);
    t.x = build_linear(g, "reduction", y, out, s.init, false);
    t.grid_height = (t.grid_height + 1) / 2, t.grid_width = (t.grid_width + 1) / 2;
  }
  static constexpr void upsample(graph& g, tokens& t, const vit_settings& s) {
    const graph::scope here(g, label("upsample"));
    const value_id y = build_layer_norm(g, "norm", t.x, s.eps);
    t.x = emit<"split_cells">(
        g, {build_linear(g, "increment", y, 4 * s.split_width, s.init, false)},
        {t.grid_height, t.grid_width});
    t.grid_height *= 2, t.grid_width *= 2;
    if (g.ok() && t.cells() > max_tokens)
      g.fail(issue::too_many_tokens, t.grid_height, t.grid_width);
  }
};

// Adds x to the feature maps of the architecture; the vit taps them as "features.i".
TESSERA_COLD constexpr void add_feature(tokens& t, value_id x) {
  t.seen->features.push({x, t.grid_height, t.grid_width, 0});
}

struct feature_map {
  static constexpr void build(graph& g, tokens& t) {
    if (!g.ok()) return;
    const graph::scope here(g, label("feature_norms"), t.seen->features.size());
    add_feature(t, build_layer_norm(g, "norm", t.x, t.s.eps));
  }
};

template <long long C>
struct channel_code {
  using rule = tessera::rule::channel_code<C>;
  static constexpr void build(graph& g, tokens& t) {
    if (!width_range.has(C)) g.fail(issue::word_invalid);
    if (!g.ok()) return;
    const graph::scope here(g, label("codes"), t.codes++);
    t.x = build_layer_norm(g, "norm", t.x, t.s.eps);
    t.x = build_linear(g, "linear", t.x, width_range.number(C), t.s.init);
  }
};
template <long long W>
struct projection {
  using rule = tessera::rule::channel_code<W>;
  static constexpr void build(graph& g, tokens& t) {
    if (!width_range.has(W)) g.fail(issue::word_invalid);
    if (!g.ok()) return;
    const graph::scope here(g, label("codes"), t.codes++);
    t.x = build_linear(g, "linear", t.x, width_range.number(W), t.s.init);
  }
};

template <long long Blocks, class... Words>
struct mix_stage {
  using rule = tessera::rule::stage<Blocks, Words...>;
  static constexpr int blocks = blocks_range.number(Blocks);
  static constexpr bool embeds = true;
  static constexpr void build(graph& g, tokens& t) {
    vit_settings s = settings_of_part<Blocks, Words...>(g, t.s, {word::merge, word::split});
    if (!s.has(word::patch)) g.fail(issue::word_missing, 0, 0, name_of(word::patch));
    if (!s.has(word::width)) g.fail(issue::word_missing, 0, 0, name_of(word::width));
    if (!g.ok()) return;
    ++t.layer;
    embed(g, t, s);
    s.mix_mlp = true;
    build_blocks(g, t, s, blocks, 0, numbered("block", t.layer));
    if (!g.ok()) return;
    t.x = build_layer_norm(g, numbered("norm", t.layer), t.x, s.eps);
    add_feature(t, t.x);
  }

 private:
  // "block" and 2: "block2", the names of SegFormer; at most nine stages.
  static constexpr label numbered(label what, int number) {
    return what.followed_by(static_cast<char>('0' + (number < 9 ? number : 9)));
  }
  static constexpr int along(graph& g, int side, const vit_settings& s) {
    if (side + 2 * s.padding < s.patch) g.fail(issue::grid_is_empty, side, s.patch);
    return patches_along(side, s.patch, s.step(), s.padding);
  }
  static constexpr void embed(graph& g, tokens& t, const vit_settings& s) {
    const graph::scope here(g, numbered("patch_embed", t.layer));
    const conv c{s.patch, s.step(), s.padding, initialiser::normal,
                 fan_out_deviation(s.patch, s.width)};
    if (t.x == t.images) {
      const graph::scope proj(g, label("proj"));
      const int fan_in = s.channels * s.patch * s.patch;
      t.grid_height = along(g, t.grid_height, s);
      t.grid_width = along(g, t.grid_width, s);
      if (g.ok() && static_cast<long long>(t.grid_height) * t.grid_width > max_tokens)
        g.fail(issue::too_many_tokens, t.grid_height, t.grid_width);
      if (!check_matrix(g, s.width, fan_in)) return;
      const value_id w = g.add_parameter("weight", {s.width, s.channels, s.patch, s.patch}, c.init,
                                         c.scale);
      const value_id b = g.add_parameter("bias", {s.width}, initialiser::zeros);
      const value_id patches = emit<"unfold">(g, {t.x}, {s.patch, s.step(), s.padding, 0});
      t.x = emit<"linear">(g, {patches, g.view(w, {1, 0, 2, {s.width, fan_in}}), b});
    } else {
      build_conv(g, "proj", t, s.width, c);
    }
    if (g.ok()) t.x = build_layer_norm(g, "norm", t.x, 1e-5);
  }
};

// Blocks of a part, and whether it makes its own tokens.
template <class Part>
constexpr int blocks_of() {
  if constexpr (requires { Part::blocks; })
    return Part::blocks;
  else
    return 0;
}
template <class... Parts>
struct first_embeds {
  static constexpr bool value = false;
};
template <class Part, class... Parts>
struct first_embeds<Part, Parts...> {
  static constexpr bool value = requires { Part::embeds; };
};

template <class... Parts>
struct stages {
  using rule = tessera::rule::stages<Parts...>;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::stages);
    s.staged = true;
    s.embeds = first_embeds<Parts...>::value;
    s.stage_parts = sizeof...(Parts);
    const long long blocks = (0LL + ... + blocks_of<Parts>());
    s.stage_blocks = static_cast<int>(blocks < 1 << 30 ? blocks : 1 << 30);
  }
  static constexpr void build(graph& g, tokens& t) {
    (build_part<Parts>(g, t), ...);
    if (t.s.depth > 0 && t.s.depth != t.block) g.fail(issue::stages_and_depth, t.s.depth, t.block);
  }

 private:
  template <class Part>
  static constexpr void build_part(graph& g, tokens& t) {
    if constexpr (requires { Part::build(g, t); })
      if (g.ok()) Part::build(g, t);
  }
};

}  // namespace tessera::inline v0
