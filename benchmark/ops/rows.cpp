// What class tokens, positions and pooled heads do with rows, at the shapes of ViT-B/16 and of the
// demo. The gradients are slices, padding and sums over the batch.

#include "op_benchmark.hpp"

namespace {

template <int N, int D>
void add_rows(const std::string& model, std::int64_t batch) {
  add_both("prepend_token/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, N, D);
    give(g, ts::emit<"prepend_token">(g, {x, weight(g, "token", {1, 1, D})}));
  });
  add_both("prepend_rows/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, N, D);
    give(g, ts::emit<"prepend_rows">(g, {x, rows(g, 1, D, "head")}));
  });
  add_both("add_position/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, N, D);
    give(g, ts::emit<"add_position">(g, {x, weight(g, "table", {1, N + 1, D})}, {1}));
  });
  add_both("slice_rows/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"slice_rows">(g, {rows(g, N, D)}, {1, N - 1}));
  });
  add_both("mean_rows/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"mean_rows">(g, {rows(g, N, D)}, {1}));
  });
}

}  // namespace

int main(int argc, char** argv) {
  add_rows<196, 768>("vit_b", 8);
  add_rows<64, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
