// Losses and their gradients: 1000 classes of an image, 150 of every cell of a segmentation, the
// patches of a masked auto-encoder on 224 x 224, features of ViT-B/16.

#include "op_benchmark.hpp"

namespace {

template <int Rows, int Classes>
void add_classes(const std::string& model, std::int64_t batch) {
  add_both("cross_entropy/" + model, batch, [](ts::graph& g) {
    const ts::value_id logits = rows(g, Rows, Classes, "logits");
    const ts::value_id labels = vector(g, Rows, "labels", ts::role::index);
    give(g, ts::emit<"cross_entropy">(g, {logits, labels}, {}, g.add_setting("smoothing", 0.1)), 2);
  });
  add_both("soft_cross_entropy/" + model, batch, [](ts::graph& g) {
    const ts::value_id logits = rows(g, Rows, Classes, "logits");
    const ts::value_id targets = fixed(g, rows(g, Rows, Classes, "targets"));
    give(g, ts::emit<"soft_cross_entropy">(g, {logits, targets}), 2);
  });
  add_both("kl_divergence/" + model, batch, [](ts::graph& g) {
    const ts::value_id student = rows(g, Rows, Classes, "student");
    const ts::value_id teacher = fixed(g, rows(g, Rows, Classes, "teacher"));
    give(g, ts::emit<"kl_divergence">(g, {student, teacher}, {}, g.add_setting("temperature", 2)));
  });
}

template <int Cells, int Width>
void add_features(const std::string& model, std::int64_t batch) {
  add_both("masked_mse/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, Cells, Width);
    const ts::value_id target = fixed(g, rows(g, Cells, Width, "target"));
    give(g, ts::emit<"masked_mse">(g, {x, target, vector(g, Cells, "mask", ts::role::mask)}));
  });
  add_both("mse/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, Cells, Width);
    give(g, ts::emit<"mse">(g, {x, fixed(g, rows(g, Cells, Width, "target"))}));
  });
  add_both("smooth_l1/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, Cells, Width);
    give(g, ts::emit<"smooth_l1">(g, {x, fixed(g, rows(g, Cells, Width, "target"))}, {},
                                  g.add_setting("beta", 1)));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_classes<1, 1000>("vit_b", 32);
  add_classes<56 * 56, 150>("mit_b0", 8);
  add_classes<1, 100>("demo", 128);
  add_features<196, 768>("vit_b", 8);
  add_features<64, 48>("demo", 128);
  add_both("weighted_sum/three", 8, [](ts::graph& g) {
    const int first = g.add_setting("first", 1);
    g.add_setting("second", 0.5);
    g.add_setting("third", 0.25);
    const ts::value_id a = scalar(g, "a"), b = scalar(g, "b"), c = scalar(g, "c");
    give(g, ts::emit<"weighted_sum">(g, {a, b, c}, {}, first));
  });
  return run_benchmarks(argc, argv);
}
