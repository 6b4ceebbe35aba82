// A graph that builds rows of equal blocks in short counts what the whole one does and needs the
// same kernels, fused or not.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "tessera/arch/counts.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/arch/tapped.hpp"
#include "tessera/graph/signature.hpp"
#include "tessera/ops/fused.hpp"
#include "tessera/zoo/mae.hpp"
#include "tessera/zoo/mit.hpp"
#include "tessera/zoo/swin.hpp"
#include "tessera/zoo/vit.hpp"

namespace ts = tessera;
using namespace ts::zoo;

namespace {

template <int Depth, class... Words>
using deep = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>, ts::depth<Depth>,
                     ts::classes<10>, Words...>;
template <int Blocks, class... Words>
using windowed = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::classes<10>,
                         ts::global_pool::average,
                         ts::stages<ts::layer<Blocks, ts::heads<2>, Words...>,
                                    ts::layer<Blocks + 1, ts::heads<4>, Words...>>>;

bool same_kernels(const ts::graph& a, const ts::graph& b) {
  const ts::signature_set x = ts::collect_signatures(a, true), y = ts::collect_signatures(b, true);
  const auto* const end = y.items + y.count;
  return x.count == y.count && std::all_of(x.items, x.items + x.count, [&](const auto& s) {
           return std::find(y.items, end, s) != end;
         });
}

template <class A>
void is_the_whole_in_short() {
  ts::graph whole = ts::build_graph<A>(), folded = ts::build_folded_graph<A>();
  REQUIRE(whole.ok());
  REQUIRE(folded.ok());
  const ts::counts a = ts::count(whole), b = ts::count(folded);
  CHECK(b.parameters == a.parameters);
  CHECK(b.trainable == a.trainable);
  CHECK(b.macs == a.macs);
  CHECK(b.nodes == a.nodes);
  CHECK(folded.taps.size() == whole.taps.size());
  CHECK(same_kernels(whole, folded));
  ts::fuse(whole, ts::fusions_of<ts::cpu>());
  ts::fuse(folded, ts::fusions_of<ts::cpu>());
  CHECK(same_kernels(whole, folded));
}

}  // namespace

TEST_CASE_TEMPLATE("A folded member of the zoo is the whole in short", A, vit_base_patch16_224,
                   deit_tiny_distilled_patch16_224, vit_cifar10_patch4_32,
                   swin_tiny_patch4_window7_224, swin_base_patch4_window7_224, mit_b0, mit_b3,
                   segformer_b5, mae_vit_large_patch16, mae_cifar10_patch4) {
  is_the_whole_in_short<A>();
}

TEST_CASE_TEMPLATE("So is any depth of plain blocks", A, deep<1>, deep<3>, deep<4>, deep<5>,
                   deep<6>, deep<7>, deep<12>, deep<33>) {
  is_the_whole_in_short<A>();
}

TEST_CASE_TEMPLATE("So are windows, shifted in every other block", A,
                   windowed<5, ts::shifted_window<4>>,
                   windowed<6, ts::shifted_window<4>, ts::relative_positions::table>,
                   windowed<7, ts::window<4>>, windowed<9>) {
  is_the_whole_in_short<A>();
}

using exits = ts::early_exit<deep<9>, ts::exit_at<2, ts::exit_head::linear>,
                             ts::exit_at<5, ts::exit_head::local_perception<3>>,
                             ts::exit_at<7, ts::exit_head::global_aggregation<2>>>;
TEST_CASE_TEMPLATE("So are exits and taps of blocks that were left out", A, exits,
                   ts::tapped<deep<9>, "blocks.5", "output">) {
  is_the_whole_in_short<A>();
}

// A part of a user's that goes into blocks of the stage before it again.
template <bool Sharing>
struct again {
  static constexpr void build(ts::graph& g, ts::tokens& t) {
    g.sharing = Sharing;
    ts::build_blocks(g, t, t.s, 3, 4);
    g.sharing = false;
  }
};
template <bool Sharing>
using entered_twice = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>,
                              ts::classes<10>, ts::stages<ts::stage<12>, again<Sharing>>>;
TEST_CASE("Blocks that were left out keep their names") {
  CHECK(ts::build_folded_graph<entered_twice<false>>().found.code ==
        ts::issue::name_twice);
  CHECK(ts::detail::count_architecture<entered_twice<false>>().found.code ==
        ts::issue::name_twice);
  const ts::counts whole = ts::count(ts::build_graph<entered_twice<true>>());
  CHECK(whole.parameters == ts::parameters<entered_twice<true>>);
  CHECK(whole.macs == ts::macs<entered_twice<true>>);
}

TEST_CASE("Nodes of a deep network do not grow with its depth") {
  const auto nodes = [](const ts::graph& g) { return g.nodes.size(); };
  CHECK(nodes(ts::build_folded_graph<deep<33>>()) == nodes(ts::build_folded_graph<deep<7>>()));
  CHECK(nodes(ts::build_graph<deep<33>>()) > 4 * nodes(ts::build_graph<deep<7>>()));
}

TEST_CASE("A count beyond 2^62 is an issue, also in copies") {
  ts::graph g = ts::build_folded_graph<deep<33>>();
  g.folds[0].more = 1 << 30;
  CHECK(ts::count(g).macs > 0);
  const ts::fold many = g.folds[0];
  for (int i = 0; i < 2000; ++i) g.folds.push(many);
  CHECK(ts::count(g).found.code == ts::issue::too_many_macs);
}
