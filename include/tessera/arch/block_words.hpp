#pragma once
// Words of transformer blocks, which a part (stage, layer, mix_stage) may say for itself, and the
// choices of a vit: positions, pooling, head, normalisation of the input.

#include <type_traits>

#include "tessera/arch/words.hpp"

namespace tessera::inline v0 {

struct padded {};  // windows: the grid is filled up with zeros to whole windows

inline constexpr range heads_range{1, 65536}, exponent_range{-30, 0}, window_range{1, 1024};

namespace rule {
template <long long N>
struct heads {
  static constexpr bool said() {
    static_assert(heads_range.has(N), "tessera::heads<N>: N must be 1 to 65536");
    return true;
  }
};
template <long long N>
struct head_dim {
  static constexpr bool said() {
    static_assert(width_range.has(N),
                  "tessera::head_dim<N>: N must be 1 to 65536 (channels of a head)");
    return true;
  }
};
template <long long P, long long Q>
struct mlp_ratio {
  static constexpr bool said() {
    static_assert(ratio_range.has(P) && ratio_range.has(Q),
                  "tessera::mlp_ratio<P, Q>: P and Q must be 1 to 256 (hidden width = width P / Q)");
    return true;
  }
};
template <long long W, class... Words>
struct window {
  static constexpr bool said() {
    static_assert(window_range.has(W), "tessera::window<W>: W must be 1 to 1024 (cells on a side)");
    constexpr bool are_words = (std::is_same_v<Words, padded> && ...);
    static_assert(are_words,
                  "tessera::window<W, Words...>: the only word it takes is padded");
    return true;
  }
};
template <long long R>
struct reduction {
  static constexpr bool said() {
    static_assert(window_range.has(R),
                  "tessera::reduction<R>: R must be 1 to 1024 (cells per key)");
    return true;
  }
};
template <long long Mantissa, long long Exponent>
struct layer_scale {
  static constexpr bool said() {
    static_assert(Mantissa > 0 && exponent_range.has(Exponent),
                  "tessera::layer_scale<M, E>: starts at M 10^E (M positive, E from -30 to 0)");
    return true;
  }
};
template <long long Mantissa, long long Exponent>
struct norm_eps {
  static constexpr bool said() {
    static_assert(Mantissa > 0 && exponent_range.has(Exponent),
                  "tessera::norm_eps<M, E>: is M 10^E (M positive, E from -30 to 0)");
    return true;
  }
};
template <long long E>
struct all_mlp {
  static constexpr bool said() {
    static_assert(width_range.has(E), "tessera::head::all_mlp<E>: E must be 1 to 65536");
    return true;
  }
};
}  // namespace rule

constexpr double ten_to(long long exponent) {  // exponent <= 0
  double x = 1;
  for (; exponent < 0; ++exponent) x *= 10;
  return 1 / x;
}

template <long long N>
struct heads {
  using rule = tessera::rule::heads<N>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) { s.put(word::heads, s.heads, N, heads_range); }
};
// head_dim<N>: channels of a head where they are not width / heads.
template <long long N>
struct head_dim {
  using rule = tessera::rule::head_dim<N>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.put(word::head_dim, s.head_dim, N, width_range);
  }
};
template <long long P, long long Q = 1>
struct mlp_ratio {
  using rule = tessera::rule::mlp_ratio<P, Q>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.put(word::mlp_ratio, s.mlp_ratio[0], P, ratio_range);
    s.put(s.mlp_ratio[1], Q, ratio_range);
  }
};
namespace mlp {
struct mix {  // a depthwise 3 x 3 convolution between fc1 and gelu (Xie et al. 2021)
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::mlp);
    s.mix_mlp = true;
  }
};
}  // namespace mlp

// Attention: global (default), in windows, in windows of which every second block's are shifted by
// half of one (Liu et al. 2021), or on keys of a grid reduced R x R (Wang et al. 2021).
struct global {
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::attention);
    s.attention = attention_kind::global;
  }
};
template <long long W, class... Words>
struct window {
  using rule = tessera::rule::window<W, Words...>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.put(word::attention, s.window, W, window_range);
    s.attention = attention_kind::window;
    s.padded = sizeof...(Words) > 0;
  }
};
template <long long W, class... Words>
struct shifted_window {
  using rule = tessera::rule::window<W, Words...>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    window<W, Words...>::apply(s);
    s.attention = attention_kind::shifted_window;
  }
};
template <long long R>
struct reduction {
  using rule = tessera::rule::reduction<R>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.put(word::attention, s.reduction, R, window_range);
    s.attention = attention_kind::reduction;
  }
};

namespace relative_positions {
struct table {  // "attn.relative_position_bias_table" (Swin)
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::relative_positions);
    s.relative = relative_kind::table;
  }
};
struct decomposed {  // "attn.rel_pos_h", "attn.rel_pos_w" (Li et al. 2022)
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::relative_positions);
    s.relative = relative_kind::decomposed;
  }
};
}  // namespace relative_positions

// Of the MLP, between its two layers (ops/gelu.hpp, ops/swish.hpp, ops/relu.hpp).
namespace activation {
template <activation_kind Kind>
struct chosen {
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::activation);
    s.activation = Kind;
  }
};
using gelu = chosen<activation_kind::gelu>;  // with erf
using gelu_tanh = chosen<activation_kind::gelu_tanh>;
using quick_gelu = chosen<activation_kind::quick_gelu>;  // CLIP's
using relu = chosen<activation_kind::relu>;
using silu = chosen<activation_kind::silu>;
}  // namespace activation

struct no_qkv_bias {
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::qkv_bias);
    s.qkv_bias = false;
  }
};
// layer_scale<M, E>: each branch times a learned vector that starts at M 10^E ("ls1", "ls2").
template <long long Mantissa, long long Exponent = 0>
struct layer_scale {
  using rule = tessera::rule::layer_scale<Mantissa, Exponent>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::layer_scale);
    s.invalid = s.invalid || Mantissa < 1 || !exponent_range.has(Exponent);
    if (!s.invalid) s.layer_scale = static_cast<double>(Mantissa) * ten_to(Exponent);
  }
};
// norm_eps<M, E>: M 10^E in every layer_norm (default 1e-6; Swin 1e-5).
template <long long Mantissa, long long Exponent = 0>
struct norm_eps {
  using rule = tessera::rule::norm_eps<Mantissa, Exponent>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::norm_eps);
    s.invalid = s.invalid || Mantissa < 1 || !exponent_range.has(Exponent);
    if (!s.invalid) s.eps = static_cast<double>(Mantissa) * ten_to(Exponent);
  }
};
namespace norm {
template <norm_place Place>
struct placed {
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::norm);
    s.place = Place;
  }
};
using pre = placed<norm_place::pre>;            // x + f(norm(x))
using post = placed<norm_place::post>;          // norm(x + f(x))
using res_post = placed<norm_place::res_post>;  // x + norm(f(x)) (Swin v2)
}  // namespace norm

namespace positions {
template <position_kind Kind>
struct chosen {
  static constexpr void apply(vit_settings& s) {
    s.meet(word::positions);
    s.positions = Kind;
  }
};
using learned = chosen<position_kind::learned>;
using sin_cos = chosen<position_kind::sin_cos>;  // fixed, 2-D; zero rows for the prefix
using none = chosen<position_kind::none>;
}  // namespace positions

namespace global_pool {
template <pool_kind Kind>
struct chosen {
  static constexpr void apply(vit_settings& s) {
    s.meet(word::global_pool);
    s.pool = Kind;
  }
};
using token = chosen<pool_kind::token>;      // the class token, after `norm` (default without stages)
using average = chosen<pool_kind::average>;  // mean of the patch tokens, then `fc_norm`
using normed_average = chosen<pool_kind::normed_average>;  // `norm`, then the mean (Swin)
using mean = chosen<pool_kind::mean>;                      // the mean alone (MiT)
}  // namespace global_pool

namespace head {
template <head_kind Kind>
struct chosen {
  static constexpr void apply(vit_settings& s) {
    s.meet(word::head);
    s.head = Kind;
  }
};
using linear = chosen<head_kind::linear>;        // "head"
using fc = chosen<head_kind::fc>;                // "head.fc" (timm's name in hierarchical models)
using none = chosen<head_kind::none>;            // the tokens, after `norm` without stages
using distilled = chosen<head_kind::distilled>;  // mean of "head" (class) and "head_dist" (distillation)
using reconstruction = chosen<head_kind::reconstruction>;  // (N, p p C): pixels of every patch
// Segmentation: feature maps to width E, resized to the first, joined; logits of its cells (Xie et al. 2021).
template <long long E>
struct all_mlp {
  using rule = tessera::rule::all_mlp<E>;
  static constexpr void apply(vit_settings& s) {
    s.put(word::head, s.decoder_width, E, width_range);
    s.head = head_kind::all_mlp;
  }
};
}  // namespace head

// Images come in [0, 1]; the first op takes mean and deviation of each channel, so that noise may be
// added before.
namespace normalise {
template <long long Channels>
constexpr void apply_normalise(vit_settings& s, const double (&mean)[Channels],
                               const double (&deviation)[Channels]) {
  static_assert(Channels <= 4);
  s.meet(word::normalise);
  s.normalised_channels = Channels;
  for (int c = 0; c < Channels; ++c) s.mean[c] = mean[c], s.deviation[c] = deviation[c];
}
struct imagenet {
  static constexpr void apply(vit_settings& s) {
    apply_normalise(s, {0.485, 0.456, 0.406}, {0.229, 0.224, 0.225});
  }
};
struct cifar10 {
  static constexpr void apply(vit_settings& s) {
    apply_normalise(s, {0.4914, 0.4822, 0.4465}, {0.2471, 0.2435, 0.2616});
  }
};
struct half {  // (x - 0.5) / 0.5, of any number of channels
  static constexpr void apply(vit_settings& s) { apply_normalise<1>(s, {0.5}, {0.5}); }
};
}  // namespace normalise

}  // namespace tessera::inline v0
