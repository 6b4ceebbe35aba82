#pragma once
// Swin transformers under timm's names (Liu et al. 2021): patch 4, window 7, layer_norm eps 1e-5.
// Parameters and MACs of one 224 x 224 image, asserted in test/static/zoo.cpp:
//
//     swin_tiny_patch4_window7_224     28,288,354     4.491 G
//     swin_small_patch4_window7_224    49,606,258     8.741 G
//     swin_base_patch4_window7_224     87,768,224    15.431 G
//     swin_cifar10_patch2_window4_32    1,268,356     0.046 G   32 x 32: widths 48, 96, 192

#include "tessera/arch/vit.hpp"

namespace tessera::inline v0::zoo {

// Words of every Swin; Layers are layer<blocks, heads<...>>.
template <class Image, class Patch, int Width, int Window, int Classes, class... Layers>
using swin = vit<Image, Patch, width<Width>, classes<Classes>, positions::none, norm_eps<1, -5>,
                 shifted_window<Window>, relative_positions::table, global_pool::normed_average,
                 tessera::head::fc, stages<Layers...>>;

template <int Width, int Heads, int Depth3>
using swin_224 =
    swin<image<224, 224, 3>, patch<4, normed>, Width, 7, 1000, layer<2, heads<Heads>>,
         layer<2, heads<2 * Heads>>, layer<Depth3, heads<4 * Heads>>, layer<2, heads<8 * Heads>>>;

struct swin_tiny_patch4_window7_224 : swin_224<96, 3, 6> {};
struct swin_small_patch4_window7_224 : swin_224<96, 3, 18> {};
struct swin_base_patch4_window7_224 : swin_224<128, 4, 18> {};

struct swin_cifar10_patch2_window4_32
    : swin<image<32, 32, 3>, patch<2, normed>, 48, 4, 10, layer<2, heads<3>>, layer<2, heads<6>>,
           layer<2, heads<12>>> {};

}  // namespace tessera::inline v0::zoo
