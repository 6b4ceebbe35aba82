// Losses and their gradients: 1000 classes, and the patches of a masked auto-encoder on 224 x 224.

#include "op_benchmark.hpp"

namespace {

constexpr int classes = 1000, cells = 196, width = 768;

void add_losses(std::int64_t batch) {
  add("cross_entropy", batch, [](ts::graph& g) {
    const ts::value_id logits = vector(g, classes, "logits");
    give(g, ts::emit<"cross_entropy">(g, {logits, number(g, "labels", ts::role::index)}, {},
                                      g.add_setting("smoothing", 0.1)),
         2);
  });
  add("cross_entropy_gradient", batch, [](ts::graph& g) {
    const ts::value_id up = scalar(g, "up"), logits = vector(g, classes, "logits");
    const ts::value_id labels = number(g, "labels", ts::role::index);
    give(g, ts::emit<"cross_entropy_gradient">(g, {up, logits, labels, number(g, "log_sum")}, {},
                                               g.add_setting("smoothing", 0.1)));
  });
  add("kl_divergence", batch, [](ts::graph& g) {
    const ts::value_id student = vector(g, classes, "student");
    give(g, ts::emit<"kl_divergence">(g, {student, vector(g, classes, "teacher")}, {},
                                      g.add_setting("temperature", 2)));
  });
  add("masked_mse", batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, cells, width), target = rows(g, cells, width, "target");
    give(g, ts::emit<"masked_mse">(g, {x, target, vector(g, cells, "mask", ts::role::mask)}));
  });
  add("masked_mse_gradient", batch, [](ts::graph& g) {
    const ts::value_id up = scalar(g, "up"), x = rows(g, cells, width);
    const ts::value_id target = rows(g, cells, width, "target");
    give(g, ts::emit<"masked_mse_gradient">(
                g, {up, x, target, vector(g, cells, "mask", ts::role::mask)}));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_losses(32);
  return run_benchmarks(argc, argv);
}
