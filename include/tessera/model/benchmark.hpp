#pragma once
// benchmark_model<A>(name): times the forward pass of model<A> with Google Benchmark, as
//     model/cpu/<name>/<batch>   for batches of 1, 8 and 64, wall clock, weights from seed 0
//     img/s, GFLOP/s             2 floating-point operations for each of ts::macs<A>
// tessera_add_benchmark() of CMake writes a program of such calls. Where Google Benchmark is not
// installed this header is empty.

#if __has_include(<benchmark/benchmark.h>)

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tessera/arch/counts.hpp"
#include "tessera/model/make_model.hpp"
#include "tessera/ops/cpu/backend.hpp"

namespace tessera::inline v0 {

template <class A>
void benchmark_model(const char* name) {
  for (const std::int64_t batch : {1, 8, 64}) {
    const std::string title = std::string("model/cpu/") + name + "/" + std::to_string(batch);
    const auto time = [batch](benchmark::State& state) {
      model<A> net;
      const auto size = [batch](std::int64_t n) { return static_cast<std::size_t>(batch * n); };
      std::vector<float> images(size(net.input_size())), result(size(net.output_size()));
      for (std::size_t i = 0; i < images.size(); ++i)  // in [-2, 2), as normalised pixels are
        images[i] = static_cast<float>(i * 2654435761u % 4096) / 1024 - 2;
      net.forward(images, result);  // the first call of a size makes its workspace
      for (auto _ : state) {
        net.forward(images, result);
        benchmark::DoNotOptimize(result.data());
      }
      using counter = benchmark::Counter;
      const double done = static_cast<double>(state.iterations()) * static_cast<double>(batch);
      state.counters["img/s"] = counter(done, counter::kIsRate);
      state.counters["GFLOP/s"] =
          counter(done * 2e-9 * static_cast<double>(macs<A>), counter::kIsRate);
      state.SetItemsProcessed(static_cast<std::int64_t>(done));
    };
    benchmark::RegisterBenchmark(title.c_str(), time)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace tessera::inline v0

#endif
