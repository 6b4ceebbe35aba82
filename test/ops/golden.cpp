#include <doctest/doctest.h>

#include "support/golden.hpp"
#include "support/gradient_check.hpp"
#include "support/inner_product.hpp"

// Layers of timm's backbones, composed of ops, in double against backbones.safetensors.

namespace ts = tessera;
using golden::relative;
using support::operands;
using ts::emit, ts::graph, ts::label, ts::value_id;

namespace {

// A graph of one batch whose operands and parts lie below one prefix.
struct layers {
  graph& g;
  operands o;

  constexpr value_id linear(label what, value_id x, int in, int out) {
    const graph::scope here(g, what);
    return emit<"linear">(g, {x, o.weight("weight", {out, in}), o.weight("bias", {out})});
  }
  constexpr value_id norm(label what, value_id x, int width, double eps = 1e-5) {
    const graph::scope here(g, what);
    return emit<"layer_norm">(g, {x, o.weight("weight", {width}), o.weight("bias", {width})}, {},
                              g.add_setting("eps", eps));
  }
  // A block of 8 channels and 2 heads: windows of 4 x 4, shifted by 2.
  constexpr value_id swin(value_id x, int height, int width) {
    const ts::attributes cut{height, width, 4, 4, 2, 2};
    const int down = ts::windows_along(height, 4), across = ts::windows_along(width, 4);
    value_id y = emit<"to_windows">(g, {norm("norm1", x, 8)}, cut);
    {
      const graph::scope here(g, label("attn"));
      const value_id table = o.weight("relative_position_bias_table", {49, 2});
      y = emit<"window_attention">(
          g, {linear("qkv", y, 8, 24), emit<"relative_bias">(g, {table}, {4, 4})},
          {2, down, across, 4, 2, 2});
      y = linear("proj", y, 8, 8);
    }
    x = emit<"add">(g, {x, emit<"from_windows">(g, {y}, cut)});
    y = norm("norm2", x, 8);
    const graph::scope here(g, label("mlp"));
    y = linear("fc2", emit<"gelu">(g, {linear("fc1", y, 8, 32)}), 32, 8);
    return emit<"add">(g, {x, y});
  }
};

struct shifted {
  static constexpr label scope = "swin", upstream = "swin.upstream";
  static constexpr value_id build(layers& l) { return l.swin(l.o.sample("input", {64, 8}), 8, 8); }
};
struct merged {
  static constexpr label scope = "merge", upstream = "merge.upstream";
  static constexpr value_id build(layers& l) {
    const value_id x = emit<"merge_cells">(l.g, {l.o.sample("input", {15, 4})}, {5, 3});
    const value_id y = l.norm("norm", x, 16);
    return emit<"linear">(l.g, {y, l.o.weight("reduction.weight", {8, 16}), ts::absent});
  }
};
struct reduced {
  static constexpr label scope = "reduce", upstream = "reduce.upstream";
  static constexpr value_id build(layers& l) {
    const value_id x = l.o.sample("input", {48, 8});
    value_id kv = emit<"unfold_cells">(l.g, {x}, {8, 6, 2, 2, 0});
    const value_id w = l.o.weight("sr.weight", {8, 8, 2, 2});
    kv = emit<"linear">(l.g, {kv, l.g.view(w, {1, 0, 2, {8, 32}}), l.o.weight("sr.bias", {8})});
    kv = l.linear("kv", l.norm("norm", kv, 8), 8, 16);
    return l.linear("proj", emit<"cross_attention">(l.g, {l.linear("q", x, 8, 8), kv}, {2}), 8, 8);
  }
};
struct decomposed {
  static constexpr label scope = "decompose", upstream = "decompose.upstream";
  static constexpr value_id build(layers& l) {
    const value_id qkv = l.linear("qkv", l.o.sample("input", {12, 8}), 8, 24);
    const value_id y = emit<"decomposed_attention">(
        l.g, {qkv, l.o.weight("rel_pos_h", {5, 4}), l.o.weight("rel_pos_w", {7, 4})}, {2, 3});
    return l.linear("proj", y, 8, 8);
  }
};

// The part, an upstream gradient of its name, and all gradients.
template <class Part>
struct sent {
  static constexpr graph build() {
    graph g;
    g.training = true;
    value_id y = ts::absent;
    {
      const graph::scope here(g, Part::scope);
      layers l{g, {g, 2}};
      y = Part::build(l);
    }
    g.add_tap("output", y);
    const value_id loss = emit<"test.inner_product">(
        g, {y, g.add_input(Part::upstream, ts::shape(g.shape_of(y)))});
    g.add_tap("loss", loss);
    ts::differentiate(g, loss);
    g.finish();
    return g;
  }
};

template <class Part>
void check() {
  const golden::file want("backbones");
  const std::string prefix = Part::scope.text + std::string(".");
  support::filled_program<double> found(
      ts::compile<sent<Part>, ts::reference, double>({"output", "loss"}), 2, 1);

  found.run();

  CHECK(relative(found.result(0), want[prefix + "output"]) <= 1e-12);
  double largest = 0;  // of all gradients: a bias of keys has none but rounding
  for (const ts::slice& s : found.table())
    largest = std::max(largest, golden::largest(found.gradient(s.name)));
  for (const ts::slice& s : found.table()) {
    INFO(s.name);
    const auto gradient = want[prefix + "grad." + s.name.substr(prefix.size())];
    CHECK(golden::distance(found.gradient(s.name), gradient) <= 1e-12 * largest);
  }
}

struct padded {
  static constexpr graph build() {
    graph g;
    const graph::scope here(g, label("swin"));
    layers l{g, {g, 1}};
    g.add_tap("output", l.swin(l.o.sample("padded_input", {63, 8}), 7, 9));
    return g;
  }
};

}  // namespace

TEST_CASE("a shifted window block and its gradients are timm's") { check<shifted>(); }
TEST_CASE("a window block on a grid that windows do not tile is timm's") {
  const golden::file want("backbones");
  support::filled_program<double> found(
      ts::compile<padded, ts::reference, double>({"swin.output"}), 1, 1);

  found.run();

  CHECK(relative(found.result(0), want["swin.padded_output"]) <= 1e-12);
}
TEST_CASE("merging cells of odd sides and its gradients are timm's") { check<merged>(); }
TEST_CASE("attention to a reduced grid and its gradients are timm's") { check<reduced>(); }
TEST_CASE("attention with decomposed positions and its gradients are timm's") {
  check<decomposed>();
}
