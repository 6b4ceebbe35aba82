// Layer norm, rows of unit length, and their gradients at the shapes of ViT-B/16, of Swin-T stage 1
// and of the demo.

#include "op_benchmark.hpp"

namespace {

template <int T, int D>
void add_norms(const std::string& model, std::int64_t batch) {
  add_both("layer_norm/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D), gamma = weight(g, "gamma", {D});
    give(g, ts::emit<"layer_norm">(g, {x, gamma, weight(g, "beta", {D})}, {},
                                   g.add_setting("eps", 1e-6)),
         3);
  });
  add_both("l2_normalise/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D);
    give(g, ts::emit<"l2_normalise">(g, {x}, {}, g.add_setting("eps", 1e-12)), 2);
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_norms<197, 768>("vit_b", 8);
  add_norms<56 * 56, 96>("swin_t_1", 8);
  add_norms<65, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
