// Images to patches and back, and the targets of masked reconstruction.

#include "op_benchmark.hpp"

namespace {

template <int Side, int P>
void add_patches(const std::string& model, std::int64_t batch) {
  static constexpr int cells = Side / P * (Side / P), width = 3 * P * P;
  add("unfold/" + model, batch, [](ts::graph& g) {
    const ts::value_id images = g.add_input("images", {1, 1, 3, {3, Side, Side}});
    give(g, ts::emit<"unfold">(g, {images}, {P, P, 0, 0}));
  });
  add("fold/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"fold">(g, {rows(g, cells, width)}, {P, P, 0, 0, Side, Side}));
  });
  add("normalise_patches/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"normalise_patches">(g, {rows(g, cells, width)}, {},
                                          g.add_setting("eps", 1e-6)));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_patches<224, 16>("vit_b", 8);
  add_patches<32, 4>("demo", 128);
  return run_benchmarks(argc, argv);
}
