// Serving the demo's network with an exit after the second of four blocks, 64 images at a time:
//     model/early_exit/<who leaves early: none, half, all>/<threads>
//     img/s, GFLOP/s (2 for each multiply-accumulate that the images needed), % early
// The weights are random; the threshold is set so that the share leaves that the name says.

#include <algorithm>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include <tessera/model/exits.hpp>
#include <tessera/tensor/thread_pool.hpp>
#include <tessera/tessera.hpp>

namespace ts = tessera;

namespace {

using vit = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>, ts::depth<4>,
                    ts::classes<10>>;
using network = ts::early_exit<vit, ts::exit_at<2, ts::exit_head::local_perception<3>>>;

constexpr std::size_t batch = 64;

void serve(benchmark::State& state, double share, int threads) {
  ts::thread_pool pool(threads);
  const ts::model<network> net(0, &pool);
  ts::exit_runner<network> runner(net.parameters(), &pool);
  std::vector<float> images(batch * 3072), logits(batch * 10);
  std::vector<int> exits(batch);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = 2 * ts::uniform(1, 0, 7, 0, i) - 1;
  const auto early = [&](double threshold) {
    runner.run(images, threshold, logits, exits);
    return static_cast<double>(std::count(exits.begin(), exits.end(), 0)) / batch;
  };
  double low = 0, high = 1;  // at low at least `share` leave
  for (int i = 0; i < 40 && share > 0; ++i) {
    const double middle = (low + high) / 2;
    (early(middle) >= share ? low : high) = middle;
  }
  const double threshold = share > 0 ? low : 2;
  const double left = early(threshold);
  for (auto _ : state) {
    runner.run(images, threshold, logits, exits);
    benchmark::DoNotOptimize(logits.data());
  }
  double macs = 0;
  for (const int e : exits) macs += static_cast<double>(runner.macs(e));
  using counter = benchmark::Counter;
  state.counters["img/s"] = counter(batch, counter::kIsIterationInvariantRate);
  state.counters["GFLOP/s"] = counter(2e-9 * macs, counter::kIsIterationInvariantRate);
  state.counters["% early"] = 100 * left;
}

}  // namespace

int main(int argc, char** argv) {
  const int all = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  struct row { const char* name; double share; };
  for (const row& r : {row{"none", 0}, row{"half", 0.5}, row{"all", 1}})
    for (int threads = 1; threads <= all; threads += std::max(1, all - 1)) {
      const std::string name =
          "model/early_exit/" + std::string(r.name) + "/" + std::to_string(threads);
      benchmark::RegisterBenchmark(name.c_str(), serve, r.share, threads)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
