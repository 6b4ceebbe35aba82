#pragma once
// depthwise_conv, its gradients and pooling on token grids (contracts: ops/grid.hpp,
// ops/cells.hpp), a task per few rows of cells.

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// (C, 1, k, k) -> (k k, C): a tap's weights of all channels lie together, the taps in their order
// or from the last on. In scratch slot 0.
inline const float* taps_first(const float* w, std::int64_t c, std::int64_t taps, bool reversed) {
  float* turned = scratch_floats(0, c * taps);
  for (std::int64_t t = 0; t < taps; ++t)
    for (std::int64_t i = 0; i < c; ++i)
      turned[t * c + i] = w[i * taps + (reversed ? taps - 1 - t : t)];
  return turned;
}

// Input 0 (S, gh, gw, C) correlated with kernels whose tap (u, v) reads `pad` cells before (u, v).
inline void depthwise(const arguments& a, const float* w, const float* bias, std::int64_t pad,
                      isa set) {
  const auto row = TESSERA_CPU_PICK(set, depthwise_row);
  const std::int64_t height = a.attr.a, width = a.attr.b, k = a.attr.c;
  const std::int64_t c = a.in_shape(0).last(), size = height * width * c;
  over_rows(a.pool, samples_in(a.inputs[0]) * height, width * c,
            [&](std::int64_t first, std::int64_t last) {
              for (std::int64_t r = first; r < last; ++r) {
                const std::int64_t at = r / height * size;
                row(r % height, height, width, k, pad, c, a.in<float>(0) + at, w, bias,
                    a.out<float>(0) + at);
              }
            });
}

template <>
struct kernel<"depthwise_conv"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t k = a.attr.c;
    const float* w = taps_first(a.in<float>(1), a.in_shape(0).last(), k * k, false);
    depthwise(a, w, a.in<float>(2), k / 2, set);
  }
};
template <>
struct kernel<"depthwise_conv_input_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t k = a.attr.c;
    const float* w = taps_first(a.in<float>(1), a.in_shape(0).last(), k * k, true);
    depthwise(a, w, nullptr, k - 1 - k / 2, set);
  }
};
template <>
struct kernel<"depthwise_conv_weight_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto row = TESSERA_CPU_PICK(set, depthwise_weight_row);
    const auto add = TESSERA_CPU_PICK(set, add_rows);
    const std::int64_t height = a.attr.a, width = a.attr.b, k = a.attr.c, taps = k * k;
    const std::int64_t c = a.in_shape(0).last(), size = height * width * c;
    const std::int64_t rows = samples_in(a.inputs[0]) * height, all = (taps + 1) * c;
    const std::int64_t each = most(1 + elementwise_run / (width * c), ceil_div(rows, 32));
    const std::int64_t chunks = ceil_div(rows, each);
    float* partial = scratch_floats(0, (chunks + 1) * all);
    parallel(a.pool, rows, each, [&](std::int64_t first, std::int64_t last) {
      float* mine = partial + first / each * all;  // (k k, C), then the bias
      clear(mine, all);
      for (std::int64_t r = first; r < last; ++r) {
        const std::int64_t sample = r / height * size;
        const float *dy = a.in<float>(0) + sample, *x = a.in<float>(1) + sample;
        row(r % height, height, width, k, k / 2, c, dy, x, mine);
        add(mine + taps * c, c, dy + r % height * width * c, width);
      }
    });
    float* sums = partial + chunks * all;
    clear(sums, all);
    add(sums, all, partial, chunks);
    for (int o = 0; o < 2; ++o) {
      float* y = a.out<float>(o);
      if (y == nullptr) continue;
      const std::int64_t from = o == 0 ? 0 : taps, to = o == 0 ? taps : taps + 1;
      for (std::int64_t t = from; t < to; ++t)
        for (std::int64_t i = 0; i < c; ++i) {
          float& at = y[o == 0 ? i * taps + t : i];
          at = (a.outputs[o].accumulate ? at : 0) + sums[t * c + i];
        }
    }
  }
};

// Cells that come from grids of pools of a side, a task per few rows of them.
struct pooled_grid {
  std::int64_t gh, gw, side, c, rows, columns;

  pooled_grid(const attributes& t, const shape& x)
      : gh(t.a), gw(t.b), side(t.c), c(x.last()), rows(gh / side), columns(gw / side) {}

  // f(where the pool begins in x, where its cell begins in y) for all samples.
  template <class F>
  void over_pools(thread_pool* pool, std::int64_t samples, const F& f) const {
    over_rows(pool, samples * rows, side * gw * c, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t r = first; r < last; ++r)
        for (std::int64_t j = 0; j < columns; ++j)
          f(((r / rows * gh + r % rows * side) * gw + j * side) * c, (r * columns + j) * c);
    });
  }
  // f(where a cell begins in x, where that of its pool begins in y or -1, its place in the pool).
  template <class F>
  void over_cells(thread_pool* pool, std::int64_t samples, const F& f) const {
    over_rows(pool, samples * gh, gw * c, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t r = first; r < last; ++r) {
        const std::int64_t v = r % gh, row = r / gh * rows + v / side;
        for (std::int64_t u = 0; u < gw; ++u)
          f((r * gw + u) * c,
            v / side < rows && u / side < columns ? (row * columns + u / side) * c : -1,
            v % side * side + u % side);
      }
    });
  }
};

template <>
struct kernel<"pool_average"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto mean = TESSERA_CPU_PICK(set, pool_mean_cell);
    const pooled_grid g(a.attr, a.in_shape(0));
    g.over_pools(a.pool, samples_in(a.inputs[0]), [&](std::int64_t x, std::int64_t y) {
      mean(a.in<float>(0) + x, g.side, g.gw * g.c, g.c, a.out<float>(0) + y);
    });
  }
};
template <>
struct kernel<"pool_average_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto scale = TESSERA_CPU_PICK(set, scale_run);
    const pooled_grid g(a.attr, a.in_shape(0));
    const float share = 1.0f / static_cast<float>(g.side * g.side);
    g.over_cells(a.pool, samples_in(a.inputs[0]),
                 [&](std::int64_t x, std::int64_t y, std::int64_t) {
                   if (y < 0)
                     clear(a.out<float>(0) + x, g.c);
                   else
                     scale(a.out<float>(0) + x, g.c, a.in<float>(0) + y, share);
                 });
  }
};
template <>
struct kernel<"pool_max"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto largest = TESSERA_CPU_PICK(set, pool_largest_cell);
    const pooled_grid g(a.attr, a.in_shape(0));
    std::int32_t* places = a.out<std::int32_t>(1);
    g.over_pools(a.pool, samples_in(a.inputs[0]), [&](std::int64_t x, std::int64_t y) {
      largest(a.in<float>(0) + x, g.side, g.gw * g.c, g.c, a.out<float>(0) + y,
              places == nullptr ? nullptr : places + y);
    });
  }
};
template <>
struct kernel<"pool_max_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, pool_place_run);
    const pooled_grid g(a.attr, a.in_shape(0));
    g.over_cells(a.pool, samples_in(a.inputs[0]),
                 [&](std::int64_t x, std::int64_t y, std::int64_t place) {
                   float* dx = a.out<float>(0) + x;
                   if (y < 0)
                     clear(dx, g.c);
                   else
                     f(dx, g.c, a.in<float>(0) + y, a.in<std::int32_t>(1) + y,
                       static_cast<std::int32_t>(place));
                 });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
