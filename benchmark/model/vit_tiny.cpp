// Inference of ViT-Ti/16 (224 x 224, D 192, 12 blocks) for one image and for eight:
//     model/vit_tiny/<batch>/<threads>   img/s, GFLOP/s (2 for each multiply-accumulate)

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

using vit_tiny = ts::vit<ts::image<224>, ts::patch<16>, ts::width<192>, ts::heads<3>, ts::depth<12>,
                         ts::classes<1000>>;

void infer(benchmark::State& state, std::int64_t batch, int threads) {
  ts::thread_pool pool(threads);
  ts::model<vit_tiny> net(0, &pool);
  const auto size = [batch](std::int64_t n) { return static_cast<std::size_t>(batch * n); };
  std::vector<float> images(size(net.input_size())), logits(size(net.output_size()));
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = 2 * ts::uniform(1, 0, 7, 0, i) - 1;
  net.forward(images, logits);
  for (auto _ : state) {
    net.forward(images, logits);
    benchmark::DoNotOptimize(logits.data());
  }
  using counter = benchmark::Counter;
  const auto images_a_run = static_cast<double>(batch);
  state.counters["img/s"] = counter(images_a_run, counter::kIsIterationInvariantRate);
  state.counters["GFLOP/s"] =
      counter(2e-9 * images_a_run * static_cast<double>(ts::macs<vit_tiny>),
              counter::kIsIterationInvariantRate);
}

}  // namespace

int main(int argc, char** argv) {
  const int all = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  for (const std::int64_t batch : {1, 8})
    for (int threads = 1; threads <= all; threads += std::max(1, all - 1)) {
      const std::string name =
          "model/vit_tiny/" + std::to_string(batch) + "/" + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), infer, batch, threads)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
