#pragma once
// The end of a vision transformer, after its body: pooling and head.
//     token            norm, class token, head                       (without stages)
//     average          mean of the patch tokens, fc_norm, head       (with stages; MAE's fine-tuning)
//     normed_average   norm, mean, head                              (Swin)
//     mean             mean, head                                    (MiT)
// Heads: linear, fc ("head.fc"), distilled (mean of two), none, reconstruction (pixels of each patch),
// all_mlp<E> (segmentation over feature maps, "decode_head"). Taps: "head"; distilled: "head_dist" too.

#include "tessera/arch/modules.hpp"
#include "tessera/ops/channels.hpp"
#include "tessera/ops/constant.hpp"
#include "tessera/ops/relu.hpp"
#include "tessera/ops/rows.hpp"

namespace tessera::inline v0 {

// Row i of x (T, D) -> (D).
TESSERA_COLD constexpr value_id one_row(graph& g, value_id x, int i) {
  const value_id y = emit<"slice_rows">(g, {x}, {i, 1});
  return g.view(y, {g.shape_of(y).k, g.shape_of(y).power, 1, {g.shape_of(y).last()}});
}

// The pooled tokens (D), normed as the pooling says.
TESSERA_COLD constexpr value_id build_pooled(graph& g, const tokens& t) {
  const vit_settings& s = t.s;
  const pool_kind pool = s.pool != pool_kind::natural ? s.pool
                         : s.staged || !s.class_token() ? pool_kind::average
                                                        : pool_kind::token;
  switch (pool) {
    case pool_kind::average:
      return build_layer_norm(g, "fc_norm", emit<"mean_rows">(g, {t.x}, {t.prefix}), s.eps);
    case pool_kind::normed_average:
      return emit<"mean_rows">(g, {build_layer_norm(g, "norm", t.x, s.eps)}, {t.prefix});
    case pool_kind::mean: return emit<"mean_rows">(g, {t.x}, {t.prefix});
    default: return one_row(g, build_layer_norm(g, "norm", t.x, s.eps), 0);
  }
}

// SegFormer's: each map to width E, resized to the first, joined from the last to the first, a 1 x 1
// convolution with batch_norm and relu, logits (cells of the first map, classes).
TESSERA_COLD constexpr value_id build_all_mlp(graph& g, const tokens& t) {
  const graph::scope here(g, label("decode_head"));
  if (t.seen->features.size() == 0) g.fail(issue::head_needs_features);
  if (!g.ok()) return t.x;
  const buffer<place>& maps = t.seen->features;
  value_id joined = absent;
  for (int i = maps.size(); i-- > 0;) {
    const graph::scope one(g, label("linear_c").followed_by(static_cast<char>('1' + (i < 9 ? i : 8))));
    value_id y = build_linear(g, "proj", maps[i].x, t.s.decoder_width, init_scheme::timm);
    if (maps[i].cells() != maps[0].cells())
      y = emit<"resize_cells">(g, {y}, {maps[i].grid_height, maps[i].grid_width,
                                        maps[0].grid_height, maps[0].grid_width});
    joined = joined == absent ? y : emit<"concat_channels">(g, {joined, y});
  }
  {
    const graph::scope fuse(g, label("linear_fuse"));
    place one = maps[0];
    one.x = joined;
    build_conv(g, "conv", one, t.s.decoder_width,
               {1, 1, 0, initialiser::normal, fan_out_deviation(1, t.s.decoder_width), false});
    joined = emit<"relu">(g, {build_batch_norm(g, "bn", one.x)});
  }
  return build_linear(g, "linear_pred", joined, t.s.classes, init_scheme::timm);
}

TESSERA_COLD constexpr value_id build_head(graph& g, const tokens& t) {
  const vit_settings& s = t.s;
  switch (s.head) {
    case head_kind::none: return s.staged ? t.x : build_layer_norm(g, "norm", t.x, s.eps);
    case head_kind::all_mlp: return build_all_mlp(g, t);
    case head_kind::reconstruction: {
      value_id y = build_layer_norm(g, "norm", t.x, s.eps);
      if (t.prefix > 0) y = emit<"slice_rows">(g, {y}, {t.prefix, t.cells()});
      const int cell = s.stem_convs > 0 ? 1 << s.stem_convs : s.patch;
      return build_linear(g, "head", y, cell * cell * s.channels, s.init);
    }
    case head_kind::distilled: {
      const value_id y = build_layer_norm(g, "norm", t.x, s.eps);
      const value_id a = build_linear(g, "head", one_row(g, y, 0), s.classes, s.init);
      const value_id b = build_linear(g, "head_dist", one_row(g, y, 1), s.classes, s.init);
      g.add_tap("head_dist", b);
      g.add_tap("head", a);
      const graph::scope mean(g, label("head_mean"));
      return emit<"scale">(g, {emit<"add">(g, {a, b})}, {}, g.add_setting("factor", 0.5));
    }
    case head_kind::fc: {
      const value_id x = build_pooled(g, t);
      const graph::scope here(g, label("head"));
      return build_linear(g, "fc", x, s.classes, s.init);
    }
    default: return build_linear(g, "head", build_pooled(g, t), s.classes, s.init);
  }
}

}  // namespace tessera::inline v0
