#pragma once
// The vocabulary: empty types. A word carries numbers; `apply` puts them into the settings. A rule on
// one word alone is a static_assert beside it; rules across words are issues of the graph. All numbers
// are long long, so that nonsense reaches our own sentence. Words of blocks and of choices are in
// arch/block_words.hpp.

#include "tessera/arch/settings.hpp"

namespace tessera::inline v0 {

template <class Word>
concept patch_word = requires(vit_settings s) { Word::apply_to_patch(s); };
template <class Word>
concept vit_word = requires(vit_settings s) { Word::apply(s); };

// The rule of a word, if it has one; whoever takes words calls said() of each. A failed static_assert
// in a function leaves a constant, whereas one in a class makes clang doubt all that the class is in.
struct no_rule {
  static constexpr bool said() { return true; }
};
template <class Word>
struct rule_of : no_rule {};
template <class Word>
  requires requires { Word::rule::said(); }
struct rule_of<Word> : Word::rule {};

// Applies each word; one that is none says so elsewhere.
template <class Word>
constexpr void apply_word(vit_settings& s) {
  if constexpr (vit_word<Word>)
    Word::apply(s);
  else
    s.invalid = true;
}
template <class... Words>
constexpr vit_settings settings_of(vit_settings s = {}) {
  (apply_word<Words>(s), ...);
  return s;
}

inline constexpr range side_range{1, 32768}, channel_range{1, 1024}, kernel_range{1, 1024},
    width_range{1, 65536}, depth_range{1, max_blocks}, class_range{1, 16777216}, ratio_range{1, 256},
    token_range{1, 4096};

// What a word says of its own numbers. No condition is a concept: compilers would explain it at length.
namespace rule {
template <long long Height, long long Width, long long Channels>
struct image {
  static constexpr bool said() {
    static_assert(side_range.has(Height) && side_range.has(Width) && channel_range.has(Channels),
                  "tessera::image<Height, Width, Channels>: Height and Width must be 1 to 32768, "
                  "Channels 1 to 1024");
    return true;
  }
};
template <long long Size, class... Words>
struct patch {
  static constexpr bool said() {
    static_assert(kernel_range.has(Size), "tessera::patch<Size>: Size must be 1 to 1024");
    constexpr bool are_words = (patch_word<Words> && ...);
    static_assert(are_words,
                  "tessera::patch<Size, Words...>: every word must be stride, padding or normed");
    constexpr bool fit = !are_words || (fits<Words>() && ...);
    static_assert(fit,
                  "tessera::patch<Size, Words...>: stride must be 1 to 32768 pixels, padding 0 to "
                  "32768 zeros on each side");
    return true;
  }

 private:
  template <class Word>
  static constexpr bool fits() {
    vit_settings s;
    if constexpr (patch_word<Word>) Word::apply_to_patch(s);
    return !s.invalid;
  }
};
template <long long... Channels>
struct conv_stem {
  static constexpr bool said() {
    static_assert(sizeof...(Channels) >= 1 && sizeof...(Channels) <= 6,
                  "tessera::conv_stem<Channels...>: takes 1 to 6 numbers, one for each convolution");
    static_assert((width_range.has(Channels) && ...),
                  "tessera::conv_stem<Channels...>: each number must be 1 to 65536");
    return true;
  }
};
template <long long N>
struct width {
  static constexpr bool said() {
    static_assert(width_range.has(N),
                  "tessera::width<N>: N must be 1 to 65536 (channels of a token)");
    return true;
  }
};
template <long long N>
struct depth {
  static constexpr bool said() {
    static_assert(depth_range.has(N), "tessera::depth<N>: N must be 1 to 256 (blocks)");
    return true;
  }
};
template <long long N>
struct classes {
  static constexpr bool said() {
    static_assert(class_range.has(N), "tessera::classes<N>: N must be 1 to 16777216");
    return true;
  }
};
template <long long P, long long Q>
struct drop_path {
  static constexpr bool said() {
    static_assert(P >= 0 && Q > 0 && P < Q,
                  "tessera::drop_path<P, Q>: the rate P / Q must be at least 0 and below 1");
    return true;
  }
};
template <long long N>
struct registers {
  static constexpr bool said() {
    static_assert(token_range.has(N), "tessera::registers<N>: N must be 1 to 4096");
    return true;
  }
};
template <long long N>
struct extra_tokens {
  static constexpr bool said() {
    static_assert(token_range.has(N), "tessera::extra_tokens<N>: N must be 1 to 4096");
    return true;
  }
};
}  // namespace rule

// image<Height, Width, Channels>: the input, normalised floats, B x C x H x W.
template <long long Height, long long Width = Height, long long Channels = 3>
struct image {
  using rule = tessera::rule::image<Height, Width, Channels>;
  static constexpr void apply(vit_settings& s) {
    s.put(word::image, s.image_height, Height, side_range);
    s.put(s.image_width, Width, side_range);
    s.put(s.channels, Channels, channel_range);
  }
};

template <long long N>
struct stride {
  static constexpr void apply_to_patch(vit_settings& s) {
    s.put(word::stride, s.stride, N, side_range);
  }
};
template <long long N>
struct padding {
  static constexpr void apply_to_patch(vit_settings& s) {
    s.put(word::padding, s.padding, N, {0, side_range.most});
  }
};
struct normed {  // a layer_norm after the patches (Swin, MiT)
  static constexpr void apply_to_patch(vit_settings& s) {
    s.meet(word::normed);
    s.patch_norm = true;
  }
};

// patch<Size, stride<...>, padding<...>, normed>: the convolution that makes tokens; stride is Size.
template <long long Size, class... Words>
struct patch {
  using rule = tessera::rule::patch<Size, Words...>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) {
    s.stride = s.padding = 0;
    s.put(word::patch, s.patch, Size, kernel_range);
    (apply_inner<Words>(s), ...);
  }

 private:
  template <class Word>
  static constexpr void apply_inner(vit_settings& s) {
    if constexpr (patch_word<Word>)
      Word::apply_to_patch(s);
    else
      s.invalid = true;
  }
};

// conv_stem<Channels...>: instead of a patch, 3 x 3 convolutions of stride 2 with these channels, each
// with batch_norm and relu, then 1 x 1 to width. Source: Xiao et al. 2021.
template <long long... Channels>
struct conv_stem {
  using rule = tessera::rule::conv_stem<Channels...>;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::conv_stem);
    s.stem_convs = 0;
    s.invalid = s.invalid || sizeof...(Channels) < 1 || sizeof...(Channels) > 6;
    if constexpr (sizeof...(Channels) <= 6)
      (s.put(s.stem[s.stem_convs++], Channels, width_range), ...);
  }
};

template <long long N>
struct width {
  using rule = tessera::rule::width<N>;
  static constexpr bool in_parts = true;
  static constexpr void apply(vit_settings& s) { s.put(word::width, s.width, N, width_range); }
};
template <long long N>
struct depth {
  using rule = tessera::rule::depth<N>;
  static constexpr void apply(vit_settings& s) { s.put(word::depth, s.depth, N, depth_range); }
};
template <long long N>
struct classes {
  using rule = tessera::rule::classes<N>;
  static constexpr void apply(vit_settings& s) { s.put(word::classes, s.classes, N, class_range); }
};
// drop_path<P, Q>: stochastic depth in training, rate 0 at the first block rising to P / Q at the last.
template <long long P, long long Q = 100>
struct drop_path {
  using rule = tessera::rule::drop_path<P, Q>;
  static constexpr void apply(vit_settings& s) {
    s.meet(word::drop_path);
    s.drop_path = Q > 0 ? static_cast<double>(P) / static_cast<double>(Q) : 0;
    s.invalid = s.invalid || P < 0 || Q < 1 || P >= Q;
  }
};

// Prefix tokens, in this order before the patches; positions cover them.
struct no_class_token {
  static constexpr void apply(vit_settings& s) {
    s.meet(word::class_token);
    s.no_class_token = true;
  }
};
struct distillation_token {  // "dist_token", DeiT
  static constexpr void apply(vit_settings& s) {
    s.meet(word::distillation_token);
    s.distillation_token = true;
  }
};
template <long long N>
struct registers {  // "reg_token", Darcet et al. 2023
  using rule = tessera::rule::registers<N>;
  static constexpr void apply(vit_settings& s) {
    s.put(word::registers, s.registers, N, token_range);
  }
};
template <long long N>
struct extra_tokens {  // "extra_tokens", for whoever reads them by a tap
  using rule = tessera::rule::extra_tokens<N>;
  static constexpr void apply(vit_settings& s) {
    s.put(word::extra_tokens, s.extra_tokens, N, token_range);
  }
};

}  // namespace tessera::inline v0
