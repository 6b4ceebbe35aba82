#pragma once
// The vocabulary: empty types. A word carries numbers; `apply` puts them into the settings. A rule on
// one word alone is a static_assert beside it; rules across words are issues of the graph. All
// numbers are int, so that nonsense reaches our own sentence.

#include "tessera/arch/settings.hpp"

namespace tessera::inline v0 {

template <class Word>
concept patch_word = requires(vit_settings s) { Word::apply_to_patch(s); };
template <class Word>
concept vit_word = requires(vit_settings s) { Word::apply(s); };

// The rule of a word that has one; whoever takes words asks for its size, and thereby has it said.
template <class Word>
struct rule_of {
  using type = char;
};
template <class Word>
  requires requires { typename Word::rule; }
struct rule_of<Word> {
  using type = typename Word::rule;
};

// What a word says of its own numbers. Apart from the words, which stay usable after the sentence:
// otherwise clang goes on for fifty lines about a word that is no constant any more.
namespace rule {
template <int Height, int Width, int Channels>
struct image {
  static_assert(Height > 0 && Height <= 32768,
                "tessera::image<Height, Width, Channels>: Height must be positive (to 32768)");
  static_assert(Width > 0 && Width <= 32768,
                "tessera::image<Height, Width, Channels>: Width must be positive (to 32768)");
  static_assert(Channels > 0 && Channels <= 1024,
                "tessera::image<Height, Width, Channels>: Channels must be positive (to 1024)");
};
template <int N>
struct stride {
  static_assert(N > 0 && N <= 32768,
                "tessera::stride<N>: N must be positive, pixels between patches (to 32768)");
};
template <int N>
struct padding {
  static_assert(N >= 0 && N <= 32768,
                "tessera::padding<N>: N must not be negative, zeros on each side (to 32768)");
};
template <int Size, class... Words>
struct patch {
  static_assert(Size > 0 && Size <= 1024,
                "tessera::patch<Size>: Size must be positive (to 1024)");
  static_assert((patch_word<Words> && ...),
                "tessera::patch<Size, Words...>: every word must be stride or padding");
  static_assert((true && ... && (sizeof(typename rule_of<Words>::type) > 0)));
};
template <int N>
struct width {
  static_assert(N > 0 && N <= 65536,
                "tessera::width<N>: N must be positive, channels of a token (to 65536)");
};
template <int N>
struct heads {
  static_assert(N > 0 && N <= 65536,
                "tessera::heads<N>: N must be positive (to 65536)");
};
template <int N>
struct depth {
  static_assert(N > 0 && N <= 10000,
                "tessera::depth<N>: N must be positive, blocks (to 10000)");
};
template <int N>
struct classes {
  static_assert(N > 0 && N <= 16777216,
                "tessera::classes<N>: N must be positive (to 16777216)");
};
template <int N>
struct mlp_ratio {
  static_assert(N > 0 && N <= 256,
                "tessera::mlp_ratio<N>: N must be positive, hidden width / width (to 256)");
};
}  // namespace rule

// image<Height, Width, Channels>: the input, normalised floats, B x C x H x W.
template <int Height, int Width = Height, int Channels = 3>
struct image {
  using rule = tessera::rule::image<Height, Width, Channels>;
  static constexpr void apply(vit_settings& s) {
    meet(s, 0);
    s.image_height = Height, s.image_width = Width, s.channels = Channels;
    s.invalid = s.invalid || Height < 1 || Width < 1 || Channels < 1 || Height > 32768 ||
                Width > 32768 || Channels > 1024;
  }
};

template <int N>
struct stride {
  using rule = tessera::rule::stride<N>;
  static constexpr void apply_to_patch(vit_settings& s) {
    s.stride = N;
    s.invalid = s.invalid || N < 1 || N > 32768;
  }
};
template <int N>
struct padding {
  using rule = tessera::rule::padding<N>;
  static constexpr void apply_to_patch(vit_settings& s) {
    s.padding = N;
    s.invalid = s.invalid || N < 0 || N > 32768;
  }
};

// patch<Size, stride<...>, padding<...>>: the convolution that makes tokens; stride defaults to Size.
template <int Size, class... Words>
struct patch {
  using rule = tessera::rule::patch<Size, Words...>;
  static constexpr void apply(vit_settings& s) {
    meet(s, 1);
    s.patch = Size;
    (Words::apply_to_patch(s), ...);
    s.invalid = s.invalid || Size < 1 || Size > 1024;
  }
};

template <int N>
struct width {
  using rule = tessera::rule::width<N>;
  static constexpr void apply(vit_settings& s) {
    meet(s, 2);
    s.width = N;
    s.invalid = s.invalid || N < 1 || N > 65536;
  }
};
template <int N>
struct heads {
  using rule = tessera::rule::heads<N>;
  static constexpr void apply(vit_settings& s) {
    meet(s, 3);
    s.heads = N;
    s.invalid = s.invalid || N < 1 || N > 65536;
  }
};
template <int N>
struct depth {
  using rule = tessera::rule::depth<N>;
  static constexpr void apply(vit_settings& s) {
    meet(s, 4);
    s.depth = N;
    s.invalid = s.invalid || N < 1 || N > 10000;
  }
};
template <int N>
struct classes {
  using rule = tessera::rule::classes<N>;
  static constexpr void apply(vit_settings& s) {
    meet(s, 5);
    s.classes = N;
    s.invalid = s.invalid || N < 1 || N > 16777216;
  }
};
template <int N>
struct mlp_ratio {
  using rule = tessera::rule::mlp_ratio<N>;
  static constexpr void apply(vit_settings& s) {
    meet(s, 6);
    s.mlp_ratio = N;
    s.invalid = s.invalid || N < 1 || N > 256;
  }
};

namespace global_pool {
struct token {  // the class token, after `norm` (default)
  static constexpr void apply(vit_settings& s) { meet(s, 7); }
};
struct average {  // mean of the patch tokens, then `fc_norm`
  static constexpr void apply(vit_settings& s) {
    meet(s, 7);
    s.mean_pool = true;
  }
};
}  // namespace global_pool

}  // namespace tessera::inline v0
