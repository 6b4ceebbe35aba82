// Ops that move the cells of a token grid: overlapping patch embeddings and spatial reduction of
// SegFormer, patch merging of Swin, splitting of WITT, the decoder's resizing.

#include "op_benchmark.hpp"

namespace {

template <int Side, int D>
void add_cells(const std::string& model, std::int64_t batch) {
  static constexpr int cells = Side * Side;
  add_both("merge_cells/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"merge_cells">(g, {rows(g, cells, D)}, {Side, Side}));
  });
  add_both("split_cells/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"split_cells">(g, {rows(g, cells, D)}, {Side, Side}));
  });
  add_both("select_cells/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"select_cells">(g, {rows(g, cells, D)}, {Side, Side, 2}));
  });
}

// a k x k convolution by `Stride` with zero padding.
template <int Side, int D, int K, int Stride, int Padding>
void add_unfold(const std::string& model, std::int64_t batch) {
  add_both("unfold_cells/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"unfold_cells">(g, {rows(g, Side * Side, D)},
                                     {Side, Side, K, Stride, Padding}));
  });
}

template <int From, int To, int D>
void add_resize(const std::string& model, std::int64_t batch) {
  add_both("resize_cells/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"resize_cells">(g, {rows(g, From * From, D)}, {From, From, To, To}));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_cells<56, 96>("swin_t_1", 8);
  add_cells<14, 384>("swin_t_3", 8);
  add_unfold<56, 32, 3, 2, 1>("mit_b0_2", 8);
  add_unfold<56, 32, 8, 8, 0>("mit_b0_1", 8);
  add_resize<14, 56, 256>("mit_b0_3", 8);
  return run_benchmarks(argc, argv);
}
