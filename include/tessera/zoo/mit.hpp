#pragma once
// Mix transformers (Xie et al. 2021, SegFormer) under the names of NVlabs/SegFormer: mit_b0 to mit_b5
// give the tokens of the last stage and four feature maps (taps "features.0" to "features.3"),
// segformer_b0 to b5 logits of 19 classes for every fourth pixel. Images 512 x 512. Parameters,
// asserted in test/static/zoo.cpp:
//
//     mit_b0   3,319,392     mit_b3  44,072,128     segformer_b0   3,719,027     segformer_b3  47,237,075
//     mit_b1  13,151,424     mit_b4  60,842,688     segformer_b1  13,682,131     segformer_b4  64,007,635
//     mit_b2  24,196,288     mit_b5  81,443,008     segformer_b2  27,361,235     segformer_b5  84,607,955

#include "tessera/arch/vit.hpp"

namespace tessera::inline v0::zoo {

template <int Blocks, int Width, int Heads, int Reduction>
using mit_stage = mix_stage<Blocks, patch<3, stride<2>, padding<1>>, width<Width>, heads<Heads>,
                            reduction<Reduction>>;
template <int Blocks, int Width>
using mit_first_stage =
    mix_stage<Blocks, patch<7, stride<4>, padding<3>>, width<Width>, heads<1>, reduction<8>>;

template <int B1, int B2, int B3, int B4>
using mit_small_stages = stages<mit_first_stage<B1, 32>, mit_stage<B2, 64, 2, 4>,
                                mit_stage<B3, 160, 5, 2>, mit_stage<B4, 256, 8, 1>>;
template <int B1, int B2, int B3, int B4>
using mit_stages = stages<mit_first_stage<B1, 64>, mit_stage<B2, 128, 2, 4>,
                          mit_stage<B3, 320, 5, 2>, mit_stage<B4, 512, 8, 1>>;

template <class Stages>
using mit = vit<image<512, 512, 3>, Stages, tessera::head::none>;
template <class Stages, int Width>
using segformer = vit<image<512, 512, 3>, Stages, tessera::head::all_mlp<Width>, classes<19>>;

struct mit_b0 : mit<mit_small_stages<2, 2, 2, 2>> {};
struct mit_b1 : mit<mit_stages<2, 2, 2, 2>> {};
struct mit_b2 : mit<mit_stages<3, 4, 6, 3>> {};
struct mit_b3 : mit<mit_stages<3, 4, 18, 3>> {};
struct mit_b4 : mit<mit_stages<3, 8, 27, 3>> {};
struct mit_b5 : mit<mit_stages<3, 6, 40, 3>> {};

struct segformer_b0 : segformer<mit_small_stages<2, 2, 2, 2>, 256> {};
struct segformer_b1 : segformer<mit_stages<2, 2, 2, 2>, 256> {};
struct segformer_b2 : segformer<mit_stages<3, 4, 6, 3>, 768> {};
struct segformer_b3 : segformer<mit_stages<3, 4, 18, 3>, 768> {};
struct segformer_b4 : segformer<mit_stages<3, 8, 27, 3>, 768> {};
struct segformer_b5 : segformer<mit_stages<3, 6, 40, 3>, 768> {};

}  // namespace tessera::inline v0::zoo
