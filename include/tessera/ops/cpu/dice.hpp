#pragma once
// dice and its gradient (contract: ops/dice.hpp): cells in parallel. Sums over cells are split by
// shape alone; their parts are added in double, in order.

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/reference/dice.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// Logits of dice: a task takes a run of the cells of one sample.
struct dice_layout {
  std::int64_t samples, cells, classes, each, runs;

  explicit dice_layout(const operand& x)
      : samples(samples_in(x)), cells(x.extent.per_sample() / x.extent.last()),
        classes(x.extent.last()), each(1 + elementwise_run / classes),
        runs(ceil_div(cells, each)) {}

  // f(task, sample, first row, last row): rows of all samples, those of a sample in a row.
  template <class F>
  void over_runs(thread_pool* pool, const F& f) const {
    parallel(pool, samples * runs, 1, [&](std::int64_t t, std::int64_t) {
      const std::int64_t s = t / runs, first = t % runs * each;
      f(t, s, s * cells + first, s * cells + least(cells, first + each));
    });
  }
};

template <>
struct kernel<"dice"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto softmax = TESSERA_CPU_PICK(set, softmax_rows);
    const auto add = TESSERA_CPU_PICK(set, add_rows);
    const std::int32_t* labels = a.in<std::int32_t>(1);
    const double smooth = detail::checked_positive("dice", "a smoothing", a.settings[0]);
    const dice_layout d(a.inputs[0]);
    const std::int64_t n = d.classes, block = least(64, 1 + 4096 / n);
    auto* losses = static_cast<double*>(thread_scratch(
        0, static_cast<std::size_t>(d.samples + d.samples * d.runs * 3 * n) * sizeof(double)));
    double* partial = losses + d.samples;  // of a task, by class: sum p y, sum p, sum y
    d.over_runs(a.pool, [&](std::int64_t t, std::int64_t, std::int64_t first, std::int64_t last) {
      double *shared = partial + t * 3 * n, *seen = shared + n, *there = seen + n;
      for (std::int64_t i = 0; i < 3 * n; ++i) shared[i] = 0;
      float *p = scratch_floats(1, (block + 1) * n), *sums = p + block * n;
      for (; first < last; first += block) {
        const std::int64_t rows = least(block, last - first);
        copy(p, a.in<float>(0) + first * n, rows * n);
        softmax(p, rows, n, 1, a.out<float>(1) + first);
        clear(sums, n);
        add(sums, n, p, rows);
        for (std::int64_t k = 0; k < n; ++k) seen[k] += static_cast<double>(sums[k]);
        for (std::int64_t r = 0; r < rows; ++r) {
          const std::int64_t label = detail::checked("dice", labels[first + r], n);
          shared[label] += static_cast<double>(p[r * n + label]);
          there[label] += 1;
        }
      }
    });
    parallel(a.pool, d.samples, 1, [&](std::int64_t s, std::int64_t) {
      double* total = partial + s * d.runs * 3 * n;
      for (std::int64_t t = 1; t < d.runs; ++t)
        for (std::int64_t i = 0; i < 3 * n; ++i) total[i] += total[t * 3 * n + i];
      float *above = a.out<float>(2) + s * 2 * n, *below = above + n;
      losses[s] = 0;
      for (std::int64_t k = 0; k < n; ++k) {
        const double numerator = 2 * total[k] + smooth;
        const double denominator = total[n + k] + total[2 * n + k] + smooth;
        losses[s] += 1 - numerator / denominator;
        above[k] = static_cast<float>(numerator);
        below[k] = static_cast<float>(denominator);
      }
    });
    double loss = 0;
    for (std::int64_t s = 0; s < d.samples; ++s) loss += losses[s];
    a.out<float>(0)[0] = static_cast<float>(loss / static_cast<double>(d.samples * n));
  }
};
template <>
struct kernel<"dice_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto softmax = TESSERA_CPU_PICK(set, softmax_rows);
    const auto f = TESSERA_CPU_PICK(set, softmax_gradient_rows);
    const dice_layout d(a.inputs[1]);
    const std::int64_t n = d.classes;
    const float up = a.in<float>(0)[0] / static_cast<float>(d.samples * n);
    d.over_runs(a.pool, [&](std::int64_t, std::int64_t s, std::int64_t first, std::int64_t last) {
      float *slopes = scratch_floats(1, 2 * n), *own = slopes + n;  // n_k / d_k^2 and 2 / d_k
      const float *above = a.in<float>(4) + s * 2 * n, *below = above + n;
      for (std::int64_t k = 0; k < n; ++k) {
        own[k] = 2 / below[k];
        slopes[k] = above[k] / below[k] / below[k];
      }
      for (; first < last; ++first) {
        float* dx = a.out<float>(0) + first * n;
        copy(dx, a.in<float>(1) + first * n, n);
        softmax(dx, 1, n, 1, nullptr);
        const std::int64_t label = a.in<std::int32_t>(2)[first];
        const bool inside = label >= 0 && label < n;
        const float other = inside ? slopes[label] : 0;
        if (inside) slopes[label] -= own[label];
        f(slopes, dx, 1, n, up, dx);
        if (inside) slopes[label] = other;
      }
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
