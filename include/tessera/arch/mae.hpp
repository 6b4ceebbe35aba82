#pragma once
// mae<Vit, decoder<words...>, mask::random<P, Q>>: a masked auto-encoder with the names and numerics
// of facebookresearch/mae. The encoder sees keep = trunc(N (1 - P/Q)) random patch tokens and the
// class token; the decoder sees them in place among mask tokens and predicts pixels.
// Positions are fixed 2-D sin-cos, linears xavier-uniform. Source: He et al. 2021.
//     build: images -> prediction (N, p p C). Taps: "encoder" (all kept tokens after norm), "mask".

#include "tessera/arch/vit.hpp"
#include "tessera/ops/masking.hpp"

namespace tessera::inline v0 {

namespace mask {

// The kept share of P / Q masked: in double, as the reference computes it (100 (1 - 0.9) is 9).
constexpr int kept_tokens(int tokens, int p, int q) {
  if (q < 1 || p >= q) return 0;
  if (p <= 0) return tokens;
  return static_cast<int>(tokens * (1 - static_cast<double>(p) / q));
}

template <int P, int Q>
struct random {  // fresh noise from Philox for every (step, sample)
  static constexpr int keep(int tokens) { return kept_tokens(tokens, P, Q); }
  static constexpr value_id noise(graph& g, value_id images, int tokens) {
    return emit<"noise">(g, {images}, {tokens});
  }
};

template <int P, int Q>
struct given {  // the noise is an input "noise" (N): to reproduce someone's masks
  static constexpr int keep(int tokens) { return kept_tokens(tokens, P, Q); }
  static constexpr value_id noise(graph& g, value_id, int tokens) {
    return g.add_input("noise", {1, 1, 1, {tokens}});
  }
};

}  // namespace mask

template <class... Words>  // width, depth, heads
struct decoder {
  static_assert((true && ... && (sizeof(typename rule_of<Words>::type) > 0)));
  static constexpr vit_settings settings() {
    vit_settings s;
    (Words::apply(s), ...);
    return s;
  }
};

template <class Vit, class Decoder, class Mask>
struct mae {
  static_assert(is_vit<Vit>, "tessera::mae<Vit, Decoder, Mask>: Vit must be a ts::vit");
  static constexpr vit_settings settings() {
    vit_settings s = Vit::settings();
    s.init = init_scheme::mae;
    return s;
  }
  static constexpr shape input_shape() { return Vit::input_shape(); }

  static constexpr value_id build(graph& g, value_id images) {
    const vit_settings s = settings(), d = Decoder::settings();
    if (!check(g, s) || !check_decoder(g, d)) return images;
    if (s.staged) g.fail(issue::mae_takes_plain_vit);
    tokens t = begin_tokens(s);
    const int n = t.cells(), keep = Mask::keep(n);
    if (keep < 1) g.fail(issue::mask_keeps_none, n, keep);
    if (keep >= n) g.fail(issue::mask_removes_none, n, keep);
    if (s.width % 4 != 0 || d.width % 4 != 0) g.fail(issue::positions_need_four, s.width, d.width);
    if (!g.ok()) return images;

    const value_id cls =
        g.add_parameter("cls_token", {1, 1, s.width}, initialiser::normal, 0.02f);
    const value_id pos = add_positions(g, "pos_embed", t, s.width);
    const value_id mask_token =
        g.add_parameter("mask_token", {1, 1, d.width}, initialiser::normal, 0.02f);
    const value_id decoder_pos = add_positions(g, "decoder_pos_embed", t, d.width);

    value_id noise;
    {
      const graph::scope here(g, label("mask"));
      noise = Mask::noise(g, images, n);
    }
    const value_id kept = emit<"order_tokens">(g, {noise}, {keep});
    const value_id restore = kept + 1;
    g.add_tap("mask", kept + 2);

    value_id x = build_patch_embed(g, images, s);
    x = emit<"gather_rows">(g, {emit<"add_position">(g, {x, pos}, {1}), kept});
    x = emit<"prepend_token">(g, {x, emit<"add_position">(g, {cls_rows(g, cls), pos}, {0})});
    t.x = x;
    build_blocks(g, t, s.depth);
    x = build_layer_norm(g, "norm", t.x);
    g.add_tap("encoder", x);

    x = build_linear(g, "decoder_embed", x, d.width, s.init);
    const value_id first = emit<"slice_rows">(g, {x}, {0, 1});
    x = emit<"slice_rows">(g, {x}, {1, keep});
    x = emit<"restore_rows">(g, {x, mask_token, restore});
    x = emit<"add_position">(g, {x, decoder_pos}, {1});
    x = emit<"prepend_rows">(g, {x, emit<"add_position">(g, {first, decoder_pos}, {0})});
    for (int i = 0; i < d.depth && g.ok(); ++i) {
      const graph::scope block(g, label("decoder_blocks"), i);
      x = build_block(g, x, d.heads, d.mlp_ratio, s.init);
    }
    x = build_layer_norm(g, "decoder_norm", x);
    x = emit<"slice_rows">(g, {x}, {1, n});
    return build_linear(g, "decoder_pred", x, s.patch * s.patch * s.channels, s.init);
  }

 private:
  static constexpr bool check_decoder(graph& g, const vit_settings& d) {
    if (d.invalid) g.found.code = issue::word_invalid;
    if (d.found.code != issue::none) g.fail(d.found.code, d.found.a, d.found.b);
    if ((d.seen & ~0b100'0000u) != 0b1'1100u) g.fail(issue::decoder_word_missing);
    if (g.ok() && d.width % d.heads != 0) g.fail(issue::heads_divide_width, d.width, d.heads);
    return g.ok();
  }
  static constexpr value_id cls_rows(graph& g, value_id cls) {
    return g.view(cls, {1, 0, 2, {1, g.shape_of(cls).last()}});
  }
  static constexpr value_id add_positions(graph& g, label what, const tokens& t, int width) {
    return g.add_parameter(what, {1, t.cells() + 1, width}, initialiser::sin_cos,
                           static_cast<float>(t.grid_width), false, slice_kind::frozen);
  }
};

}  // namespace tessera::inline v0
