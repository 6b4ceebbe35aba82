// Batch norm in training and in inference, and the average of its statistics.

#include "op_benchmark.hpp"

namespace {

template <int Side, int D>
void add_grid(const std::string& model, std::int64_t batch) {
  static constexpr int cells = Side * Side;
  add_both("batch_norm/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, cells, D), gamma = weight(g, "gamma", {D});
    give(g, ts::emit<"batch_norm">(g, {x, gamma, weight(g, "beta", {D})}, {},
                                   g.add_setting("eps", 1e-5)),
         4);
  });
  add_both("batch_norm_inference/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, cells, D), gamma = weight(g, "gamma", {D});
    const ts::value_id beta = weight(g, "beta", {D}), mean = weight(g, "mean", {D});
    const ts::value_id var = g.add_parameter("var", {D}, ts::initialiser::ones);
    give(g, ts::emit<"batch_norm_inference">(g, {x, gamma, beta, mean, var}, {},
                                             g.add_setting("eps", 1e-5)));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_grid<14, 768>("vit_b", 8);
  add_grid<8, 64>("demo", 128);
  add("update_running/vit_b", 8, [](ts::graph& g) {
    const ts::value_id mean = channels(g, 768, "mean");
    give(g, ts::emit<"update_running">(g, {mean}, {}, g.add_setting("momentum", 0.1)));
  });
  return run_benchmarks(argc, argv);
}
