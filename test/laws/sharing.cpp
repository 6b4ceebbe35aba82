#include <doctest/doctest.h>

#include "support/gradient_check.hpp"
#include "tessera/arch/vit.hpp"

namespace ts = tessera;
using support::operands;
using ts::emit, ts::graph, ts::value_id;

namespace {

// One tower (a convolution and a block, without positions) on `side` x `side` pixels.
constexpr value_id tower(graph& g, value_id images, int side) {
  ts::vit_settings s;
  s.image_height = s.image_width = side;
  s.channels = 1, s.patch = 2, s.width = 4, s.heads = 2, s.mlp_ratio[0] = 2;
  const ts::graph::scope here(g, ts::label("tower"));
  s.positions = ts::position_kind::none, s.no_class_token = true;
  ts::tokens t = ts::begin_tokens(g, s);
  ts::body seen;
  t.seen = &seen;
  t.x = ts::build_patch_embed(g, images, s);
  ts::build_blocks(g, t, s, 1, 0);
  return emit<"mean_rows">(g, {t.x}, {0});
}

// 9 and 4 tokens through one set of weights, or one of the two.
template <bool Large, bool Small>
struct two_resolutions {
  static constexpr value_id build(graph& g, operands& o) {
    g.sharing = true;
    const value_id large = Large ? tower(g, o.sample("large", {1, 6, 6}), 6) : ts::absent;
    const value_id small = Small ? tower(g, o.sample("small", {1, 4, 4}), 4) : ts::absent;
    const value_id a = Large
                           ? emit<"mse">(g, {large, g.add_input("a", ts::shape(g.shape_of(large)))})
                           : ts::absent;
    const value_id b = Small
                           ? emit<"mse">(g, {small, g.add_input("b", ts::shape(g.shape_of(small)))})
                           : ts::absent;
    const int first = g.add_setting("one", 1);
    g.add_setting("two", 1);
    return Large && Small ? emit<"weighted_sum">(g, {a, b}, {}, first) : Large ? a : b;
  }
};
template <bool Large, bool Small>
support::filled_program<double> run() {
  using builder = support::checked_graph<two_resolutions<Large, Small>, 3, true>;
  support::filled_program<double> p(ts::compile<builder, ts::reference, double>({"loss"}), 3, 1);
  p.run();
  return p;
}

}  // namespace

TEST_CASE("a tower at two resolutions has one set of weights and a true gradient") {
  support::check_gradient_at<two_resolutions<true, true>, 3>();
}

TEST_CASE("the gradient of a shared tower is the sum over its readings") {
  const auto both = run<true, true>(), large = run<true, false>(), small = run<false, true>();

  int compared = 0;
  for (const ts::slice& s : both.table()) {
    if (!s.name.starts_with("tower.")) continue;
    const auto sum = both.gradient(s.name), a = large.gradient(s.name), b = small.gradient(s.name);
    for (std::size_t i = 0; i < sum.size(); ++i)
      CHECK(sum[i] == doctest::Approx(a[i] + b[i]).epsilon(1e-12));
    ++compared;
  }
  CHECK(compared == 14);  // two of the convolution, twelve of the block
  CHECK(both.table().size() == 16);
}
