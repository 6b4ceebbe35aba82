// Linear layers as a model runs them, bias included: the four of a ViT-B/16 block and its head, and
// the gradients of one. Bare matrix products against the peak of the machine: gemm.cpp.

#include "op_benchmark.hpp"

namespace {

template <int T, int N, int K>
constexpr void emit_linear(ts::graph& g) {
  const ts::value_id x = rows(g, T, K), w = weight(g, "weight", {N, K});
  give(g, ts::emit<"linear">(g, {x, w, weight(g, "bias", {N})}));
}

template <int T, int N, int K>
void add_linear(const std::string& layer, std::int64_t batch) {
  add("linear/" + layer, batch, [](ts::graph& g) { emit_linear<T, N, K>(g); });
}

template <int T, int N, int K>
void add_with_gradients(const std::string& layer, std::int64_t batch) {
  add_both("linear/" + layer, batch, [](ts::graph& g) { emit_linear<T, N, K>(g); });
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::int64_t batch : {1, 8}) {
    add_linear<197, 2304, 768>("qkv", batch);
    add_linear<197, 3072, 768>("fc1", batch);
    add_linear<197, 768, 3072>("fc2", batch);
    add_linear<1, 1000, 768>("head", batch);
  }
  add_linear<197, 768, 768>("proj", 1);
  add_with_gradients<197, 768, 768>("proj", 8);
  return run_benchmarks(argc, argv);
}
