#pragma once
// cascaded<parts...>: one deep vit of the blocks of several shallow ones, whose weights federated
// clients have trained (FedMAE, Yang et al. 2023; federated/cascade.hpp copies them). Parts:
//     a ts::vit or ts::mae, plain; repeated<N, Model>: N times; and words that the deep one says itself
//     (classes, global_pool, head, drop_path).
// Depth is the sum of the models' depths; every other word must be the same in all.

#include "tessera/arch/mae.hpp"

namespace tessera::inline v0 {

// What a part of a cascade is a model of: itself, or what it repeats.
template <class Model>
struct cascaded_model {
  using type = Model;
};
template <class Part>
  requires requires { Part::repeats; }
struct cascaded_model<Part> {
  using type = typename Part::model;
};
template <class Part>
concept cascade_model = requires {
  typename cascaded_model<Part>::type::vit_words;
} || requires { typename cascaded_model<Part>::type::mae_words; };

namespace rule {
template <long long N, class Model>
struct repeated {
  static constexpr bool said() {
    static_assert(depth_range.has(N), "tessera::repeated<N, Model>: N must be 1 to 256");
    constexpr bool is = cascade_model<Model>;
    static_assert(is, "tessera::repeated<N, Model>: Model must be a ts::vit or a ts::mae");
    return true;
  }
};
template <class... Parts>
struct cascaded {
  static constexpr bool said() {
    constexpr bool are = (true && ... && (requires { Parts::repeats; } || cascade_model<Parts> ||
                                          vit_word<Parts>));
    static_assert(are,
                  "tessera::cascaded<Parts...>: every part must be a ts::vit, a ts::mae, "
                  "repeated<N, Model> or a word of a vit");
    constexpr bool some = !are || (false || ... || !vit_word<Parts>);
    static_assert(some, "tessera::cascaded<Parts...>: needs at least one ts::vit or ts::mae");
    return true;
  }
};
}  // namespace rule

template <long long N, class Model>
struct repeated {
  using rule = tessera::rule::repeated<N, Model>;
  static constexpr int repeats = depth_range.number(N);
  using model = Model;
};

template <class... Parts>
struct cascaded {
  // Models first speak for themselves, with a short chain.
  static_assert((true && ... && (__is_empty(Parts) || true)));
  static_assert(rule::cascaded<Parts...>::said() && (true && ... && rule_of<Parts>::said()));
  using vit_words = void;
  static constexpr vit_settings settings() {
    vit_settings s;
    bool first = true;
    s.invalid = !(false || ... || cascade_model<Parts>);
    (add_model<Parts>(s, first), ...);
    s.seen &= ~(1u << static_cast<int>(word::classes) | 1u << static_cast<int>(word::head) |
                1u << static_cast<int>(word::global_pool) | 1u << static_cast<int>(word::drop_path));
    (add_word<Parts>(s), ...);
    return s;
  }
  static constexpr shape input_shape() {
    const vit_settings s = settings();
    return {1, 1, 3, {s.channels, s.image_height, s.image_width}};
  }
  static constexpr value_id build(graph& g, value_id images, body* seen = nullptr) {
    return build_vit(g, images, settings(), seen, nullptr);
  }

 private:
  template <class Part>
  static constexpr void add_model(vit_settings& s, bool& first) {
    if constexpr (cascade_model<Part>) {
      int times = 1;
      if constexpr (requires { Part::repeats; }) times = Part::repeats;
      join(s, cascaded_model<Part>::type::settings(), times, first);
    }
  }
  template <class Part>
  static constexpr void add_word(vit_settings& s) {
    if constexpr (!cascade_model<Part>) apply_word<Part>(s);
  }
  static constexpr void join(vit_settings& s, const vit_settings& one, int times, bool& first) {
    const bool bad = times < 1 || one.invalid;
    if (first) {
      s = one;
      s.depth = one.depth * times;
      s.invalid = bad;
      s.head = head_kind::linear, s.pool = pool_kind::natural, s.classes = 0, s.drop_path = 0;
      first = false;
      if (s.staged && s.found.code == issue::none)
        s.found = {issue::mae_takes_plain_vit, 0, 0, name_of(word::stages)};
      return;
    }
    const auto equal = [&s](int a, int b, word w) {
      if (a != b && s.found.code == issue::none)
        s.found = {issue::cascade_of_unequal, a, b, name_of(w)};
    };
    equal(s.image_height, one.image_height, word::image);
    equal(s.image_width, one.image_width, word::image);
    equal(s.channels, one.channels, word::image);
    equal(s.patch, one.patch, word::patch);
    equal(s.step(), one.step(), word::patch);
    equal(s.padding, one.padding, word::patch);
    equal(s.width, one.width, word::width);
    equal(s.heads, one.heads, word::heads);
    equal(s.head_dim, one.head_dim, word::head_dim);
    for (int i = 0; i < 2; ++i) equal(s.mlp_ratio[i], one.mlp_ratio[i], word::mlp_ratio);
    equal(s.stem_convs, one.stem_convs, word::conv_stem);
    equal(s.class_token() ? 1 : 0, one.class_token() ? 1 : 0, word::class_token);
    equal(s.distillation_token ? 1 : 0, one.distillation_token ? 1 : 0, word::distillation_token);
    equal(s.registers, one.registers, word::registers);
    equal(s.extra_tokens, one.extra_tokens, word::extra_tokens);
    equal(s.normalised_channels, one.normalised_channels, word::normalise);
    equal(s.mix_mlp ? 1 : 0, one.mix_mlp ? 1 : 0, word::mlp);
    equal(s.reduction, one.reduction, word::attention);
    equal(static_cast<int>(s.activation), static_cast<int>(one.activation), word::activation);
    equal(static_cast<int>(s.relative), static_cast<int>(one.relative), word::relative_positions);
    equal(s.eps < one.eps || s.eps > one.eps ? 1 : 0, 0, word::norm_eps);
    equal(s.qkv_bias ? 1 : 0, one.qkv_bias ? 1 : 0, word::qkv_bias);
    equal(static_cast<int>(s.attention), static_cast<int>(one.attention), word::attention);
    equal(s.window, one.window, word::attention);
    equal(static_cast<int>(s.place), static_cast<int>(one.place), word::norm);
    equal(static_cast<int>(s.positions), static_cast<int>(one.positions), word::positions);
    equal(s.layer_scale > 0 ? 1 : 0, one.layer_scale > 0 ? 1 : 0, word::layer_scale);
    s.invalid = s.invalid || bad;
    if (s.found.code == issue::none) s.found = one.found;
    if (s.depth <= max_blocks) s.depth += one.depth * times;
  }
};

}  // namespace tessera::inline v0
