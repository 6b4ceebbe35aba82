// What a masked auto-encoder and the class token do with rows: 196 patches of width 768, a quarter
// kept; 64 of width 64.

#include "op_benchmark.hpp"

namespace {

template <int N, int D>
void add_masking(const std::string& model, std::int64_t batch) {
  static constexpr int kept = N / 4;
  add("noise_and_order/" + model, batch, [](ts::graph& g) {
    const ts::value_id noise = ts::emit<"noise">(g, {vector(g, N, "like")}, {N});
    give(g, ts::emit<"order_tokens">(g, {noise}, {kept}), 3);
  });
  add("gather_rows/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, N, D);
    give(g, ts::emit<"gather_rows">(g, {x, vector(g, kept, "kept", ts::role::index)}));
  }, kept);
  add("scatter_rows/" + model, batch, [](ts::graph& g) {
    const ts::value_id dy = rows(g, kept, D);
    give(g, ts::emit<"scatter_rows">(g, {dy, vector(g, kept, "kept", ts::role::index)}, {N}));
  }, kept);
  add("restore_rows/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, kept, D), token = weight(g, "token", {1, 1, D});
    give(g, ts::emit<"restore_rows">(g, {x, token, vector(g, N, "restore", ts::role::index)}));
  }, N);
  add("prepend_token/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, N, D);
    give(g, ts::emit<"prepend_token">(g, {x, weight(g, "token", {1, 1, D})}));
  });
  add("add_position/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, N, D);
    give(g, ts::emit<"add_position">(g, {x, weight(g, "table", {1, N + 1, D})}, {1}));
  });
  add("slice_rows/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"slice_rows">(g, {rows(g, N, D)}, {1, N - 1}));
  });
  add("mean_rows/" + model, batch,
      [](ts::graph& g) { give(g, ts::emit<"mean_rows">(g, {rows(g, N, D)}, {1})); });
}

}  // namespace

int main(int argc, char** argv) {
  add_masking<196, 768>("vit_b", 8);
  add_masking<64, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
