// What a masked auto-encoder does with rows: 196 patches of width 768, a quarter kept; 64 of width
// 64.

#include "op_benchmark.hpp"

namespace {

template <int N, int D>
void add_masking(const std::string& model, std::int64_t batch) {
  static constexpr int kept = N / 4;
  add("noise/" + model, batch,
      [](ts::graph& g) { give(g, ts::emit<"noise">(g, {vector(g, N, "like")}, {N})); });
  add("order_tokens/" + model, batch, [](ts::graph& g) {
    give(g, ts::emit<"order_tokens">(g, {vector(g, N, "noise")}, {kept}), 3);
  });
  add_both("gather_rows/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, N, D);
    give(g, ts::emit<"gather_rows">(g, {x, vector(g, kept, "kept", ts::role::index)}));
  }, kept);
  add_both("restore_rows/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, kept, D), token = weight(g, "token", {1, 1, D});
    give(g, ts::emit<"restore_rows">(g, {x, token, vector(g, N, "restore", ts::role::index)}));
  }, N);
}

}  // namespace

int main(int argc, char** argv) {
  add_masking<196, 768>("vit_b", 8);
  add_masking<64, 64>("demo", 128);
  return run_benchmarks(argc, argv);
}
