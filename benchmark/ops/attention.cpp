// Attention and its gradient at the shapes of ViT-B/16 and of the demo.

#include "op_benchmark.hpp"

namespace {

template <int T, int D, int H>
void add_attention(const std::string& model, std::int64_t batch) {
  add("attention/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"attention">(g, {rows(g, T, 3 * D)}, {H}), 2);
  });
  add("attention_gradient/" + model, batch, [](ts::graph& g) {
    const ts::value_id dy = rows(g, T, D, "dy"), qkv = rows(g, T, 3 * D), y = rows(g, T, D, "y");
    give(g, ts::emit<"attention_gradient">(g, {dy, qkv, y, rows(g, H, T, "log_sums")}, {H}));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_attention<197, 768, 12>("vit_b", 8);
  add_attention<65, 64, 4>("demo", 128);
  return run_benchmarks(argc, argv);
}
