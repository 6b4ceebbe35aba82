// Ops along the channels at the shapes of ViT-B/16, Swin-T stage 1 and the demo, and the
// normalisation of images.

#include "op_benchmark.hpp"

namespace {

template <int T, int D>
void add_channels(const std::string& model, std::int64_t batch) {
  add_both("scale_channels/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D);
    give(g, ts::emit<"scale_channels">(g, {x, weight(g, "gamma", {D})}));
  });
  add_both("concat_channels/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, T, D);
    give(g, ts::emit<"concat_channels">(g, {x, rows(g, T, D, "y")}));
  });
  add_both("slice_channels/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"slice_channels">(g, {rows(g, T, D)}, {D / 4, D / 2}));
  });
}

template <int Side>
void add_images(const std::string& model, std::int64_t batch) {
  add_both("normalise_channels/" + model, batch, [](ts::graph& g) {
    const int first = g.add_setting("mean_0", 0.485);
    g.add_setting("deviation_0", 0.229);
    for (int c = 0; c < 2; ++c) {
      g.add_setting("mean", 0.45);
      g.add_setting("deviation", 0.225);
    }
    give(g, ts::emit<"normalise_channels">(g, {images(g, Side)}, {3}, first));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_channels<197, 768>("vit_b", 8);
  add_channels<56 * 56, 96>("swin_t_1", 8);
  add_channels<65, 64>("demo", 128);
  add_images<224>("vit_b", 8);
  add_images<32>("demo", 128);
  return run_benchmarks(argc, argv);
}
