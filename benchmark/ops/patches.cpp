// Images to patches and back, cut (ViT-B/16, the demo) and overlapping (the stem of MiT), and the
// targets of masked reconstruction.

#include "op_benchmark.hpp"

namespace {

template <int Side, int P, int Stride, int Padding>
void add_unfold(const std::string& model, std::int64_t batch) {
  add_both("unfold/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"unfold">(g, {images(g, Side)}, {P, Stride, Padding, 0}));
  });
}

template <int Cells, int Width>
void add_targets(const std::string& model, std::int64_t batch) {
  add("normalise_patches/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, Cells, Width);
    give(g, ts::emit<"normalise_patches">(g, {x}, {}, g.add_setting("eps", 1e-6)));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_unfold<224, 16, 16, 0>("vit_b", 8);
  add_unfold<224, 7, 4, 3>("mit_b0", 8);
  add_unfold<32, 4, 4, 0>("demo", 128);
  add_targets<196, 768>("vit_b", 8);
  add_targets<64, 48>("demo", 128);
  return run_benchmarks(argc, argv);
}
