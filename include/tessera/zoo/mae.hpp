#pragma once
// Masked auto-encoders under the names of facebookresearch/mae (He et al. 2021): decoder of width 512,
// 8 blocks, 16 heads; 75 % of the patches masked. Trainable parameters (positions are fixed) and MACs
// of one image, asserted in test/static/zoo.cpp:
//
//     mae_vit_base_patch16     111,655,680     9.78 G
//     mae_vit_large_patch16    329,239,296    20.76 G
//     mae_vit_huge_patch14     656,613,964    48.56 G
//     mae_cifar10_patch4                       D 64, 4 blocks; decoder 48, 1 block

#include "tessera/arch/mae.hpp"
#include "tessera/zoo/vit.hpp"

namespace tessera::inline v0::zoo {

template <class Vit>
using mae_224 =
    mae<Vit, decoder<width<512>, depth<8>, heads<16>>, mask::random<3, 4>>;

struct mae_vit_base_patch16 : mae_224<vit_224<16, 768, 12, 12>> {};
struct mae_vit_large_patch16 : mae_224<vit_224<16, 1024, 24, 16>> {};
struct mae_vit_huge_patch14 : mae_224<vit_224<14, 1280, 32, 16>> {};

struct mae_cifar10_patch4
    : mae<vit<image<32, 32, 3>, patch<4>, width<64>, depth<4>, heads<4>, classes<10>>,
          decoder<width<48>, depth<1>, heads<4>>, mask::random<3, 4>> {};

}  // namespace tessera::inline v0::zoo
