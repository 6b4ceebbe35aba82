#pragma once
// Times ops on the backend cpu, as small graphs at the shapes of real models:
//     op/<name>/<shape>/<batch>/<threads>             forward
//     op/<name>.backward/<shape>/<batch>/<threads>    what its gradient rule emits
// and reports of the best round
//     percent   100 floor / time, floor = max(FLOP / peak, time of the same bytes): two FLOPs for
//               each multiply-accumulate that the ops count (nothing else counts: exp, divisions),
//               peak and bytes as calibration.hpp measures them on the same threads in the same
//               rounds, each operand once
//     GFLOP/s   where the ops count multiply-accumulates
//     GB/s      elsewhere: what the ops must read and write
//
//     add("gelu/vit_b", 8, [](ts::graph& g) {
//       give(g, ts::emit<"gelu">(g, {rows(g, 197, 3072)}));
//     });
//     add_both(...)   the same, and the backward pass of its last node

#include "calibration.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "tessera/graph/differentiate.hpp"
#include "tessera/graph/op.hpp"
#include "tessera/model/compile.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/model/workspace.hpp"
#include "tessera/ops/cpu/backend.hpp"
#include "tessera/ops/ops.hpp"
#include "tessera/tensor/thread_pool.hpp"

namespace ts = tessera;

// ---- for graphs: inputs per sample, and what is asked for ----

// Gradients are wanted of real inputs, as of what other ops made.
constexpr ts::value_id input(ts::graph& g, ts::label what, const ts::shape& s,
                             ts::role kind = ts::role::real) {
  const ts::value_id v = g.add_input(what, s, kind);
  g.values[v].wanted = kind == ts::role::real;
  return v;
}
constexpr ts::value_id rows(ts::graph& g, int count, int width, ts::label what = "x") {
  return input(g, what, {1, 1, 2, {count, width}});
}
constexpr ts::value_id images(ts::graph& g, int side) {
  return input(g, "images", {1, 1, 3, {3, side, side}});
}
constexpr ts::value_id vector(ts::graph& g, int width, ts::label what,
                              ts::role kind = ts::role::real) {
  return input(g, what, {1, 1, 1, {width}}, kind);
}
constexpr ts::value_id number(ts::graph& g, ts::label what, ts::role kind = ts::role::real) {
  return input(g, what, {1, 1, 0, {}}, kind);
}
// One for the whole batch: losses; statistics of channels.
constexpr ts::value_id scalar(ts::graph& g, ts::label what) {
  return input(g, what, {1, 0, 0, {}});
}
constexpr ts::value_id channels(ts::graph& g, int width, ts::label what) {
  return input(g, what, {1, 0, 1, {width}}, ts::role::statistic);
}
constexpr ts::value_id weight(ts::graph& g, ts::label what, std::initializer_list<int> dims) {
  return g.add_parameter(what, dims, ts::initialiser::truncated_normal, 0.02f);
}
// Without a gradient: targets, a teacher's logits.
constexpr ts::value_id fixed(ts::graph& g, ts::value_id v) {
  g.values[v].wanted = false;
  return v;
}
// `count` outputs of a node, from the first on.
constexpr void give(ts::graph& g, ts::value_id first, int count = 1) {
  constexpr ts::label names[] = {"0", "1", "2", "3"};
  for (int i = 0; i < count; ++i) g.add_tap(names[i], first + i);
}

// ---- graphs of one direction ----

template <class Emit>
struct forward_graph {
  static constexpr ts::graph build() {
    ts::graph g;
    Emit{}(g);
    g.finish();
    return g;
  }
};

// Appends the gradient of the last node. Taps are then what the appended nodes leave (0, 1, ..) and
// what they read of the forward pass and of the gradient that arrives (given.0, given.1, ..).
constexpr void append_backward(ts::graph& g) {
  constexpr ts::label results[] = {"0", "1", "2", "3", "4", "5"};
  constexpr ts::label given[] = {"given.0", "given.1", "given.2", "given.3", "given.4", "given.5"};
  int last = g.nodes.size();  // the node that makes the gradient of y
  const ts::value_id y = g.nodes[last - 1].output;
  const ts::shape s = g.shape_of(y);
  if (s.power == 0 && s.rank == 0) {
    ts::differentiate(g, y);
  } else {
    const ts::value_id target = g.add_input("target", s);
    ts::differentiate(g, ts::emit<"mse">(g, {y, target}));
    last += 2;
  }
  if (!g.ok()) return;
  g.taps.shrink(0);
  ts::buffer<bool> read;
  read.clear_to(g.values.size());
  int inputs = 0, outputs = 0;
  for (int i = last + 1; i < g.nodes.size(); ++i)
    for (int k = 0; k < g.nodes[i].inputs; ++k) {
      if (g.in(g.nodes[i], k) == ts::absent) continue;
      const ts::value_id v = ts::root_of(g, g.in(g.nodes[i], k));
      const ts::value& x = g.values[v];
      if (!read[v] && x.where == ts::storage::activation && x.producer <= last)
        g.add_tap(given[inputs++], v);
      read[v] = true;
    }
  for (int i = last + 1; i < g.nodes.size(); ++i)
    for (int o = 0; o < g.nodes[i].op->outputs; ++o)
      if (const ts::value_id v = g.nodes[i].output + o;
          !read[v] && g.values[v].where == ts::storage::activation)
        g.add_tap(results[outputs++], v);
}

template <class Emit>
struct backward_graph {
  static constexpr ts::graph build() {
    ts::graph g;
    Emit{}(g);
    append_backward(g);
    g.finish();
    return g;
  }
};

// ---- what they must do ----

struct work {
  double flop = 0, read = 0, written = 0;  // the last two in bytes
};

inline std::int64_t element_bytes(const ts::value& v) {
  return v.kind == ts::role::mask ? 1 : 4;
}

// The share of its input k that a node reads; of masks three of four are set (see filled).
inline double share_read(const ts::graph& g, const ts::node& n, int k) {
  const std::string op = n.op->id.text();
  if (op == "constant" || op == "noise") return 0;
  const ts::shape& x = g.in_shape(n, k);
  const bool first = k == 0;
  if (first && (op == "slice_rows" || op == "slice_channels" || op == "gather_rows" ||
                op == "select_cells"))
    return static_cast<double>(g.shape_of(n.output).count(1)) / static_cast<double>(x.count(1));
  if (op == "batch_sum") return static_cast<double>(n.attr.b) / x.dims[0];
  if (op == "mean_rows") return 1 - static_cast<double>(n.attr.a) / x.dims[0];
  if (op.starts_with("masked_mse") && x.rank == 2) return 0.75;
  return 1;
}

// An optional output that nobody reads is not written; one that is added to is read as well.
inline work work_of(const ts::program& p, std::int64_t batch) {
  const ts::graph& g = p.g;
  std::vector<bool> read(static_cast<std::size_t>(g.values.size()), false);
  for (const ts::value_id v : p.results) read[static_cast<std::size_t>(v)] = true;
  for (int i = 0; i < g.nodes.size(); ++i)
    for (int k = 0; p.needed[i] && k < g.nodes[i].inputs; ++k)
      if (const ts::value_id v = g.in(g.nodes[i], k); v != ts::absent)
        read[static_cast<std::size_t>(v)] = true;
  const auto bytes = [&](ts::value_id v) {
    const ts::value& x = g.values[v];
    return static_cast<double>(x.extent.count(batch) * element_bytes(x));
  };
  work w;
  for (int i = 0; i < g.nodes.size(); ++i) {
    if (!p.needed[i]) continue;
    const ts::node& n = g.nodes[i];
    if (n.op->has_macs)
      w.flop += 2 * static_cast<double>(n.op->macs(g, n)) * static_cast<double>(batch);
    for (int k = 0; k < n.inputs; ++k)
      if (g.in(n, k) != ts::absent) w.read += share_read(g, n, k) * bytes(g.in(n, k));
    for (int o = 0; o < n.op->outputs; ++o) {
      const ts::value_id v = n.output + o;
      const bool added = g.values[v].where == ts::storage::gradient;
      if ((n.op->optional >> o & 1u) != 0 && !added && !read[static_cast<std::size_t>(v)]) continue;
      w.written += bytes(v);
      if (added) w.read += bytes(v);
    }
  }
  return w;
}

// ---- running them ----

// The memory of one input: reals in [-2, 2), indices below `limit` (a permutation where `limit` is
// their number), three of four masked.
inline std::vector<std::byte> filled(const ts::value& v, std::int64_t batch, int limit) {
  const std::int64_t n = v.extent.count(batch);
  std::vector<std::byte> memory(static_cast<std::size_t>(n * element_bytes(v)));
  for (std::int64_t i = 0; i < n; ++i) {
    const auto real =
        static_cast<float>(static_cast<std::uint32_t>(i) * 2654435761u % 4096) / 1024;
    if (v.kind == ts::role::index)
      reinterpret_cast<std::int32_t*>(memory.data())[i] = static_cast<std::int32_t>(i * 5 % limit);
    else if (v.kind == ts::role::mask)
      memory[static_cast<std::size_t>(i)] = std::byte(i % 4 != 0);
    else
      reinterpret_cast<float*>(memory.data())[i] = real - 2;
  }
  return memory;
}

// Seconds of one call, the mean over `calls`; a first one, not timed, brings its data near again.
template <class F>
double timed(std::int64_t calls, bool warm, F&& f) {
  if (warm) f();
  const double start = calibration::seconds();
  for (std::int64_t i = 0; i < calls; ++i) f();
  return (calibration::seconds() - start) / static_cast<double>(calls);
}

// The best FLOP/s of that many threads so far: what other programs take of a core only lowers it.
inline double& peak_of(int threads) {
  static std::map<int, double> peaks;
  return peaks[threads];
}

// f(), which does `w`, and the floor of `w` in turn: rounds of about half a millisecond, at least
// five of the floor, whose share is shorter.
template <class F>
void measure(benchmark::State& state, ts::thread_pool& pool, const work& w, F&& f) {
  constexpr double round = 5e-4, floor_round = 2e-4, long_call = 1e-2;
  constexpr int least_rounds = 5;
  const auto calls = [](double length, double seconds) {
    return std::clamp(static_cast<std::int64_t>(length / seconds), std::int64_t(1),
                      std::int64_t(1'000));
  };
  calibration::stream bytes(w.read, w.written);
  const auto stream = [&] { bytes.run(pool); };
  const double once = timed(1, true, f);
  const std::int64_t runs = calls(round, once);
  const std::int64_t streams = calls(floor_round, timed(1, true, stream));
  double best = std::numeric_limits<double>::infinity(), moved = best;
  double& peak = peak_of(pool.size());
  int rounds = 0;
  const auto calibrate = [&] {
    ++rounds;
    moved = std::min(moved, timed(streams, true, stream));
    if (w.flop == 0) return;
    const auto operations = [&] { return calibration::register_operations(pool, 1 << 16); };
    peak = std::max(peak, calibration::measured(operations).wall);
  };
  while (state.KeepRunningBatch(runs)) {
    calibrate();
    const double now = timed(runs, once < long_call, f);
    best = std::min(best, now);
    state.SetIterationTime(now * static_cast<double>(runs));
  }
  while (rounds < least_rounds) calibrate();
  const double least = w.flop > 0 ? std::max(moved, w.flop / peak) : moved;
  state.counters["percent"] = 100 * least / best;
  state.counters[w.flop > 0 ? "GFLOP/s" : "GB/s"] =
      1e-9 * (w.flop > 0 ? w.flop : w.read + w.written) / best;
}

template <class Builder>
void run(benchmark::State& state, std::int64_t batch, int threads, int index_limit) {
  std::vector<std::string> results, given;
  {
    const ts::graph g = Builder::build();
    for (const ts::tap& t : g.taps) {
      const std::string name = g.text_at(t.text);
      (name.starts_with("given") ? given : results).push_back(name);
    }
  }
  const std::unique_ptr<ts::program> p = ts::compile<Builder, ts::cpu, float>(results, given);
  ts::weights<float> w = ts::make_weights<float>(p->g, 0);
  std::vector<float> gradients(w.values.size());
  ts::workspace space(*p, w.table, batch);
  std::vector<std::vector<std::byte>> memory;
  std::vector<const void*> inputs, cut;
  for (const ts::input& i : p->g.inputs) {
    memory.push_back(filled(p->g.values[i.value], batch, index_limit));
    inputs.push_back(memory.back().data());
  }
  for (const ts::value_id v : p->given) {
    memory.push_back(filled(p->g.values[v], batch, index_limit));
    cut.push_back(memory.back().data());
  }
  ts::thread_pool& pool = calibration::pool_of(threads);
  ts::run_context c;
  c.weights = w.values.data();
  c.gradients = gradients.data();
  c.inputs = inputs;
  c.given = cut;
  c.pool = &pool;
  measure(state, pool, work_of(*p, batch), [&] {
    space.run(c);
    benchmark::ClobberMemory();
  });
}

// f(state, threads) on one thread and on all.
template <class F>
void register_case(const std::string& name, std::int64_t batch, const F& f) {
  const int all = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  for (int threads = 1; threads <= all; threads += std::max(1, all - 1)) {
    const std::string full =
        "op/" + name + "/" + std::to_string(batch) + "/" + std::to_string(threads);
    benchmark::RegisterBenchmark(full.c_str(),
                                 [=](benchmark::State& state) { f(state, threads); })
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

template <class Emit>
void add(const std::string& name, std::int64_t batch, Emit, int index_limit = 10) {
  register_case(name, batch, [=](benchmark::State& state, int threads) {
    run<forward_graph<Emit>>(state, batch, threads, index_limit);
  });
}

template <class Emit>
void add_both(const std::string& name, std::int64_t batch, Emit emit, int index_limit = 10) {
  add(name, batch, emit, index_limit);
  const std::size_t end = std::min(name.find('/'), name.size());
  register_case(name.substr(0, end) + ".backward" + name.substr(end), batch,
                [=](benchmark::State& state, int threads) {
                  run<backward_graph<Emit>>(state, batch, threads, index_limit);
                });
}

inline int run_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
