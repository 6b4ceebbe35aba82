// Activations, sums and drop path at the shapes of ViT-B/16 and of the demo.

#include "op_benchmark.hpp"

namespace {

template <ts::name Op, int T, int D>
void add_activation(const std::string& model, std::int64_t batch) {
  add_both(Op.text() + "/" + model, batch,
           [](ts::graph& g) { give(g, ts::emit<Op>(g, {rows(g, T, 4 * D)})); });
}

template <int T, int D>
void add_elementwise(const std::string& model, std::int64_t batch) {
  add_activation<"gelu", T, D>(model, batch);
  add_activation<"relu", T, D>(model, batch);
  add("add/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D);
    give(g, ts::emit<"add">(g, {x, rows(g, T, D, "y")}));
  });
  add("accumulate/" + model, batch,
      [](ts::graph& g) { give(g, ts::emit<"accumulate">(g, {rows(g, T, D)})); });
  add("constant/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D);
    give(g, ts::emit<"constant">(g, {x}, {}, g.add_setting("value", 1)));
  });
  add_both("scale/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D);
    give(g, ts::emit<"scale">(g, {x}, {}, g.add_setting("by", 0.5)));
  });
  add_both("drop_path/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D);
    give(g, ts::emit<"drop_path">(g, {x}, {}, g.add_setting("rate", 0.1)));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_elementwise<197, 768>("vit_b", 8);
  add_activation<"gelu_tanh", 197, 768>("vit_b", 8);
  add_activation<"quick_gelu", 197, 768>("vit_b", 8);
  add_activation<"silu", 197, 768>("vit_b", 8);
  add_elementwise<65, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
