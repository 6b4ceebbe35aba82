// The zoo's counts. From the cards of the papers' reference code, MACs with the products of attention;
// those of MiT from transformers' SegFormer under torch's flop counter (2.15, 2026-11-25), halved.
#include <tessera/graph/diagnose.hpp>

#include <tessera/arch/counts.hpp>
#include <tessera/zoo/mae.hpp>
#include <tessera/zoo/mit.hpp>
#include <tessera/zoo/swin.hpp>
#include <tessera/zoo/vit.hpp>

namespace ts = tessera;
using namespace ts::zoo;

static_assert(ts::parameters<vit_tiny_patch16_224> == 5'717'416);
static_assert(ts::macs<vit_tiny_patch16_224> == 1'253'683'200);
static_assert(ts::parameters<vit_small_patch16_224> == 22'050'664);
static_assert(ts::macs<vit_small_patch16_224> == 4'598'882'304);
static_assert(ts::parameters<vit_base_patch16_224> == 86'567'656);
static_assert(ts::macs<vit_base_patch16_224> == 17'563'828'224);
static_assert(ts::parameters<vit_large_patch16_224> == 304'326'632);
static_assert(ts::macs<vit_large_patch16_224> == 61'554'712'576);
static_assert(ts::parameters<vit_huge_patch14_224> == 632'045'800);
static_assert(ts::macs<vit_huge_patch14_224> == 167'295'109'120);
static_assert(ts::parameters<deit_tiny_patch16_224> == 5'717'416);
static_assert(ts::parameters<deit_small_patch16_224> == 22'050'664);
static_assert(ts::parameters<deit_base_patch16_224> == 86'567'656);
static_assert(ts::parameters<deit_tiny_distilled_patch16_224> == 5'910'800);
static_assert(ts::macs<deit_tiny_distilled_patch16_224> == 1'261'003'776);
static_assert(ts::parameters<deit_small_distilled_patch16_224> == 22'436'432);
static_assert(ts::macs<deit_small_distilled_patch16_224> == 4'624'140'288);
static_assert(ts::parameters<deit_base_distilled_patch16_224> == 87'338'192);
static_assert(ts::macs<deit_base_distilled_patch16_224> == 17'656'811'520);
static_assert(ts::parameters<vit_cifar10_patch4_32> == 208'074);  // timm's VisionTransformer, these sizes
static_assert(ts::macs<vit_cifar10_patch4_32> == 15'139'968);

static_assert(ts::parameters<swin_tiny_patch4_window7_224> == 28'288'354);
static_assert(ts::macs<swin_tiny_patch4_window7_224> == 4'490'566'656);
static_assert(ts::parameters<swin_small_patch4_window7_224> == 49'606'258);
static_assert(ts::macs<swin_small_patch4_window7_224> == 8'740'875'264);
static_assert(ts::parameters<swin_base_patch4_window7_224> == 87'768'224);
static_assert(ts::macs<swin_base_patch4_window7_224> == 15'430'946'816);
static_assert(ts::parameters<swin_cifar10_patch2_window4_32> == 1'268'356);  // timm's SwinTransformer
static_assert(ts::macs<swin_cifar10_patch2_window4_32> == 46'352'256);

static_assert(ts::parameters<mit_b0> == 3'319'392);
static_assert(ts::macs<mit_b0> == 3'203'661'824);
static_assert(ts::parameters<mit_b1> == 13'151'424);
static_assert(ts::macs<mit_b1> == 10'433'855'488);
static_assert(ts::parameters<mit_b2> == 24'196'288);
static_assert(ts::macs<mit_b2> == 20'235'419'648);
static_assert(ts::parameters<mit_b3> == 44'072'128);
static_assert(ts::macs<mit_b3> == 36'860'592'128);
static_assert(ts::parameters<mit_b4> == 60'842'688);
static_assert(ts::macs<mit_b4> == 53'465'055'232);
static_assert(ts::parameters<mit_b5> == 81'443'008);
static_assert(ts::macs<mit_b5> == 69'407'866'880);
static_assert(ts::parameters<segformer_b0> == 3'719'027);
static_assert(ts::macs<segformer_b0> == 7'838'367'744);
static_assert(ts::parameters<segformer_b1> == 13'682'131);
static_assert(ts::macs<segformer_b1> == 15'328'608'256);
static_assert(ts::parameters<segformer_b2> == 27'361'235);
static_assert(ts::macs<segformer_b2> == 60'689'481'728);
static_assert(ts::parameters<segformer_b3> == 47'237'075);
static_assert(ts::macs<segformer_b3> == 77'314'654'208);
static_assert(ts::parameters<segformer_b4> == 64'007'635);
static_assert(ts::macs<segformer_b4> == 93'919'117'312);
static_assert(ts::parameters<segformer_b5> == 84'607'955);
static_assert(ts::macs<segformer_b5> == 109'861'928'960);

static_assert(ts::trainable_parameters<mae_vit_base_patch16> == 111'655'680);
static_assert(ts::macs<mae_vit_base_patch16> == 9'780'740'096);
static_assert(ts::trainable_parameters<mae_vit_large_patch16> == 329'239'296);
static_assert(ts::macs<mae_vit_large_patch16> == 20'755'390'464);
static_assert(ts::trainable_parameters<mae_vit_huge_patch14> == 656'613'964);
static_assert(ts::macs<mae_vit_huge_patch14> == 48'561'610'752);
static_assert(ts::trainable_parameters<mae_cifar10_patch4> == 237'152);
static_assert(ts::macs<mae_cifar10_patch4> == 6'089'312);
