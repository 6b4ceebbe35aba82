#pragma once
// The vocabulary: empty types. A word carries numbers; `apply` puts them into the settings. A rule on
// one word alone is a static_assert in its body; rules across words are issues of the graph. All
// numbers are int, so that nonsense reaches our own sentence.

#include "tessera/arch/settings.hpp"

namespace tessera::inline v0 {

template <int N>
concept positive = N > 0;
template <int N>
concept not_negative = N >= 0;

// image<Height, Width, Channels>: the input, normalised floats, B x C x H x W.
template <int Height, int Width = Height, int Channels = 3>
struct image {
  static_assert(positive<Height>, "tessera::image<Height, Width, Channels>: Height must be positive");
  static_assert(positive<Width>, "tessera::image<Height, Width, Channels>: Width must be positive");
  static_assert(positive<Channels>,
                "tessera::image<Height, Width, Channels>: Channels must be positive");
  static constexpr void apply(vit_settings& s) {
    meet(s, 0);
    s.image_height = Height, s.image_width = Width, s.channels = Channels;
    s.invalid = s.invalid || Height < 1 || Width < 1 || Channels < 1;
  }
};

template <int N>
struct stride {
  static_assert(positive<N>, "tessera::stride<N>: N must be positive (pixels between patches)");
  static constexpr void apply(vit_settings& s) {
    s.stride = N;
    s.invalid = s.invalid || N < 1;
  }
};
template <int N>
struct padding {
  static_assert(not_negative<N>, "tessera::padding<N>: N must not be negative (zeros on each side)");
  static constexpr void apply(vit_settings& s) {
    s.padding = N;
    s.invalid = s.invalid || N < 0;
  }
};

// patch<Size, stride<...>, padding<...>>: the convolution that makes tokens; stride defaults to Size.
template <int Size, class... Words>
struct patch {
  static_assert(positive<Size>, "tessera::patch<Size>: Size must be positive");
  static constexpr void apply(vit_settings& s) {
    meet(s, 1);
    s.patch = Size;
    (Words::apply(s), ...);
    s.invalid = s.invalid || Size < 1;
  }
};

template <int N>
struct width {
  static_assert(positive<N>, "tessera::width<N>: N must be positive (channels of a token)");
  static constexpr void apply(vit_settings& s) {
    meet(s, 2);
    s.width = N;
    s.invalid = s.invalid || N < 1;
  }
};
template <int N>
struct heads {
  static_assert(positive<N>, "tessera::heads<N>: N must be positive");
  static constexpr void apply(vit_settings& s) {
    meet(s, 3);
    s.heads = N;
    s.invalid = s.invalid || N < 1;
  }
};
template <int N>
struct depth {
  static_assert(positive<N>, "tessera::depth<N>: N must be positive (blocks)");
  static constexpr void apply(vit_settings& s) {
    meet(s, 4);
    s.depth = N;
    s.invalid = s.invalid || N < 1;
  }
};
template <int N>
struct classes {
  static_assert(positive<N>, "tessera::classes<N>: N must be positive");
  static constexpr void apply(vit_settings& s) {
    meet(s, 5);
    s.classes = N;
    s.invalid = s.invalid || N < 1;
  }
};
template <int N>
struct mlp_ratio {
  static_assert(positive<N>, "tessera::mlp_ratio<N>: N must be positive (hidden width / width)");
  static constexpr void apply(vit_settings& s) {
    meet(s, 6);
    s.mlp_ratio = N;
    s.invalid = s.invalid || N < 1;
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
