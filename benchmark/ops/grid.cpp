// Convolution by channel and pooling on token grids: Mix-FFN of SegFormer (MiT-B0 stage 1, MiT-B2
// stage 3), the heads of early exits on ViT-B/16 and in the demo.

#include "op_benchmark.hpp"

namespace {

template <int Side, int D, int Pool>
void add_grid(const std::string& model, std::int64_t batch) {
  static constexpr int cells = Side * Side;
  add_both("depthwise_conv/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, cells, D), w = weight(g, "weight", {D, 1, 3, 3});
    give(g, ts::emit<"depthwise_conv">(g, {x, w, weight(g, "bias", {D})}, {Side, Side, 3}));
  });
  if constexpr (Pool > 0) {
    add_both("pool_average/" + model, batch, [](ts::graph& g) {
      give(g, ts::emit<"pool_average">(g, {rows(g, cells, D)}, {Side, Side, Pool}));
    });
    add_both(
        "pool_max/" + model, batch,
        [](ts::graph& g) {
          give(g, ts::emit<"pool_max">(g, {rows(g, cells, D)}, {Side, Side, Pool}), 2);
        },
        Pool * Pool);
  }
}

}  // namespace

int main(int argc, char** argv) {
  add_grid<56, 128, 0>("mit_b0_1", 8);
  add_grid<14, 1280, 0>("mit_b2_3", 8);
  add_grid<14, 768, 2>("vit_b", 8);
  add_grid<8, 64, 2>("demo", 128);
  return run_benchmarks(argc, argv);
}
