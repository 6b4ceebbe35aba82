#pragma once
// Times ops on the backend cpu, as small graphs at the shapes of real models:
//     op/<name>/<batch>/<threads>
//     GFLOP/s   two for each multiply-accumulate that the ops count, if they count any
//     GB/s      otherwise: what the ops read and write, each operand once
//
//     add("gelu/vit_b", 8, [](ts::graph& g) { give(g, ts::emit<"gelu">(g, {rows(g, 197, 3072)})); });

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "tessera/graph/op.hpp"
#include "tessera/model/compile.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/model/workspace.hpp"
#include "tessera/ops/cpu/backend.hpp"
#include "tessera/ops/ops.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace ts = tessera;

// ---- for graphs: inputs per sample, and what is asked for ----

constexpr ts::value_id rows(ts::graph& g, int count, int width, ts::label what = "x") {
  return g.add_input(what, {1, 1, 2, {count, width}});
}
constexpr ts::value_id vector(ts::graph& g, int width, ts::label what,
                              ts::role kind = ts::role::real) {
  return g.add_input(what, {1, 1, 1, {width}}, kind);
}
constexpr ts::value_id number(ts::graph& g, ts::label what, ts::role kind = ts::role::real) {
  return g.add_input(what, {1, 1, 0, {}}, kind);
}
// One for the whole batch: the gradient that arrives at a loss; statistics of channels.
constexpr ts::value_id scalar(ts::graph& g, ts::label what) {
  return g.add_input(what, {1, 0, 0, {}});
}
constexpr ts::value_id channels(ts::graph& g, int width, ts::label what) {
  return g.add_input(what, {1, 0, 1, {width}}, ts::role::statistic);
}
constexpr ts::value_id weight(ts::graph& g, ts::label what, std::initializer_list<int> dims) {
  return g.add_parameter(what, dims, ts::initialiser::truncated_normal, 0.02f);
}
// `count` outputs of a node, from the first on.
constexpr void give(ts::graph& g, ts::value_id first, int count = 1) {
  constexpr ts::label names[] = {"0", "1", "2", "3"};
  for (int i = 0; i < count; ++i) g.add_tap(names[i], first + i);
}

// ---- running them ----

template <class Emit>
struct op_graph {
  static constexpr ts::graph build() {
    ts::graph g;
    Emit{}(g);
    g.finish();
    return g;
  }
};

inline std::int64_t element_bytes(const ts::value& v) {
  return v.kind == ts::role::index ? 4 : v.kind == ts::role::mask ? 1 : 4;
}

// What the program's ops read and write; an optional output that nobody asked for is not written.
inline double bytes_of(const ts::program& p, std::int64_t batch) {
  std::vector<bool> read(static_cast<std::size_t>(p.g.values.size()), false);
  for (const ts::value_id v : p.results) read[static_cast<std::size_t>(v)] = true;
  for (const ts::node& n : p.g.nodes)
    for (int k = 0; k < n.inputs; ++k)
      if (const ts::value_id v = p.g.in(n, k); v != ts::absent)
        read[static_cast<std::size_t>(v)] = true;
  std::int64_t sum = 0;
  const auto count = [&](ts::value_id v) {
    const ts::value& x = p.g.values[v];
    sum += x.extent.count(batch) * element_bytes(x);
  };
  for (const ts::node& n : p.g.nodes) {
    for (int k = 0; k < n.inputs; ++k)
      if (p.g.in(n, k) != ts::absent) count(p.g.in(n, k));
    for (int o = 0; o < n.op->outputs; ++o) {
      const ts::value_id v = n.output + o;
      if ((n.op->optional >> o & 1u) == 0 || read[static_cast<std::size_t>(v)]) count(v);
    }
  }
  return static_cast<double>(sum);
}

inline double flop_of(const ts::program& p, std::int64_t batch) {
  std::int64_t macs = 0;
  for (const ts::node& n : p.g.nodes)
    if (n.op->has_macs) macs += n.op->macs(p.g, n);
  return 2.0 * static_cast<double>(macs) * static_cast<double>(batch);
}

// The memory of one input: reals in [-2, 2), indices below `limit` (a permutation where `limit` is
// their number), three of four masked.
inline std::vector<std::byte> filled(const ts::value& v, std::int64_t batch, int limit) {
  const std::int64_t n = v.extent.count(batch);
  std::vector<std::byte> memory(static_cast<std::size_t>(n * element_bytes(v)));
  for (std::int64_t i = 0; i < n; ++i) {
    const float real = static_cast<float>(static_cast<std::uint32_t>(i) * 2654435761u % 4096) / 1024;
    if (v.kind == ts::role::index)
      reinterpret_cast<std::int32_t*>(memory.data())[i] = static_cast<std::int32_t>(i * 5 % limit);
    else if (v.kind == ts::role::mask)
      memory[static_cast<std::size_t>(i)] = std::byte(i % 4 != 0);
    else
      reinterpret_cast<float*>(memory.data())[i] = real - 2;
  }
  return memory;
}

inline ts::thread_pool& pool_of(int threads) {
  static std::map<int, std::unique_ptr<ts::thread_pool>> pools;
  auto& pool = pools[threads];
  if (pool == nullptr) pool = std::make_unique<ts::thread_pool>(threads);
  return *pool;
}

template <class Emit>
void run(benchmark::State& state, std::int64_t batch, int threads, int index_limit) {
  std::vector<std::string> results;
  {
    const ts::graph g = op_graph<Emit>::build();
    for (const ts::tap& t : g.taps) results.emplace_back(g.text_at(t.text));
  }
  const std::unique_ptr<ts::program> p = ts::compile<op_graph<Emit>, ts::cpu, float>(results);
  ts::weights<float> w = ts::make_weights<float>(p->g, 0);
  ts::workspace space(*p, w.table, batch);
  std::vector<std::vector<std::byte>> memory;
  std::vector<const void*> inputs;
  for (const ts::input& i : p->g.inputs)
    memory.push_back(filled(p->g.values[i.value], batch, index_limit));
  for (const auto& m : memory) inputs.push_back(m.data());
  ts::run_context c;
  c.weights = w.values.data();
  c.inputs = inputs;
  c.pool = &pool_of(threads);
  space.run(c);
  for (auto _ : state) {
    space.run(c);
    benchmark::ClobberMemory();
  }
  const double flop = flop_of(*p, batch);
  state.counters[flop > 0 ? "GFLOP/s" : "GB/s"] =
      benchmark::Counter(1e-9 * (flop > 0 ? flop : bytes_of(*p, batch)),
                         benchmark::Counter::kIsIterationInvariantRate);
}

template <class Emit>
void add(const std::string& name, std::int64_t batch, Emit, int index_limit = 10) {
  const int all = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  for (int threads = 1; threads <= all; threads += std::max(1, all - 1)) {
    const std::string full =
        "op/" + name + "/" + std::to_string(batch) + "/" + std::to_string(threads);
    benchmark::RegisterBenchmark(full.c_str(),
                                 [=](benchmark::State& state) {
                                   run<Emit>(state, batch, threads, index_limit);
                                 })
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

inline int run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
