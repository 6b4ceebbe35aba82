// GFLOP/s of the CPU matrix product at the shapes of ViT-B/16 and of a small ViT, as a share of
// what the same threads reach on registers alone. The two are measured in turn, round by round,
// because the clock of a machine drifts; a result is the best round, its peak the best of the same.
//     gemm/<form>/<m>/<n>/<k>/<threads>
//         GFLOP/s, peak, percent  by the wall clock, all threads together
//         percent_cpu             by the process's CPU time, waiting included: what the wall clock
//                                 would give if no other process took part of the cores
// TESSERA_ISA picks the instruction set.

#include "calibration.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

namespace {

using calibration::best_of, calibration::measured, calibration::rate;
using tessera::gemm_call;
using tessera::thread_pool;
using extent = std::int64_t;

enum class form { forward, input_gradient, weight_gradient };

void gemm(benchmark::State& state, form f, extent m, extent n, extent k, int threads) {
  std::vector<float> a(static_cast<std::size_t>(m * k)), b(static_cast<std::size_t>(k * n)),
      c(static_cast<std::size_t>(m * n)), bias(static_cast<std::size_t>(n), 0.5f);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 13) - 6.0f;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 11) - 5.0f;

  thread_pool& pool = calibration::pool_of(threads);
  gemm_call call;
  call.m = m, call.n = n, call.k = k;
  const bool a_transposed = f == form::weight_gradient, b_transposed = f == form::forward;
  call.a = a.data(), call.a_row = a_transposed ? 1 : k, call.a_col = a_transposed ? m : 1;
  call.b = b.data(), call.b_row = b_transposed ? 1 : n, call.b_col = b_transposed ? k : 1;
  call.c = c.data(), call.c_row = n;
  call.accumulate = f == form::weight_gradient;
  call.bias = f == form::forward ? bias.data() : nullptr;
  call.pool = &pool;
  const auto product = TESSERA_CPU_PICK(tessera::chosen_isa(), gemm);
  product(call);

  const double operations = 2.0 * static_cast<double>(m * n) * static_cast<double>(k);
  rate best, peak;
  for (auto _ : state) {
    peak = best_of(peak, measured([&] { return calibration::register_operations(pool); }));
    const rate now = measured([&] { return product(call), operations; });
    benchmark::ClobberMemory();
    best = best_of(best, now);
    state.SetIterationTime(operations / now.wall);
  }
  state.counters["GFLOP/s"] = best.wall * 1e-9;
  state.counters["peak"] = peak.wall * 1e-9;
  state.counters["percent"] = 100 * best.wall / peak.wall;
  state.counters["percent_cpu"] = 100 * best.cpu / peak.cpu;
}

void add(const char* name, form f, extent m, extent n, extent k) {
  for (const int threads : {1, 2}) {
    const std::string full = "gemm/" + std::string(name) + "/" + std::to_string(m) + "/" +
                             std::to_string(n) + "/" + std::to_string(k) + "/" +
                             std::to_string(threads);
    benchmark::RegisterBenchmark(full.c_str(), gemm, f, m, n, k, threads)
        ->UseManualTime()
        ->Iterations(8)
        ->Unit(benchmark::kMillisecond);
  }
}

// A linear layer with `tokens` rows, `out` x `in` weights: y = x W^T, dx = dy W, dW += dy^T x.
void add_layer(extent tokens, extent out, extent in) {
  add("y", form::forward, tokens, out, in);
  add("dx", form::input_gradient, tokens, in, out);
  add("dw", form::weight_gradient, out, in, tokens);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::AddCustomContext("isa", std::string(name_of(tessera::chosen_isa())));
  for (const extent tokens : {197, 197 * 8})
    for (const auto& [out, in] :
         {std::pair<extent, extent>{2304, 768}, {768, 768}, {3072, 768}, {768, 3072}})
      add_layer(tokens, out, in);
  for (const auto& [out, in] : {std::pair<extent, extent>{192, 64}, {64, 64}, {256, 64}, {64, 256}})
    add_layer(128 * 65, out, in);
  add("y", form::forward, 1, 1000, 768);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
