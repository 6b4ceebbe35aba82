// One training step (forward, backward, AdamW) of a masked auto-encoder: encoder ViT-Ti/16 on a
// quarter of 196 patches, decoder of two blocks of width 96, eight images.
//     model/mae_step/<threads>   img/s, GFLOP/s (6 for each multiply-accumulate of the forward)

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include <tessera/tensor/thread_pool.hpp>
#include <tessera/tessera.hpp>

namespace ts = tessera;

namespace {

using encoder = ts::vit<ts::image<224>, ts::patch<16>, ts::width<192>, ts::heads<3>, ts::depth<12>,
                        ts::classes<1000>>;
using auto_encoder = ts::mae<encoder, ts::decoder<ts::width<96>, ts::depth<2>, ts::heads<3>>,
                             ts::mask::random<3, 4>>;
using pretrain =
    ts::train<auto_encoder, ts::adamw, ts::term<ts::weight<1>, ts::loss::masked_reconstruction>>;

void train(benchmark::State& state, int threads) {
  constexpr std::size_t batch = 8;
  ts::thread_pool pool(threads);
  ts::trainer<pretrain> run(1, &pool);
  std::vector<float> images(batch * 3 * 224 * 224);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = 2 * ts::uniform(1, 0, 7, 0, i) - 1;
  run.step(images);
  for (auto _ : state) benchmark::DoNotOptimize(run.step(images));
  using counter = benchmark::Counter;
  state.counters["img/s"] = counter(batch, counter::kIsIterationInvariantRate);
  state.counters["GFLOP/s"] =
      counter(6e-9 * batch * static_cast<double>(ts::macs<auto_encoder>),
              counter::kIsIterationInvariantRate);
}

}  // namespace

int main(int argc, char** argv) {
  const int all = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  for (int threads = 1; threads <= all; threads += std::max(1, all - 1))
    benchmark::RegisterBenchmark(("model/mae_step/" + std::to_string(threads)).c_str(), train, threads)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
