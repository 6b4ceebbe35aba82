// Fused ops beside their parts, at the shapes of ViT-Ti/16 and ViT-B/16.

#include "op_benchmark.hpp"

namespace {

template <int C>
void add_linear_gelu(const std::string& model, std::int64_t batch) {
  add("linear_gelu/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, 197, C), w = weight(g, "weight", {4 * C, C});
    give(g, ts::emit<"linear_gelu">(g, {x, w, weight(g, "bias", {4 * C})}));
  });
  add("linear, gelu/" + model, batch, [](ts::graph& g) {
    const ts::value_id x = rows(g, 197, C), w = weight(g, "weight", {4 * C, C});
    give(g, ts::emit<"gelu">(g, {ts::emit<"linear">(g, {x, w, weight(g, "bias", {4 * C})})}));
  });
}

template <int C>
void add_add_layer_norm(const std::string& model, std::int64_t batch) {
  add("add_layer_norm/" + model, batch, [](ts::graph& g) {
    const ts::value_id a = rows(g, 197, C, "a"), b = rows(g, 197, C, "b");
    const ts::value_id gamma = weight(g, "gamma", {C}), beta = weight(g, "beta", {C});
    give(g, ts::emit<"add_layer_norm">(g, {a, b, gamma, beta}, {}, g.add_setting("eps", 1e-6)), 2);
  });
  add("add, layer_norm/" + model, batch, [](ts::graph& g) {
    const ts::value_id sum = ts::emit<"add">(g, {rows(g, 197, C, "a"), rows(g, 197, C, "b")});
    const ts::value_id gamma = weight(g, "gamma", {C}), beta = weight(g, "beta", {C});
    const ts::value_id y =
        ts::emit<"layer_norm">(g, {sum, gamma, beta}, {}, g.add_setting("eps", 1e-6));
    g.add_tap("0", sum);
    g.add_tap("1", y);
  });
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::int64_t batch : {1, 8}) {
    add_linear_gelu<192>("vit_tiny", batch);
    add_linear_gelu<768>("vit_b", batch);
    add_add_layer_norm<192>("vit_tiny", batch);
    add_add_layer_norm<768>("vit_b", batch);
  }
  return run_benchmarks(argc, argv);
}
