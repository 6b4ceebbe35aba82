// The demo's training steps (32 x 32, patch 4, D 64) on the CPU: milliseconds, GFLOP/s, share of
// the peak that the same run calibrates, and where the time goes.
//     cmake -P cmake/bench.cmake -DFILTER=step, or build/benchmark/benchmark_model_training_step

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <tessera/tessera.hpp>
#include <tessera/tensor/thread_pool.hpp>

namespace ts = tessera;

namespace {

using vit = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>, ts::depth<4>, ts::classes<10>>;
using client = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>, ts::depth<1>, ts::classes<10>>;
using auto_encoder =
    ts::mae<client, ts::decoder<ts::width<48>, ts::depth<1>, ts::heads<4>>, ts::mask::random<3, 4>>;
using finetune = ts::train<vit, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
using pretrain =
    ts::train<auto_encoder, ts::adamw, ts::term<ts::weight<1>, ts::loss::masked_reconstruction>>;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Seconds per op name, between two calls of the observer.
struct profile {
  std::map<std::string, double, std::less<>> seconds;
  double last = 0;
  static void note(void* p, std::string_view op) {
    auto& me = *static_cast<profile*>(p);
    const double t = now();
    auto at = me.seconds.find(op);
    if (at == me.seconds.end()) at = me.seconds.emplace(std::string(op), 0.0).first;
    at->second += t - me.last;
    me.last = now();
  }
};

template <class Step>
void train(benchmark::State& state, long long macs, bool labelled) {
  ts::thread_pool pool(static_cast<int>(state.range(0)));
  ts::trainer<Step> run(1, &pool);
  constexpr int batch = 128;
  std::vector<float> images(batch * 3072);
  for (std::size_t i = 0; i < images.size(); ++i)
    images[i] = 2 * ts::uniform(1, 0, 7, 0, i) - 1;
  std::vector<std::int32_t> labels(labelled ? batch : 0);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i % 10);
  run.step(images, labels);
  for (auto _ : state) benchmark::DoNotOptimize(run.step(images, labels));
  const double flop = 6.0 * static_cast<double>(macs) * batch;  // forward 2, backward 4 per MAC
  state.counters["GFLOP/s"] = benchmark::Counter(
      flop * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.SetItemsProcessed(state.iterations() * batch);
  profile p;
  run.observe(&profile::note, &p);
  for (int i = 0; i < 5; ++i) {
    p.last = now();
    run.step(images, labels);
  }
  double total = 0;
  for (const auto& [op, s] : p.seconds) total += s;
  for (const auto& [op, s] : p.seconds)
    if (s > 0.02 * total) state.counters["% " + op] = 100 * s / total;
}

void finetune_step(benchmark::State& s) { train<finetune>(s, ts::macs<vit>, true); }
void pretrain_step(benchmark::State& s) { train<pretrain>(s, ts::macs<auto_encoder>, false); }

BENCHMARK(finetune_step)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(pretrain_step)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
