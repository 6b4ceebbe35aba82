#pragma once
// The named types as entries of the run-time door. Counting and picking among them compiles no
// kernel; a program that makes models should list the few it serves.
//
//     ts::zoo::vits::pick("unknown.safetensors").name
//     using mine = ts::zoo::vits::with<ts::zoo::entry<"my_vit", my_vit>>;

#include "tessera/zoo/mae.hpp"
#include "tessera/zoo/mit.hpp"
#include "tessera/zoo/registry.hpp"
#include "tessera/zoo/swin.hpp"
#include "tessera/zoo/vit.hpp"

namespace tessera::inline v0::zoo {

using vits = registry<
    entry<"vit_tiny_patch16_224", vit_tiny_patch16_224>,
    entry<"vit_small_patch16_224", vit_small_patch16_224>,
    entry<"vit_base_patch16_224", vit_base_patch16_224>,
    entry<"vit_large_patch16_224", vit_large_patch16_224>,
    entry<"vit_huge_patch14_224", vit_huge_patch14_224>,
    entry<"deit_tiny_patch16_224", deit_tiny_patch16_224>,
    entry<"deit_small_patch16_224", deit_small_patch16_224>,
    entry<"deit_base_patch16_224", deit_base_patch16_224>,
    entry<"deit_tiny_distilled_patch16_224", deit_tiny_distilled_patch16_224>,
    entry<"deit_small_distilled_patch16_224", deit_small_distilled_patch16_224>,
    entry<"deit_base_distilled_patch16_224", deit_base_distilled_patch16_224>,
    entry<"vit_cifar10_patch4_32", vit_cifar10_patch4_32>>;

using swins = registry<
    entry<"swin_tiny_patch4_window7_224", swin_tiny_patch4_window7_224>,
    entry<"swin_small_patch4_window7_224", swin_small_patch4_window7_224>,
    entry<"swin_base_patch4_window7_224", swin_base_patch4_window7_224>,
    entry<"swin_cifar10_patch2_window4_32", swin_cifar10_patch2_window4_32>>;

using mits = registry<
    entry<"mit_b0", mit_b0>, entry<"mit_b1", mit_b1>, entry<"mit_b2", mit_b2>,
    entry<"mit_b3", mit_b3>, entry<"mit_b4", mit_b4>, entry<"mit_b5", mit_b5>,
    entry<"segformer_b0", segformer_b0>, entry<"segformer_b1", segformer_b1>,
    entry<"segformer_b2", segformer_b2>, entry<"segformer_b3", segformer_b3>,
    entry<"segformer_b4", segformer_b4>, entry<"segformer_b5", segformer_b5>>;

using maes = registry<
    entry<"mae_vit_base_patch16", mae_vit_base_patch16>,
    entry<"mae_vit_large_patch16", mae_vit_large_patch16>,
    entry<"mae_vit_huge_patch14", mae_vit_huge_patch14>,
    entry<"mae_cifar10_patch4", mae_cifar10_patch4>>;

}  // namespace tessera::inline v0::zoo
