#pragma once
// vit<words...>: a plain or hierarchical vision transformer with timm's parameter names.
//     x = patches W^T + b;  x = [cls; dist; reg; extra; x] + pos_embed;
//     blocks (arch/block.hpp), or stages<parts...> (arch/stages.hpp), which have no prefix tokens;
//     pooling and head (arch/classifier.hpp).
// Words: arch/words.hpp, arch/block_words.hpp; in any order, each at most once, defaults are timm's.
// Sources: Dosovitskiy et al. 2020; numerics and names of timm's VisionTransformer (eps 1e-6).

#include "tessera/arch/words.hpp"  // first: its errors are said with a short chain of includes

#include "tessera/arch/block_words.hpp"
#include "tessera/arch/classifier.hpp"
#include "tessera/arch/stages.hpp"

namespace tessera::inline v0 {

// What the words must agree on, before a node is built.
TESSERA_COLD constexpr bool check(graph& g, const vit_settings& s) {
  if (s.invalid) g.found.code = issue::word_invalid;
  if (s.found.code != issue::none) g.fail(s.found.code, s.found.a, s.found.b, s.found.what);
  const auto need = [&](bool there, word w) {
    if (!there) g.fail(issue::word_missing, 0, 0, name_of(w));
  };
  const auto refuse = [&](word w) {
    if (s.has(w)) g.fail(issue::word_of_plain_vit, 0, 0, name_of(w));
  };
  const bool no_classes = s.head == head_kind::none || s.head == head_kind::reconstruction;
  need(s.has(word::image), word::image);
  need(s.has(word::patch) || s.stem_convs > 0 || s.embeds, word::patch);
  need(s.has(word::width) || s.embeds, word::width);
  need(s.has(word::classes) || no_classes, word::classes);
  need(s.has(word::depth) || s.staged, word::depth);
  need(s.heads > 0 || s.staged, word::heads);
  if (!g.ok()) return false;
  const int blocks = s.staged ? s.stage_blocks : s.depth;
  if (blocks > max_blocks) g.fail(issue::too_many_blocks, blocks, max_blocks);
  if (s.embeds && s.has(word::conv_stem))
    g.fail(issue::word_contradicts, 0, 0, name_of(word::conv_stem));
  if (s.has(word::patch) && s.stem_convs > 0)
    g.fail(issue::word_contradicts, s.patch, 0, name_of(word::conv_stem));
  if (s.staged) {
    for (word w : {word::class_token, word::distillation_token, word::registers, word::extra_tokens})
      refuse(w);
    if (s.stage_parts == 0) g.fail(issue::stages_are_empty);
  }
  if (s.has(word::merge)) g.fail(issue::word_contradicts, 0, 0, name_of(word::merge));
  if (s.has(word::split)) g.fail(issue::word_contradicts, 0, 0, name_of(word::split));
  if (s.pool == pool_kind::token && !s.class_token()) g.fail(issue::pool_needs_class_token);
  if (s.head == head_kind::distilled && (!s.distillation_token || !s.class_token()))
    g.fail(issue::head_needs_two_tokens);
  if (s.head != head_kind::linear && s.head != head_kind::fc && s.has(word::global_pool))
    g.fail(issue::word_contradicts, 0, 0, name_of(word::global_pool));
  if (s.head == head_kind::all_mlp && !s.staged) g.fail(issue::head_needs_features);
  if (s.normalised_channels > 1 && s.normalised_channels != s.channels)
    g.fail(issue::word_contradicts, s.channels, s.normalised_channels, name_of(word::normalise));
  return g.ok();
}

// The grid that the patches or the stem make of the image; false after an issue.
TESSERA_COLD constexpr bool make_grid(graph& g, place& t, const vit_settings& s) {
  int* const sides[] = {&t.grid_height, &t.grid_width};
  const int pixels[] = {s.image_height, s.image_width};
  for (int i = 0; i < 2; ++i) {
    if (s.stem_convs > 0) {
      const int cell = 1 << s.stem_convs;
      if (pixels[i] % cell != 0) g.fail(issue::stem_divides_image, pixels[i], s.stem_convs);
      *sides[i] = pixels[i] / cell;
    } else {
      const int room = pixels[i] + 2 * s.padding - s.patch;
      if (room < 0 || (!s.embeds && room % s.step() != 0))
        g.fail(issue::patch_divides_image, pixels[i], s.patch);
      *sides[i] = room < 0 ? 0 : room / s.step() + 1;
    }
  }
  if (static_cast<long long>(t.grid_height) * t.grid_width + t.prefix > max_tokens)
    g.fail(issue::too_many_tokens, t.grid_height, t.grid_width);
  return g.ok();
}

// The cursor before a node is built.
TESSERA_COLD constexpr tokens begin_tokens(graph& g, const vit_settings& s) {
  tokens t;
  t.s = s;
  t.prefix = s.prefix();
  t.blocks = s.staged ? s.stage_blocks : s.depth;
  if (s.embeds) {
    t.grid_height = s.image_height, t.grid_width = s.image_width;  // the first part makes the grid
    if (static_cast<long long>(t.grid_height) * t.grid_width > max_tokens)
      g.fail(issue::too_many_tokens, t.grid_height, t.grid_width);
  } else {
    make_grid(g, t, s);
  }
  return t;
}

TESSERA_COLD constexpr value_id build_normalise(graph& g, value_id images, const vit_settings& s) {
  if (s.normalised_channels == 0) return images;
  const graph::scope here(g, label("normalise"));
  int first = -1;
  for (int c = 0; c < s.normalised_channels; ++c) {
    const int mean = g.add_setting("mean", s.mean[c]);
    g.add_setting("deviation", s.deviation[c]);
    if (c == 0) first = mean;
  }
  return emit<"normalise_channels">(g, {images}, {s.normalised_channels}, first);
}

// Convolutions 3 x 3 of stride 2 with batch_norm and relu, then 1 x 1 to width.
TESSERA_COLD constexpr value_id build_stem(graph& g, value_id images, const vit_settings& s) {
  const graph::scope embed(g, label("patch_embed"));
  place t{images, s.image_height, s.image_width, 0};
  for (int i = 0; i < s.stem_convs && g.ok(); ++i) {
    const graph::scope here(g, label("stem"), i);
    const conv c{3, 2, 1, initialiser::normal, fan_out_deviation(3, s.stem[i]), false};
    if (i == 0) {
      const graph::scope first(g, label("conv"));
      const value_id w = g.add_parameter("weight", {s.stem[0], s.channels, 3, 3}, c.init, c.scale);
      t.x = emit<"linear">(g, {emit<"unfold">(g, {images}, {3, 2, 1, 0}),
                               g.view(w, {1, 0, 2, {s.stem[0], 9 * s.channels}}), absent});
      t.grid_height /= 2, t.grid_width /= 2;
    } else {
      build_conv(g, "conv", t, s.stem[i], c);
    }
    if (g.ok()) t.x = emit<"relu">(g, {build_batch_norm(g, "bn", t.x)});
  }
  build_conv(g, "proj", t, s.width, {1, 1, 0, initialiser::normal, fan_out_deviation(1, s.width)});
  return t.x;
}

// Patches, prefix tokens and positions. Parameters stand in timm's order, own ones before modules'.
TESSERA_COLD constexpr void build_embedding(graph& g, tokens& t, value_id images) {
  const vit_settings& s = t.s;
  const auto token = [&](bool there, label what, int rows, initialiser init, float scale) {
    return there ? g.add_parameter(what, {1, rows, s.width}, init, scale, false) : absent;
  };
  const auto trunc = initialiser::truncated_normal;
  const value_id cls = token(s.class_token(), "cls_token", 1, initialiser::normal, 1e-6f);
  const value_id reg = token(s.registers > 0, "reg_token", s.registers, initialiser::normal, 1e-6f);
  const value_id extra = token(s.extra_tokens > 0, "extra_tokens", s.extra_tokens, trunc, 0.02f);
  value_id pos = absent;
  if (s.positions == position_kind::learned) {
    pos = token(true, "pos_embed", t.prefix + t.cells(), trunc, 0.02f);
  } else if (s.positions == position_kind::sin_cos) {
    if (s.width % 4 != 0) g.fail(issue::positions_need_four, s.width, s.width);
    if (t.prefix >= t.grid_width && t.prefix > 0)
      g.fail(issue::positions_of_prefix, t.prefix, t.grid_width);
    pos = g.add_parameter("pos_embed", {1, t.prefix + t.cells(), s.width}, initialiser::sin_cos,
                          static_cast<float>(t.grid_width), false, slice_kind::frozen);
  }
  const value_id dist = token(s.distillation_token, "dist_token", 1, trunc, 0.02f);
  t.x = s.stem_convs > 0 ? build_stem(g, images, s) : build_patch_embed(g, images, s);
  for (value_id v : {extra, reg, dist, cls})
    if (v != absent) t.x = emit<"prepend_token">(g, {t.x, v});
  if (pos != absent) t.x = emit<"add_position">(g, {t.x, pos}, {0});
}

// The whole of it. `stages` builds the body where the settings say so; `seen` receives the tokens
// after each block, and the feature maps.
TESSERA_COLD constexpr value_id build_vit(graph& g, value_id images, const vit_settings& s,
                                          body* seen, void (*stages)(graph&, tokens&)) {
  if (!check(g, s)) return images;
  body own;
  tokens t = begin_tokens(g, s);
  if (!g.ok()) return images;
  t.seen = seen != nullptr ? seen : &own;
  images = build_normalise(g, images, s);
  t.images = images;
  if (s.embeds)
    t.x = images;
  else
    build_embedding(g, t, images);
  if (s.staged)
    stages(g, t);
  else
    build_blocks(g, t, s, s.depth, 0);
  if (!g.ok()) return images;
  for (int i = 0; i < t.seen->features.size(); ++i) {
    const graph::scope here(g, label("features"), i);
    g.add_tap(t.seen->features[i].x);
  }
  const value_id y = build_head(g, t);
  if (s.head != head_kind::distilled) g.add_tap("head", y);
  return y;
}

namespace rule {
template <class Word>
struct vit {
  static constexpr bool said() {
    constexpr bool is_word = vit_word<Word>;
    static_assert(is_word,
                  "tessera::vit<Words...>: every word must be a setting or stages<...> (stride and "
                  "padding go into patch, stage and pool into stages)");
    return true;
  }
};
}  // namespace rule

template <class... Words>
struct vit {
  static_assert((true && ... && (rule::vit<Words>::said() && rule_of<Words>::said())));
  using vit_words = void;
  static constexpr vit_settings settings() { return settings_of<Words...>(); }
  static constexpr shape input_shape() {
    const vit_settings s = settings();
    return {1, 1, 3, {s.channels, s.image_height, s.image_width}};
  }
  // images (C, H, W) -> logits (classes), or what the head says. Taps: "blocks.i" or the blocks'
  // paths, "features.i", "head".
  static constexpr value_id build(graph& g, value_id images, body* seen = nullptr) {
    return build_vit(g, images, settings(), seen, &build_stages);
  }

 private:
  static constexpr void build_stages(graph& g, tokens& t) { (build_body<Words>(g, t), ...); }
  template <class Word>
  static constexpr void build_body(graph& g, tokens& t) {
    if constexpr (requires { Word::build(g, t); }) Word::build(g, t);
  }
};

// Also of a type derived from a vit: a name of one's own.
template <class A>
inline constexpr bool is_vit = requires { typename A::vit_words; };

// For those who take a vit, which have said what else is none.
template <class A>
constexpr vit_settings settings_of_vit() {
  vit_settings s;
  s.invalid = true;
  if constexpr (is_vit<A>) s = A::settings();
  return s;
}
TESSERA_COLD constexpr shape images_of(const vit_settings& s) {
  return {1, 1, 3, {s.channels, s.image_height, s.image_width}};
}

}  // namespace tessera::inline v0
