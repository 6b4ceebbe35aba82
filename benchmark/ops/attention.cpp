// Attention and cross-attention at the shapes of ViT-B/16, of SegFormer's reduced keys (MiT-B0
// stage 1, MiT-B2 stage 3) and of the demo.

#include "op_benchmark.hpp"

namespace {

template <int T, int D, int H>
void add_attention(const std::string& model, std::int64_t batch) {
  add_both("attention/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"attention">(g, {rows(g, T, 3 * D)}, {H}), 2);
  });
}

template <int T, int M, int D, int H>
void add_cross_attention(const std::string& model, std::int64_t batch) {
  add_both("cross_attention/" + model, batch, [](ts::graph& g) {
    const ts::value_id q = rows(g, T, D, "q"), kv = rows(g, M, 2 * D, "kv");
    give(g, ts::emit<"cross_attention">(g, {q, kv}, {H}), 2);
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_attention<197, 768, 12>("vit_b", 8);
  add_attention<65, 64, 4>("demo", 128);
  add_cross_attention<56 * 56, 49, 32, 1>("mit_b0_1", 8);
  add_cross_attention<14 * 14, 49, 320, 5>("mit_b2_3", 8);
  return run_benchmarks(argc, argv);
}
