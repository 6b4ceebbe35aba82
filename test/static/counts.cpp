// Counts of published and of hand-counted architectures.
#include "tessera/arch/counts.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/arch/mae.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;

namespace {

// The twelve or more blocks of Dosovitskiy et al. 2020, table 1, with 16 x 16 patches.
template <int Width, int Depth, int Heads>
using vit_16 = ts::vit<ts::image<224>, ts::patch<16>, ts::width<Width>, ts::depth<Depth>,
                       ts::heads<Heads>, ts::classes<1000>>;
using tiny = vit_16<192, 12, 3>;
using small = vit_16<384, 12, 6>;
using base = vit_16<768, 12, 12>;
using large = vit_16<1024, 24, 16>;

static_assert(ts::parameters<tiny> == 5'717'416);
static_assert(ts::parameters<small> == 22'050'664);
static_assert(ts::parameters<base> == 86'567'656);
static_assert(ts::parameters<large> == 304'326'632);
static_assert(ts::trainable_parameters<base> == ts::parameters<base>);
static_assert(ts::macs<tiny> == 1'253'683'200);
static_assert(ts::macs<small> == 4'598'882'304);
static_assert(ts::macs<base> == 17'563'828'224);

// Linears of T tokens and the two products of attention.
constexpr long long block_macs(long long tokens, long long width) {
  return 12 * tokens * width * width + 2 * tokens * tokens * width;
}
constexpr long long block_parameters(long long width) { return 12 * width * width + 13 * width; }
static_assert(ts::macs<large> == 196LL * 1024 * 768 + 24 * block_macs(197, 1024) + 1024 * 1000);

// The order of words is free.
using reordered = ts::vit<ts::classes<1000>, ts::heads<3>, ts::depth<12>, ts::width<192>,
                          ts::patch<16>, ts::image<224>>;
static_assert(ts::parameters<reordered> == ts::parameters<tiny>);
static_assert(ts::macs<reordered> == ts::macs<tiny>);

// He et al. 2021: ViT-B, a decoder of 8 blocks of 512 channels; 49 of 196 patches are encoded.
using mae_base =
    ts::mae<base, ts::decoder<ts::width<512>, ts::depth<8>, ts::heads<16>>, ts::mask::random<3, 4>>;
static_assert(ts::trainable_parameters<mae_base> == 111'655'680);
static_assert(ts::parameters<mae_base> == 111'655'680 + 197 * (768 + 512));  // fixed positions
static_assert(ts::macs<mae_base> == 196LL * 768 * 768 + 12 * block_macs(50, 768) +
                                        50LL * 768 * 512 + 8 * block_macs(197, 512) +
                                        196LL * 512 * 768);
static_assert(ts::mask::kept_tokens(196, 3, 4) == 49);
static_assert(ts::mask::kept_tokens(100, 9, 10) == 9);  // 1 - 0.9 is a little under 0.1

// Two stages with a pool between them: 64 tokens, then 16.
using staged = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::classes<10>,
                       ts::stages<ts::stage<1>, ts::pool::average<2>, ts::stage<2>>>;
static_assert(ts::parameters<staged> ==
              (48 * 48 + 48) + 64 * 48 + 3 * block_parameters(48) + 2 * 48 + (48 * 10 + 10));
static_assert(ts::macs<staged> ==
              64 * 48 * 48 + block_macs(64, 48) + 2 * block_macs(16, 48) + 48 * 10);

// Exits add themselves and nothing else.
using plain = ts::vit<ts::image<32>, ts::patch<4>, ts::width<48>, ts::heads<3>, ts::depth<4>,
                      ts::classes<10>>;
using with_exits = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::linear>,
                                  ts::exit_at<2, ts::exit_head::local_perception<3>>,
                                  ts::exit_at<3, ts::exit_head::local_perception<1>>>;
static_assert(ts::parameters<plain> ==
              (48 * 48 + 48) + 48 + 65 * 48 + 4 * block_parameters(48) + 2 * 48 + (48 * 10 + 10));
static_assert(ts::parameters<with_exits> - ts::parameters<plain> ==
              (2 * 48 + 490) +                                              // norm, head
                  (2 * (48 * 48 + 48) + 3 * 2 * 48 + (9 + 1) * 48 + 490) +  // 1x1 twice, BN, 3x3
                  (2 * (48 * 48 + 48) + 2 * 2 * 48 + 490));
static_assert(ts::macs<with_exits> - ts::macs<plain> ==
              480 + (64 * (2 * 48 * 48 + 9 * 48) + 480) + (64 * 2 * 48 * 48 + 480));

}  // namespace
