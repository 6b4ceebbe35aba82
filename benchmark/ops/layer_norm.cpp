// Layer norm and its gradient at the shapes of ViT-B/16 and of the demo.

#include "op_benchmark.hpp"

namespace {

template <int T, int D>
void add_layer_norm(const std::string& model, std::int64_t batch) {
  add("layer_norm/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D), gamma = weight(g, "gamma", {D});
    give(g, ts::emit<"layer_norm">(g, {x, gamma, weight(g, "beta", {D})}, {},
                                   g.add_setting("eps", 1e-6)),
         3);
  });
  add("layer_norm_gradient/" + model, batch, [](ts::graph& g) {
    const ts::value_id dy = rows(g, T, D, "dy"), x = rows(g, T, D), gamma = weight(g, "gamma", {D});
    const ts::value_id mean = vector(g, T, "mean"), rstd = vector(g, T, "rstd");
    give(g, ts::emit<"layer_norm_gradient">(g, {dy, x, gamma, mean, rstd}), 3);
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_layer_norm<197, 768>("vit_b", 8);
  add_layer_norm<65, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
