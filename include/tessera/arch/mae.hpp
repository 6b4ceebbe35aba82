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
TESSERA_COLD constexpr int kept_tokens(int tokens, long long p, long long q) {
  if (q < 1 || p >= q) return 0;
  if (p <= 0) return tokens;
  return static_cast<int>(tokens * (1 - static_cast<double>(p) / static_cast<double>(q)));
}

template <long long P, long long Q>
struct random {  // fresh noise from Philox for every (step, sample)
  static constexpr int keep(int tokens) { return kept_tokens(tokens, P, Q); }
  static constexpr value_id noise(graph& g, value_id images, int tokens) {
    return emit<"noise">(g, {images}, {tokens});
  }
};

template <long long P, long long Q>
struct given {  // the noise is an input "noise" (N): to reproduce someone's masks
  static constexpr int keep(int tokens) { return kept_tokens(tokens, P, Q); }
  static constexpr value_id noise(graph& g, value_id, int tokens) {
    return g.add_input("noise", {1, 1, 1, {tokens}});
  }
};

}  // namespace mask

template <class Decoder>
concept decoder_word = requires { Decoder::decodes; };
template <class Mask>
concept mask_word = requires(graph& g, value_id v) { Mask::noise(g, v, Mask::keep(1)); };

namespace rule {
template <class... Words>
struct decoder {
  static constexpr bool said() {
    constexpr bool are_words = (vit_word<Words> && ...);
    static_assert(are_words,
                  "tessera::decoder<Words...>: every word must be width, depth, heads or one of a "
                  "block (mlp_ratio, norm_eps, ...)");
    return (true && ... && rule_of<Words>::said());
  }
};
template <class Vit, class Decoder, class Mask>
struct mae {
  static constexpr bool said() {
    constexpr bool is = is_vit<Vit>, decodes = decoder_word<Decoder>, masks = mask_word<Mask>;
    static_assert(is, "tessera::mae<Vit, Decoder, Mask>: Vit must be a ts::vit");
    static_assert(decodes,
                  "tessera::mae<Vit, Decoder, Mask>: Decoder must be a ts::decoder<words...>");
    static_assert(masks,
                  "tessera::mae<Vit, Decoder, Mask>: Mask must be mask::random<P, Q>, "
                  "mask::given<P, Q> or a type with keep and noise");
    return true;
  }
};
}  // namespace rule

template <class... Words>  // width, depth, heads and words of blocks
struct decoder {
  using rule = tessera::rule::decoder<Words...>;
  static constexpr bool decodes = true;
  static constexpr vit_settings settings() { return settings_of<Words...>(); }
};

template <class Vit, class Decoder, class Mask>
struct mae {
  static_assert(__is_empty(Vit) || true);  // Vit first speaks for itself, with a short chain
  static_assert(rule::mae<Vit, Decoder, Mask>::said() && rule_of<Decoder>::said());
  using mae_words = void;
  static constexpr vit_settings settings() {
    vit_settings s = settings_of_vit<Vit>();
    s.init = init_scheme::mae;
    return s;
  }
  static constexpr shape input_shape() { return images_of(settings()); }

  static constexpr value_id build(graph& g, value_id images) {
    if constexpr (is_vit<Vit> && decoder_word<Decoder> && mask_word<Mask>)
      return build_all(g, images, settings(), Decoder::settings());
    g.fail(issue::word_invalid);
    return images;
  }

 private:
  static constexpr value_id build_all(graph& g, value_id images, const vit_settings& s,
                                      vit_settings d) {
    d.init = init_scheme::mae;
    if (!check(g, s) || !check_encoder(g, s) || !check_decoder(g, d)) return images;
    tokens t = begin_tokens(g, s);
    const int n = t.cells(), keep = Mask::keep(n);
    if (keep < 1) g.fail(issue::mask_keeps_none, n, keep);
    if (keep >= n) g.fail(issue::mask_removes_none, n, keep);
    if (s.width % 4 != 0 || d.width % 4 != 0) g.fail(issue::positions_need_four, s.width, d.width);
    if (!g.ok()) return images;
    body seen;
    t.seen = &seen;

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

    value_id x = build_patch_embed(g, build_normalise(g, images, s), s);
    x = emit<"gather_rows">(g, {emit<"add_position">(g, {x, pos}, {1}), kept});
    x = emit<"prepend_token">(g, {x, emit<"add_position">(g, {cls_rows(g, cls), pos}, {0})});
    t.x = x;
    build_blocks(g, t, s, s.depth, 0);
    x = build_layer_norm(g, "norm", t.x, s.eps);
    g.add_tap("encoder", x);

    x = build_linear(g, "decoder_embed", x, d.width, s.init);
    const value_id first = emit<"slice_rows">(g, {x}, {0, 1});
    x = emit<"slice_rows">(g, {x}, {1, keep});
    x = emit<"restore_rows">(g, {x, mask_token, restore});
    x = emit<"add_position">(g, {x, decoder_pos}, {1});
    x = emit<"prepend_rows">(g, {x, emit<"add_position">(g, {first, decoder_pos}, {0})});
    t.x = x;
    build_blocks(g, t, d, d.depth, 0, "decoder_blocks");
    x = build_layer_norm(g, "decoder_norm", t.x, d.eps);
    x = emit<"slice_rows">(g, {x}, {1, n});
    return build_linear(g, "decoder_pred", x, s.patch * s.patch * s.channels, s.init);
  }
  static constexpr bool check_encoder(graph& g, const vit_settings& s) {
    const auto refuse = [&](bool wrong, word w) {
      if (wrong) g.fail(issue::mae_takes_plain_vit, 0, 0, name_of(w));
    };
    refuse(s.staged, word::stages);
    refuse(s.stem_convs > 0, word::conv_stem);
    for (word w : {word::class_token, word::distillation_token, word::registers, word::extra_tokens,
                   word::positions, word::attention, word::relative_positions, word::mlp})
      refuse(s.has(w), w);
    return g.ok();
  }
  static constexpr bool check_decoder(graph& g, const vit_settings& d) {
    if (d.invalid) g.found.code = issue::word_invalid;
    if (d.found.code != issue::none) g.fail(d.found.code, d.found.a, d.found.b, d.found.what);
    for (word w : {word::width, word::depth, word::heads})
      if (!d.has(w)) g.fail(issue::decoder_word_missing, 0, 0, name_of(w));
    unsigned taken = 0;
    for (word w : {word::width, word::depth, word::heads, word::head_dim, word::mlp_ratio,
                   word::qkv_bias, word::layer_scale, word::norm, word::norm_eps,
                   word::activation})
      taken |= 1u << static_cast<int>(w);
    for (int w = 0; w <= static_cast<int>(word::activation); ++w)
      if ((d.seen & ~taken) >> w & 1u)
        g.fail(issue::decoder_word_missing, 0, 0, name_of(static_cast<word>(w)));
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
