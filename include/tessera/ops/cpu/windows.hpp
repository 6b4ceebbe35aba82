#pragma once
// to_windows, from_windows and the bias by relative position (contract: ops/windows.hpp).

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/reference/windows.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// f(token, cell or -1 in the padding, run) for the rows of every window, as runs of neighbours,
// both counted over all samples.
template <class F>
void over_window_rows(const arguments& a, std::int64_t samples, std::int64_t channels, const F& f) {
  const detail::window_grid g(a.attr);
  const std::int64_t cells = g.gh * g.gw;
  over_rows(a.pool, samples * g.windows * g.wh, g.ww * channels,
            [&](std::int64_t first, std::int64_t last) {
              for (std::int64_t r = first; r < last; ++r) {
                const std::int64_t window = r / g.wh % g.windows;
                const std::int64_t i = window / g.across * g.wh + r % g.wh;
                const std::int64_t left = window % g.across * g.ww, token = r * g.ww;
                const std::int64_t there = i < g.gh ? least(g.ww, g.gw - left) : 0;
                const std::int64_t row = r / g.wh / g.windows * cells + (i + g.sh) % g.gh * g.gw;
                const std::int64_t column = (left + g.sw) % g.gw;
                const std::int64_t before = least(there, g.gw - column);  // the grid's edge
                if (before > 0) f(token, row + column, before);
                if (there > before) f(token + before, row, there - before);
                if (g.ww > there) f(token + there, -1, g.ww - there);
              }
            });
}

template <>
struct kernel<"to_windows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t c = a.in_shape(0).last();
    over_window_rows(a, samples_in(a.inputs[0]), c,
                     [&](std::int64_t token, std::int64_t cell, std::int64_t n) {
                       float* y = a.out<float>(0) + token * c;
                       if (cell < 0)
                         clear(y, n * c);
                       else
                         copy(y, a.in<float>(0) + cell * c, n * c);
                     });
  }
};
template <>
struct kernel<"from_windows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t c = a.in_shape(0).last();
    over_window_rows(a, samples_in(a.outputs[0]), c,
                     [&](std::int64_t token, std::int64_t cell, std::int64_t n) {
                       if (cell >= 0)
                         copy(a.out<float>(0) + cell * c, a.in<float>(0) + token * c, n * c);
                     });
  }
};

// A task per head: its column of the table, then a row of windows at a time.
template <>
struct kernel<"relative_bias"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t wh = a.attr.a, ww = a.attr.b, t = wh * ww, across = 2 * ww - 1;
    const std::int64_t heads = a.in_shape(0).last();
    parallel(a.pool, heads, 1, [&](std::int64_t h, std::int64_t) {
      float* bias = a.out<float>(0) + h * t * t;
      for (std::int64_t y = 0; y < wh; ++y)
        for (std::int64_t x = 0; x < ww; ++x)
          for (std::int64_t v = 0; v < wh; ++v) {
            const float* row =
                a.in<float>(0) + ((y - v + wh - 1) * across + x + ww - 1) * heads + h;
            for (std::int64_t u = 0; u < ww; ++u) *bias++ = row[-u * heads];
          }
    });
  }
};
template <>
struct kernel<"relative_bias_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t wh = a.attr.a, ww = a.attr.b, t = wh * ww, across = 2 * ww - 1;
    const std::int64_t heads = a.in_shape(0).dims[0], rows = (2 * wh - 1) * across;
    float* partial = scratch_floats(0, heads * rows);
    parallel(a.pool, heads, 1, [&](std::int64_t h, std::int64_t) {
      const float* dbias = a.in<float>(0) + h * t * t;
      float* sums = partial + h * rows;
      clear(sums, rows);
      for (std::int64_t y = 0; y < wh; ++y)
        for (std::int64_t x = 0; x < ww; ++x)
          for (std::int64_t v = 0; v < wh; ++v) {
            float* row = sums + (y - v + wh - 1) * across + x + ww - 1;
            for (std::int64_t u = 0; u < ww; ++u) row[-u] += *dbias++;
          }
    });
    float* y = a.out<float>(0);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t h = 0; h < heads; ++h) {
        float& at = y[r * heads + h];
        at = (a.outputs[0].accumulate ? at : 0) + partial[h * rows + r];
      }
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
