#pragma once
// The ops of the update graph, a run of a slice at a time (contracts: ops/update.hpp). Norms are
// sums of runs in their order: the same for any number of threads.

#include <cmath>

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// f(slice) for each slice that is trained; without slices the buffer is one.
template <class F>
void over_trained(const arguments& a, const F& f) {
  slice_range whole;
  whole.size = a.out_count(0);
  if (a.slice_count == 0) f(whole);
  for (int i = 0; i < a.slice_count; ++i)
    if (a.slices[i].trained) f(a.slices[i]);
}

// The sum of f(first, last) over runs of [0, count), in double. Takes slot 0 of the scratch.
template <class F>
double sum_of_runs(thread_pool* pool, std::int64_t count, const F& f) {
  float* sums = scratch_floats(0, ceil_div(count, elementwise_run));
  parallel(pool, count, elementwise_run, [&](std::int64_t first, std::int64_t last) {
    sums[first / elementwise_run] = f(first, last);
  });
  double total = 0;
  for (std::int64_t i = 0; i < ceil_div(count, elementwise_run); ++i) total += sums[i];
  return total;
}

template <>
struct kernel<"clip_by_norm"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto squares = TESSERA_CPU_PICK(set, squares_run);
    const auto scale = TESSERA_CPU_PICK(set, scale_run);
    const double limit = a.settings[0];
    if (!(limit > 0)) return;
    double sum = 0;
    over_trained(a, [&](const slice_range& s) {
      const float* g = a.out<float>(0) + s.offset;
      sum += sum_of_runs(a.pool, s.size, [&](std::int64_t first, std::int64_t last) {
        return squares(g + first, last - first);
      });
    });
    const double norm = std::sqrt(sum);
    if (norm <= limit) return;
    const auto by = static_cast<float>(limit / norm);
    over_trained(a, [&](const slice_range& s) {
      float* g = a.out<float>(0) + s.offset;
      parallel(a.pool, s.size, elementwise_run, [&](std::int64_t first, std::int64_t last) {
        scale(g + first, last - first, g + first, by);
      });
    });
  }
};

template <>
struct kernel<"clip_by_value"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto clamp = TESSERA_CPU_PICK(set, clamp_run);
    const auto limit = static_cast<float>(a.settings[0]);
    if (!(limit > 0)) return;
    over_trained(a, [&](const slice_range& s) {
      float* g = a.out<float>(0) + s.offset;
      parallel(a.pool, s.size, elementwise_run, [&](std::int64_t first, std::int64_t last) {
        clamp(g + first, last - first, limit);
      });
    });
  }
};

// sgd, or lars with changes of another size.
template <class Run>
void run_momentum(const arguments& a, const slice_range& s, float size, Run* run) {
  float* w = a.out<float>(0) + s.offset;
  const float* g = a.in<float>(1) + s.offset;
  float* v = static_cast<float*>(a.inputs[2].data) + s.offset;
  parallel(a.pool, s.size, elementwise_run, [&](std::int64_t first, std::int64_t last) {
    run(a.settings, s.lr_scale, s.decay, a.attr.a == 1, size, w + first,
        g + first, v + first, last - first);
  });
}

template <>
struct kernel<"sgd"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto run = TESSERA_CPU_PICK(set, momentum_run);
    over_trained(a, [&](const slice_range& s) { run_momentum(a, s, 1, run); });
  }
};

template <>
struct kernel<"lars"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto run = TESSERA_CPU_PICK(set, momentum_run);
    const auto squares = TESSERA_CPU_PICK(set, squares_run);
    const auto decayed = TESSERA_CPU_PICK(set, decayed_squares_run);
    const auto decay = static_cast<float>(a.settings[2]);
    over_trained(a, [&](const slice_range& s) {
      if (!s.decay) return run_momentum(a, s, 1, run);
      const float *w = a.out<float>(0) + s.offset, *g = a.in<float>(1) + s.offset;
      const auto sum = [&](const auto& f) { return sum_of_runs(a.pool, s.size, f); };
      const double weights =
          sum([&](std::int64_t i, std::int64_t end) { return squares(w + i, end - i); });
      const double changes = sum(
          [&](std::int64_t i, std::int64_t end) { return decayed(g + i, w + i, end - i, decay); });
      const double by =
          weights > 0 && changes > 0 ? a.settings[3] * std::sqrt(weights / changes) : 1;
      run_momentum(a, s, static_cast<float>(by), run);
    });
  }
};

template <>
struct kernel<"adamw"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto run = TESSERA_CPU_PICK(set, adamw_run);
    over_trained(a, [&](const slice_range& s) {
      float* w = a.out<float>(0) + s.offset;
      const float* g = a.in<float>(1) + s.offset;
      float *m = static_cast<float*>(a.inputs[2].data) + s.offset,
            *v = static_cast<float*>(a.inputs[3].data) + s.offset;
      parallel(a.pool, s.size, elementwise_run, [&](std::int64_t first, std::int64_t last) {
        run(a.settings, s.lr_scale, s.decay, w + first, g + first, m + first,
            v + first, last - first);
      });
    });
  }
};

template <>
struct kernel<"ema"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto run = TESSERA_CPU_PICK(set, ema_run);
    const float* w = a.in<float>(0);
    float* average = a.out<float>(0);
    const auto keep = static_cast<float>(a.settings[0]);
    const auto take = static_cast<float>(1 - a.settings[0]);
    for (int i = 0; i < a.slice_count; ++i)
      if (const slice_range& s = a.slices[i]; !s.trained)
        copy(average + s.offset, w + s.offset, s.size);
    over_trained(a, [&](const slice_range& s) {
      parallel(a.pool, s.size, elementwise_run, [&](std::int64_t first, std::int64_t last) {
        run(average + s.offset + first, last - first, w + s.offset + first, keep, take);
      });
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
