#pragma once
// Plain vision transformers under timm's names. Parameters and MACs of one 224 x 224 image (products
// of attention in), asserted in test/static/zoo.cpp:
//
//     vit_tiny_patch16_224               5,717,416     1.254 G     Dosovitskiy et al. 2020
//     vit_small_patch16_224             22,050,664     4.599 G
//     vit_base_patch16_224              86,567,656    17.564 G
//     vit_large_patch16_224            304,326,632    61.555 G
//     vit_huge_patch14_224             632,045,800   167.295 G
//     deit_{tiny,small,base}_patch16_224              as vit_{tiny,small,base}     Touvron et al. 2020
//     deit_tiny_distilled_patch16_224    5,910,800     1.261 G
//     deit_small_distilled_patch16_224  22,436,432     4.624 G
//     deit_base_distilled_patch16_224   87,338,192    17.657 G
//     vit_cifar10_patch4_32                208,074    15.140 M     D 64, 4 blocks, 4 heads

#include "tessera/arch/vit.hpp"

namespace tessera::inline v0::zoo {

template <int Patch, int Width, int Depth, int Heads, class... Words>
using vit_224 = vit<image<224, 224, 3>, patch<Patch>, width<Width>, depth<Depth>, heads<Heads>,
                    classes<1000>, Words...>;

struct vit_tiny_patch16_224 : vit_224<16, 192, 12, 3> {};
struct vit_small_patch16_224 : vit_224<16, 384, 12, 6> {};
struct vit_base_patch16_224 : vit_224<16, 768, 12, 12> {};
struct vit_large_patch16_224 : vit_224<16, 1024, 24, 16> {};
struct vit_huge_patch14_224 : vit_224<14, 1280, 32, 16> {};

struct deit_tiny_patch16_224 : vit_tiny_patch16_224 {};
struct deit_small_patch16_224 : vit_small_patch16_224 {};
struct deit_base_patch16_224 : vit_base_patch16_224 {};

template <int Width, int Heads>
using deit_distilled_224 =
    vit_224<16, Width, 12, Heads, distillation_token, tessera::head::distilled>;
struct deit_tiny_distilled_patch16_224 : deit_distilled_224<192, 3> {};
struct deit_small_distilled_patch16_224 : deit_distilled_224<384, 6> {};
struct deit_base_distilled_patch16_224 : deit_distilled_224<768, 12> {};

struct vit_cifar10_patch4_32 : vit<image<32, 32, 3>, patch<4>, width<64>, depth<4>, heads<4>,
                                   classes<10>> {};

}  // namespace tessera::inline v0::zoo
