// Infer rules survive what no architecture means: an issue of the graph, never a division by zero
// or an element outside an array, which would be no constant. Of the ops on windows and cells, of
// contrast and relations.
#include "tessera/ops/ops.hpp"

namespace ts = tessera;
using ts::graph, ts::shape, ts::value_id;

namespace {

constexpr ts::attributes nonsense[] = {{},
                                       {1},
                                       {-1, -1, -1, -1, -1, -1},
                                       {2, 2, 0, 0, 1, 1},
                                       {2, 2, 0, 3, 0, 0},
                                       {2, 3, -2, -2, 1, -3},
                                       {0, 0, 2, 2, 1, 1},
                                       {2, 0, 1, 0, 1, 1},
                                       {0, 2, 2, 1, 0, 5},
                                       {3, 2, 9, 1, 0, 0},
                                       {100, 100, 100, 100, 100, 100}};
constexpr shape extents[] = {{1, 1, 0, {}},        {1, 0, 0, {}},        {1, 1, 1, {6}},
                             {1, 1, 2, {6, 12}},   {1, 1, 2, {0, 0}},    {3, 0, 2, {4, 5}},
                             {1, 1, 3, {3, 2, 2}}, {1, 0, 4, {1, 2, 3, 4}}};

// Every input with the same extent, or the first unlike the others.
template <ts::name Op, int Inputs>
constexpr bool survives() {
  for (const ts::attributes& a : nonsense)
    for (const shape& first : extents)
      for (const shape& rest : {first, extents[3]}) {
        graph g;
        value_id v[6] = {};
        for (int i = 0; i < Inputs; ++i) v[i] = g.add_input("x", i == 0 ? first : rest);
        g.emit(ts::rules_of<Op>, v, Inputs, a);
        if (Inputs == 1) break;
      }
  return true;
}

static_assert(survives<"to_windows", 1>() && survives<"from_windows", 1>());
static_assert(survives<"relative_bias", 1>() && survives<"relative_bias_gradient", 1>());
static_assert(survives<"window_attention", 2>() && survives<"window_attention_gradient", 5>());
static_assert(survives<"decomposed_attention", 3>());
static_assert(survives<"decomposed_attention_gradient", 6>());
static_assert(survives<"cross_attention", 2>() && survives<"cross_attention_gradient", 5>());
static_assert(survives<"unfold_cells", 1>() && survives<"fold_cells", 1>());
static_assert(survives<"merge_cells", 1>() && survives<"unmerge_cells", 1>());
static_assert(survives<"split_cells", 1>() && survives<"unsplit_cells", 1>());
static_assert(survives<"select_cells", 1>() && survives<"place_cells", 1>());
static_assert(survives<"pool_max", 1>() && survives<"pool_max_gradient", 2>());
static_assert(survives<"resize_cells", 1>() && survives<"resize_cells_gradient", 1>());
static_assert(survives<"scale_channels", 2>() && survives<"scale_channels_gradient", 2>());
static_assert(survives<"concat_channels", 2>());
static_assert(survives<"slice_channels", 1>() && survives<"pad_channels", 1>());
static_assert(survives<"normalise_channels", 1>() && survives<"relu", 1>());
static_assert(survives<"relu_gradient", 2>() && survives<"drop_path", 1>());
static_assert(survives<"gram", 1>() && survives<"info_nce", 2>() && survives<"dice", 2>());

// Attributes that say nothing fit no grid.
template <ts::name Op>
constexpr bool refuses(const ts::attributes& a) {
  graph g;
  g.emit(ts::rules_of<Op>, {g.add_input("x", {1, 1, 2, {6, 12}})}, a);
  return !g.ok();
}
static_assert(refuses<"to_windows">({}) && refuses<"from_windows">({}));
static_assert(refuses<"unfold_cells">({}) && refuses<"fold_cells">({}));
static_assert(refuses<"merge_cells">({}) && refuses<"split_cells">({}));
static_assert(refuses<"select_cells">({}) && refuses<"place_cells">({}));
static_assert(refuses<"pool_max">({}) && refuses<"resize_cells">({}));
static_assert(refuses<"resize_cells">({2, 3, 2, 2, 5}));
static_assert(!refuses<"resize_cells">({2, 3, 2, 2, 4}));
static_assert(refuses<"slice_channels">({}) && refuses<"normalise_channels">({}));
static_assert(!refuses<"merge_cells">({2, 3}) && !refuses<"pool_max">({2, 3, 2}));

}  // namespace
