#pragma once
// The words of an architecture as JSON, for the metadata of a checkpoint: what its tensors do not
// show (heads, eps, pooling) and what its reader wants to know first.
//
//     ts::zoo::settings_json<ts::zoo::vit_cifar10_patch4_32>()
//     {"image_height": 32, "image_width": 32, "patch": 4, "width": 64, "depth": 4, …, "heads": 4}
//
// Members of vit_settings that are not as in timm's plain vit; from_json() of zoo/settings_json.hpp
// reads them back. Stages build themselves: of them it says that they are there, and their blocks.
// Initialisation is left out: weights that are saved have left it behind.

#include "tessera/arch/settings.hpp"
#include "tessera/zoo/settings_json.hpp"

namespace tessera::inline v0 {

template <>
inline constexpr auto choices_of<attention_kind> =
    std::to_array<std::string_view>({"global", "window", "shifted_window", "reduction"});
template <>
inline constexpr auto choices_of<relative_kind> =
    std::to_array<std::string_view>({"none", "table", "decomposed"});
template <>
inline constexpr auto choices_of<norm_place> =
    std::to_array<std::string_view>({"pre", "post", "res_post"});
template <>
inline constexpr auto choices_of<position_kind> =
    std::to_array<std::string_view>({"learned", "sin_cos", "none"});
template <>
inline constexpr auto choices_of<activation_kind> =
    std::to_array<std::string_view>({"gelu", "gelu_tanh", "quick_gelu", "relu", "silu"});
template <>
inline constexpr auto choices_of<pool_kind> =
    std::to_array<std::string_view>({"natural", "token", "average", "normed_average", "mean"});
template <>
inline constexpr auto choices_of<head_kind> = std::to_array<std::string_view>(
    {"linear", "fc", "none", "distilled", "all_mlp", "reconstruction"});

}  // namespace tessera::inline v0

BOOST_HANA_ADAPT_STRUCT(tessera::vit_settings, image_height, image_width, channels, patch, stride,
                        padding, patch_norm, stem, normalised_channels, mean, deviation, width,
                        depth, classes, registers, extra_tokens, no_class_token,
                        distillation_token, positions, pool, head, decoder_width, drop_path,
                        staged, stage_blocks, heads, head_dim, mlp_ratio, mix_mlp, activation,
                        attention, window, reduction, padded, relative, qkv_bias, layer_scale,
                        place, eps);

namespace tessera::inline v0::zoo {

template <class A>
std::string settings_json() {
  const auto s = A::settings();
  return to_short_json(s);
}

}  // namespace tessera::inline v0::zoo
