// Words in combination, against counts that the papers' cards or reference code give, or worked by hand.
#include <tessera/graph/diagnose.hpp>

#include <tessera/arch/cascaded.hpp>
#include <tessera/arch/counts.hpp>
#include <tessera/arch/early_exit.hpp>
#include <tessera/zoo/swin.hpp>
#include <tessera/zoo/vit.hpp>

namespace ts = tessera;

// HPViT: a plain ViT-B with patch stride 4 and pooling between its blocks, GMAC 42.2, 67.3, 19.2.
template <int A, int B, int C, int D, class Pool = ts::pool::average<2>>
using hpvit = ts::vit<ts::image<224>, ts::patch<16, ts::stride<4>, ts::padding<6>>, ts::width<768>,
                      ts::heads<12>, ts::classes<1000>,
                      ts::stages<ts::stage<A, ts::window<7>>, Pool, ts::stage<B, ts::window<7>>,
                                 Pool, ts::stage<C>, Pool, ts::stage<D>>>;
static_assert(ts::macs<hpvit<1, 1, 8, 2>> == 42'162'004'992);
static_assert(ts::macs<hpvit<2, 2, 6, 2>> == 67'309'814'784);
static_assert(ts::macs<hpvit<0, 0, 12, 0>> == 19'205'732'352);
static_assert(ts::parameters<hpvit<1, 1, 8, 2>> == ts::parameters<hpvit<0, 0, 12, 0>>);
using learned_pools = hpvit<1, 1, 8, 2, ts::pool::conv<2>>;  // three kernels D x D x 2 x 2 with bias
static_assert(ts::parameters<learned_pools> ==
              ts::parameters<hpvit<1, 1, 8, 2>> + 3 * (768LL * 768 * 4 + 768));
static_assert(ts::macs<learned_pools> ==
              ts::macs<hpvit<1, 1, 8, 2>> + (784LL + 196 + 49) * 768 * 768 * 4);
static_assert(ts::parameters<hpvit<1, 1, 8, 2, ts::pool::max<2>>> ==
              ts::parameters<hpvit<1, 1, 8, 2>>);

// LGViT: heads of 1,193,472, 1,184,256 and 2,360,064 parameters, and two classifiers each on DeiT-B.
using deit = ts::zoo::deit_base_distilled_patch16_224;
template <class Head>
inline constexpr long long head_alone =
    ts::parameters<ts::early_exit<deit, ts::exit_at<4, Head>>> - ts::parameters<deit> -
    2 * (768 * 1000 + 1000);
static_assert(head_alone<ts::exit_head::local_perception<3>> == 1'193'472);
static_assert(head_alone<ts::exit_head::local_perception<1>> == 1'184'256);
static_assert(head_alone<ts::exit_head::global_aggregation<2>> == 2'360'064);
using lgvit = ts::early_exit<
    deit, ts::exit_at<4, ts::exit_head::local_perception<3>>,
    ts::exit_at<5, ts::exit_head::local_perception<3>>,
    ts::exit_at<6, ts::exit_head::local_perception<1>>,
    ts::exit_at<7, ts::exit_head::local_perception<1>>,
    ts::exit_at<8, ts::exit_head::global_aggregation<2>>,
    ts::exit_at<9, ts::exit_head::global_aggregation<2>>,
    ts::exit_at<10, ts::exit_head::global_aggregation<3>>,
    ts::exit_at<11, ts::exit_head::global_aggregation<3>>>;
static_assert(ts::parameters<lgvit> == ts::parameters<deit> + 14'195'712 + 8 * 2 * 769'000);
// On a Swin the exit stands after any block of any layer.
using swin_exits = ts::early_exit<ts::zoo::swin_base_patch4_window7_224,
                                  ts::exit_at<4, ts::exit_head::local_perception<3>>,
                                  ts::exit_at<23, ts::exit_head::global_aggregation<2>>>;
static_assert(ts::parameters<swin_exits> > ts::parameters<ts::zoo::swin_base_patch4_window7_224>);

// WITT without its ModNets: encoder, code, decoder.
using witt_small = ts::vit<
    ts::image<32>, ts::patch<2>, ts::width<128>, ts::heads<4>, ts::positions::none,
    ts::norm_eps<1, -5>, ts::shifted_window<2>, ts::relative_positions::table, ts::head::none,
    ts::stages<ts::layer<2>, ts::layer<4, ts::heads<8>>, ts::channel_code<32>, ts::projection<256>,
               ts::layer<4, ts::heads<8>, ts::split<128>>, ts::layer<2, ts::split<3>>>>;
static_assert(ts::parameters<witt_small> == 7'396'208);
using witt_large = ts::vit<
    ts::image<256>, ts::patch<2>, ts::width<128>, ts::heads<4>, ts::positions::none,
    ts::norm_eps<1, -5>, ts::shifted_window<8>, ts::relative_positions::table, ts::head::none,
    ts::stages<ts::layer<2>, ts::layer<2, ts::merge<192>, ts::heads<6>>,
               ts::layer<6, ts::merge<256>, ts::heads<8>>,
               ts::layer<2, ts::merge<320>, ts::heads<10>>, ts::channel_code<96>,
               ts::projection<320>, ts::layer<2, ts::heads<10>, ts::split<256>>,
               ts::layer<6, ts::heads<8>, ts::split<192>>,
               ts::layer<2, ts::heads<6>, ts::split<128>>, ts::layer<2, ts::split<3>>>>;
static_assert(ts::parameters<witt_large> == 18'338'384);

// FedMAE: twelve one-block encoders are a ViT-B; a client trains 11,622,400 parameters.
using one_block = ts::vit<ts::image<224>, ts::patch<16>, ts::width<768>, ts::heads<12>, ts::depth<1>,
                          ts::classes<1000>>;
using one_mae = ts::mae<one_block, ts::decoder<ts::width<512>, ts::depth<1>, ts::heads<16>>,
                        ts::mask::random<3, 4>>;
static_assert(ts::trainable_parameters<one_mae> == 11'622'400);
using deep = ts::cascaded<ts::repeated<12, one_mae>, ts::classes<1000>>;
static_assert(ts::parameters<deep> == 86'567'656 && ts::macs<deep> == 17'563'828'224);
static_assert(ts::parameters<ts::cascaded<one_mae, one_block, ts::classes<10>>> ==
              ts::parameters<ts::vit<ts::image<224>, ts::patch<16>, ts::width<768>, ts::heads<12>,
                                     ts::depth<2>, ts::classes<10>>>);

// What a word adds to a plain network of 2 blocks, 192 channels, 196 patches, 10 classes.
template <class... Words>
using with = ts::vit<ts::image<224>, ts::patch<16>, ts::width<192>, ts::heads<3>, ts::depth<2>,
                     ts::classes<10>, Words...>;
template <class... Words>
inline constexpr long long added = ts::parameters<with<Words...>> - ts::parameters<with<>>;
static_assert(added<ts::registers<4>> == 2 * 4 * 192);  // tokens and their positions
static_assert(added<ts::extra_tokens<3>> == 2 * 3 * 192);
static_assert(added<ts::no_class_token> == -2 * 192);
static_assert(added<ts::layer_scale<1, -5>> == 2 * 2 * 192);
static_assert(added<ts::no_qkv_bias> == -2 * 3 * 192);
static_assert(added<ts::activation::relu> == 0 && added<ts::activation::silu> == 0);
static_assert(added<ts::mlp_ratio<3>> == -2 * 192 * (2 * 192 + 1));
static_assert(added<ts::mlp_ratio<8, 3>> == -2 * 256 * (2 * 192 + 1));
static_assert(added<ts::head_dim<32>> == -2 * 96 * (4 * 192 + 3));
static_assert(added<ts::positions::none> == -197 * 192);
static_assert(added<ts::head::none> == -(192 + 1) * 10);
static_assert(added<ts::head::reconstruction> == (192 + 1) * (768 - 10));
static_assert(added<ts::norm::post> == 0 && added<ts::norm::res_post> == 0);
static_assert(added<ts::norm_eps<1, -12>> == 0 && added<ts::drop_path<1, 10>> == 0);
static_assert(added<ts::normalise::imagenet> == 0);
static_assert(added<ts::distillation_token, ts::head::distilled> == 2 * 192 + (192 + 1) * 10);
// On a grid without prefix tokens: 14 x 14 cells, 3 heads of 64 channels.
template <class... Words>
inline constexpr long long on_grid =
    ts::parameters<with<ts::no_class_token, Words...>> - ts::parameters<with<ts::no_class_token>>;
static_assert(on_grid<ts::window<7>> == 0 && on_grid<ts::shifted_window<7>> == 0);
static_assert(on_grid<ts::window<5, ts::padded>> == 0);
static_assert(on_grid<ts::relative_positions::table> == 2 * 27 * 27 * 3);
static_assert(on_grid<ts::window<7>, ts::relative_positions::table> == 2 * 13 * 13 * 3);
static_assert(on_grid<ts::relative_positions::decomposed> == 2 * 2 * 27 * 64);
static_assert(on_grid<ts::reduction<1>> == 0);
static_assert(on_grid<ts::reduction<2>> == 2 * (192 * 192 * 4 + 192 + 2 * 192));
static_assert(on_grid<ts::mlp::mix> == 2 * 768 * (9 + 1));
static_assert(ts::macs<with<ts::no_class_token, ts::window<7>>> ==
              ts::macs<with<ts::no_class_token>> - 2LL * 2 * 192 * (196 * 196 - 4 * 49 * 49));

// A stem of three convolutions (24, 48, 96 channels, each with a batch_norm) and one 1 x 1.
using stem = ts::vit<ts::image<32, 64, 3>, ts::conv_stem<24, 48, 96>, ts::width<192>, ts::heads<3>,
                     ts::depth<2>, ts::classes<10>>;
using patched = ts::vit<ts::image<32, 64, 3>, ts::patch<8>, ts::width<192>, ts::heads<3>,
                        ts::depth<2>, ts::classes<10>>;
static_assert(ts::parameters<stem> - ts::parameters<patched> ==
              9 * (3 * 24 + 24 * 48 + 48 * 96) + 2 * (24 + 48 + 96) + 96 * 192 + 192 -
                  (192 * 192 + 192));
