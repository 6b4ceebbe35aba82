// Losses of directions and of relations, and soft Dice: features of ViT-B/16, projections of a
// batch, the cells of a segmentation. Half of a Gram matrix is made and copied to the other half, so
// its forward pass, counted as the whole, may exceed 100 percent.

#include "op_benchmark.hpp"

int main(int argc, char** argv) {
  add_both("cosine_distance/vit_b", 8, [](ts::graph& g) {
    const ts::value_id a = rows(g, 197, 768, "a"), b = fixed(g, rows(g, 197, 768, "b"));
    give(g, ts::emit<"cosine_distance">(g, {a, b}, {}, g.add_setting("eps", 1e-8)));
  });
  add_both("info_nce/projections", 512, [](ts::graph& g) {
    const ts::value_id q = vector(g, 256, "q"), k = vector(g, 256, "k");
    give(g, ts::emit<"info_nce">(g, {q, k}, {1}, g.add_setting("temperature", 0.1)), 3);
  });
  add_both("gram/vit_b", 8, [](ts::graph& g) {
    give(g, ts::emit<"gram">(g, {rows(g, 197, 768)}));
  });
  add_both("gram/vit_b_tokens", 8, [](ts::graph& g) {
    give(g, ts::emit<"gram">(g, {rows(g, 197, 768)}, {1}));
  });
  add_both("dice/mit_b0", 8, [](ts::graph& g) {
    const ts::value_id logits = rows(g, 56 * 56, 150, "logits");
    const ts::value_id labels = vector(g, 56 * 56, "labels", ts::role::index);
    give(g, ts::emit<"dice">(g, {logits, labels}, {}, g.add_setting("smooth", 1)), 3);
  });
  return run_benchmarks(argc, argv);
}
