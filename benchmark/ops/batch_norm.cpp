// What the heads of early exits are made of beside linear layers: batch norm (training, its gradient,
// inference), depthwise convolution and pooling on the token grid.

#include "op_benchmark.hpp"

namespace {

template <int Side, int D>
void add_grid(const std::string& model, std::int64_t batch) {
  static constexpr int cells = Side * Side;
  add("batch_norm/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, cells, D), gamma = weight(g, "gamma", {D});
    give(g, ts::emit<"batch_norm">(g, {x, gamma, weight(g, "beta", {D})}, {},
                                   g.add_setting("eps", 1e-5)),
         4);
  });
  add("batch_norm_gradient/" + model, batch, [](ts::graph& g) {
    const ts::value_id dy = rows(g, cells, D, "dy"), x = rows(g, cells, D);
    const ts::value_id gamma = weight(g, "gamma", {D});
    const ts::value_id mean = channels(g, D, "mean"), rstd = channels(g, D, "rstd");
    give(g, ts::emit<"batch_norm_gradient">(g, {dy, x, gamma, mean, rstd}), 3);
  });
  add("batch_norm_inference/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, cells, D), gamma = weight(g, "gamma", {D});
    const ts::value_id beta = weight(g, "beta", {D}), mean = weight(g, "mean", {D});
    const ts::value_id var = g.add_parameter("var", {D}, ts::initialiser::ones);
    give(g, ts::emit<"batch_norm_inference">(g, {x, gamma, beta, mean, var}, {},
                                             g.add_setting("eps", 1e-5)));
  });
  add("depthwise_conv/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, cells, D), w = weight(g, "weight", {D, 1, 3, 3});
    give(g, ts::emit<"depthwise_conv">(g, {x, w, weight(g, "bias", {D})}, {Side, Side, 3}));
  });
  add("pool_average/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"pool_average">(g, {rows(g, cells, D)}, {Side, Side, 2}));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_grid<14, 768>("vit_b", 8);
  add_grid<8, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
