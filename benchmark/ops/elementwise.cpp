// GELU, its gradient and the residual sum at the shapes of ViT-B/16 and of the demo.

#include "op_benchmark.hpp"

namespace {

template <int T, int D>
void add_elementwise(const std::string& model, std::int64_t batch) {
  add("gelu/" + model, batch,
      [](ts::graph& g) { give(g, ts::emit<"gelu">(g, {rows(g, T, 4 * D)})); });
  add("gelu_gradient/" + model, batch, [](ts::graph& g) {
    const ts::value_id dy = rows(g, T, 4 * D, "dy");
    give(g, ts::emit<"gelu_gradient">(g, {dy, rows(g, T, 4 * D)}));
  });
  add("add/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D);
    give(g, ts::emit<"add">(g, {x, rows(g, T, D, "y")}));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_elementwise<197, 768>("vit_b", 8);
  add_elementwise<65, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
