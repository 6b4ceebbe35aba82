#include <doctest/doctest.h>

#include "tessera/arch/early_exit.hpp"
#include "tessera/arch/mae.hpp"
#include "tessera/graph/arena.hpp"
#include "tessera/graph/lives.hpp"
#include "tessera/ops/ops.hpp"
#include "tessera/tensor/philox.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/step.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ts = tessera;
using ts::emit, ts::graph, ts::label, ts::node, ts::value_id;

namespace {

struct plan {
  ts::buffer<bool> needed;
  ts::live_blocks lives;
  std::int64_t bytes = 0, lower = 0, sum = 0;
};
plan lay(const graph& g, const std::vector<value_id>& results, const std::vector<value_id>& given,
         std::int64_t batch) {
  ts::buffer<value_id> wanted, cut;
  for (const value_id v : results) wanted.push(v);
  for (const value_id v : given) cut.push(ts::root_of(g, v));
  plan p;
  p.needed = ts::live(g, wanted, cut);
  p.lives = ts::find_lives(g, p.needed, wanted, cut, batch, 4);
  p.lower = ts::most_alive(p.lives.blocks);
  p.bytes = ts::lay_out(p.lives.blocks);
  for (const ts::block& b : p.lives.blocks) p.sum += b.size;
  return p;
}

// ---- random graphs ----

class random_graph {
 public:
  explicit random_graph(std::uint64_t seed) : seed_(seed) {
    const value_id images = g.add_input("x", {1, 1, 2, {4, 8}});
    w_ = g.add_parameter("w", {8, 8}, ts::initialiser::zeros);
    b_ = g.add_parameter("b", {8}, ts::initialiser::zeros);
    wide_ = g.add_parameter("wide", {24, 8}, ts::initialiser::zeros);
    known_.push_back(emit<"linear">(g, {images, w_, b_}));
    const int nodes = 5 + pick(40);
    for (int i = 0; i < nodes; ++i) known_.push_back(grow());
    // A loss over everything that nobody read would keep all alive; the last value stands for it.
    loss = emit<"mse">(g, {g.stop_gradient(any()), known_.back()});
  }
  int pick(int below) {
    return static_cast<int>(ts::uniform(seed_, 0, 0, 0, draws_++) * static_cast<float>(below));
  }
  value_id any() { return known_[static_cast<std::size_t>(pick(static_cast<int>(known_.size())))]; }
  value_id recent() {
    const int n = static_cast<int>(known_.size());
    return known_[static_cast<std::size_t>(n - 1 - pick(n < 4 ? n : 4))];
  }

  graph g;
  value_id loss = ts::absent;

 private:
  value_id grow() {
    const value_id x = recent();
    switch (pick(7)) {
      case 0:
        return emit<"gelu">(g, {x});
      case 1:
        return emit<"linear">(g, {x, w_, b_});
      case 2:
        return emit<"layer_norm">(g, {x, b_, b_}, {}, g.add_setting("eps", 1));
      case 3:
        return emit<"attention">(g, {emit<"linear">(g, {x, wide_, ts::absent})}, {2});
      case 4:
        return g.view(g.view(x, {1, 1, 1, {32}}), {1, 1, 2, {4, 8}});
      case 5: {  // half the rows, twice
        const value_id half = emit<"slice_rows">(g, {x}, {pick(2), 2});
        return emit<"prepend_rows">(g, {emit<"gelu">(g, {half}), half});
      }
      default:
        return emit<"add">(g, {x, any()});
    }
  }

  std::uint64_t seed_, draws_ = 0;
  value_id w_, b_, wide_;
  std::vector<value_id> known_;
};

// Walks a plan as a workspace would, with the name of a value in every byte that it owns: what a
// node reads must still be there, also after it has written.
void check_walk(const graph& g, const plan& p, const std::vector<value_id>& results) {
  const auto count = static_cast<std::size_t>(g.values.size());
  std::vector<int> block_of(count, -1);
  bool aligned = true, inside = true, whole = true;
  for (int b = 0; b < p.lives.blocks.size(); ++b) {
    const ts::block& x = p.lives.blocks[b];
    block_of[static_cast<std::size_t>(p.lives.owners[b])] = b;
    aligned = aligned && x.offset % 64 == 0;
    inside = inside && x.offset >= 0 && x.offset + x.size <= p.bytes;
  }
  std::vector<value_id> owner(static_cast<std::size_t>(p.bytes), ts::absent);
  const auto holds = [&](value_id v) {
    v = ts::root_of(g, v);
    const int b = block_of[static_cast<std::size_t>(v)];
    if (b < 0) return;
    const ts::block& x = p.lives.blocks[b];
    for (std::int64_t i = 0; i < x.size; ++i)
      whole = whole && owner[static_cast<std::size_t>(x.offset + i)] == v;
  };
  for (int i = 0; i < g.nodes.size(); ++i) {
    if (!p.needed[i]) continue;
    const node& n = g.nodes[i];
    for (int o = 0; o < n.op->outputs; ++o) {
      const int b = block_of[static_cast<std::size_t>(n.output + o)];
      if (b < 0) continue;
      const ts::block& x = p.lives.blocks[b];
      std::fill_n(owner.begin() + x.offset, x.size, n.output + o);
    }
    for (int k = 0; k < n.inputs; ++k)
      if (g.in(n, k) != ts::absent) holds(g.in(n, k));
    for (int o = 0; o < n.op->outputs; ++o) holds(n.output + o);
  }
  for (const value_id v : results) holds(v);
  CHECK(aligned);
  CHECK(inside);
  CHECK(whole);
  CHECK(p.bytes >= p.lower);
}

// ---- the zoo ----

template <int Width, int Depth, int Heads>
using vit_16 = ts::vit<ts::image<224>, ts::patch<16>, ts::width<Width>, ts::depth<Depth>,
                       ts::heads<Heads>, ts::classes<1000>>;
using tiny = vit_16<192, 12, 3>;
using base = vit_16<768, 12, 12>;
using large = vit_16<1024, 24, 16>;
using hierarchical =
    ts::vit<ts::image<224>, ts::patch<16, ts::stride<4>, ts::padding<6>>, ts::width<192>,
            ts::heads<3>, ts::classes<1000>,
            ts::stages<ts::stage<1>, ts::pool::average<2>, ts::stage<1>, ts::pool::average<2>,
                       ts::stage<8>, ts::pool::average<2>, ts::stage<2>>>;
using early = ts::early_exit<tiny, ts::exit_at<4, ts::exit_head::local_perception<3>>,
                             ts::exit_at<8, ts::exit_head::linear>>;
using masked =
    ts::mae<base, ts::decoder<ts::width<512>, ts::depth<8>, ts::heads<16>>, ts::mask::random<3, 4>>;
using cross_entropy = ts::term<ts::weight<1>, ts::loss::cross_entropy<>>;
using at_exits = ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>;
using reconstruction = ts::term<ts::weight<1>, ts::loss::masked_reconstruction>;

void check_reuse(const char* what, graph g, label result) {
  REQUIRE(g.ok());
  const std::vector<value_id> results{g.find_tap(result.hash)};
  for (const int batch : {1, 8}) {
    const plan p = lay(g, results, {}, batch);
    INFO(what << " at batch " << batch << ": " << p.bytes << " of at least " << p.lower
              << " bytes, " << p.sum << " without reuse");
    CHECK(p.bytes >= p.lower);
    CHECK(static_cast<double>(p.bytes) <= 1.001 * static_cast<double>(p.lower));
    CHECK(2 * p.bytes < p.sum);
  }
}
template <class A, class... Terms>
void check_reuse(const char* what) {
  check_reuse(what, ts::build_graph<A>(), "output");
  check_reuse(what, ts::train<A, Terms...>::gradient(), "loss");
  check_reuse(what, ts::train<A, Terms..., ts::recompute<"blocks.*">>::gradient(), "loss");
}

}  // namespace

TEST_CASE("no value is overwritten while something still reads it, in random graphs") {
  int recomputed = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    INFO("seed " << seed);
    random_graph r(seed);
    REQUIRE(r.g.ok());
    const std::vector<value_id> results{r.loss, r.any()}, given{r.any()};
    check_walk(r.g, lay(r.g, results, {}, 1), results);
    check_walk(r.g, lay(r.g, results, {}, 3), results);
    const std::vector<value_id> one{r.loss};
    check_walk(r.g, lay(r.g, one, given, 2), one);
    const int forward = r.g.nodes.size();
    if (!r.g.values[r.loss].wanted) continue;
    ts::differentiate(r.g, r.loss);
    r.g.scope_ranges.push({ts::scope_switch::recompute, forward / 4, forward / 2});
    r.g.scope_ranges.push({ts::scope_switch::recompute, forward / 2, forward - 2});
    check_walk(r.g, lay(r.g, one, {}, 2), one);
    const int nodes = r.g.nodes.size();
    ts::recompute_scopes(r.g, forward);
    REQUIRE(r.g.ok());
    recomputed += r.g.nodes.size() > nodes;
    check_walk(r.g, lay(r.g, one, {}, 2), one);
  }
  CHECK(recomputed > 75);
}

TEST_CASE("memory is within a thousandth of the most that is alive at once") {
  check_reuse<tiny, cross_entropy>("ViT-Ti/16");
  check_reuse<base, cross_entropy>("ViT-B/16");
  check_reuse<large, cross_entropy>("ViT-L/16");
  check_reuse<hierarchical, cross_entropy>("hierarchical");
  check_reuse<early, cross_entropy, at_exits>("early exits");
  check_reuse<masked, reconstruction>("MAE of ViT-B/16");
}

// Blocks keep their input and nothing else: 12 inputs and one block instead of 12 blocks.
TEST_CASE("a step of twelve blocks recomputed takes a fifth of the memory") {
  graph once = ts::train<tiny, cross_entropy>::gradient(),
        again = ts::train<tiny, cross_entropy, ts::recompute<"blocks.*">>::gradient();
  const label loss("loss");
  const std::int64_t kept = lay(once, {once.find_tap(loss.hash)}, {}, 8).bytes,
                     forgotten = lay(again, {again.find_tap(loss.hash)}, {}, 8).bytes;

  CHECK(kept == 243'790'912);
  CHECK(forgotten == 43'593'024);
  CHECK(ts::count(again).macs - ts::count(once).macs ==
        12 * (8LL * 197 * 192 * 192 + 2LL * 197 * 197 * 192));  // all of a block but fc2
}
