#pragma once
// Ops that move the cells of a grid (contract: ops/cells.hpp; pooling: cpu/grid.hpp, resizing:
// cpu/resample.hpp): copies of runs, or, where channels lie apart, of one channel after the other.

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/reference/cells.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// Where each cell begins that patch (i, j) of a grid covers, or -1 beside it.
inline void covered_cells(const detail::patch_grid& g, std::int64_t i, std::int64_t j,
                          std::int64_t* cells) {
  for (std::int64_t v = 0; v < g.patch; ++v)
    for (std::int64_t u = 0; u < g.patch; ++u) {
      const std::int64_t row = i * g.stride + v - g.padding, column = j * g.stride + u - g.padding;
      const bool on = row >= 0 && row < g.height && column >= 0 && column < g.width;
      *cells++ = on ? (row * g.width + column) * g.channels : -1;
    }
}

template <>
struct kernel<"unfold_cells"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, interleave_cells);
    const detail::patch_grid g = detail::cell_patches(a.attr, a.in_shape(0).last());
    const std::int64_t taps = g.patch * g.patch, patches = g.rows * g.columns;
    over_rows(a.pool, samples_in(a.inputs[0]) * patches, g.length(),
              [&](std::int64_t first, std::int64_t last) {
                auto* cells = static_cast<std::int64_t*>(
                    thread_scratch(1, static_cast<std::size_t>(taps) * sizeof(std::int64_t)));
                for (std::int64_t r = first; r < last; ++r) {
                  const std::int64_t n = r % patches;
                  covered_cells(g, n / g.columns, n % g.columns, cells);
                  f(a.in<float>(0) + r / patches * a.in_shape(0).per_sample(), cells, taps,
                    g.channels, a.out<float>(0) + r * g.length());
                }
              });
  }
};

// Patches are added in their order; a task is a sample.
template <>
struct kernel<"fold_cells"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, add_to_cells);
    const detail::patch_grid g = detail::cell_patches(a.attr, a.out_shape(0).last());
    const std::int64_t taps = g.patch * g.patch, patches = g.rows * g.columns;
    const std::int64_t size = a.out_shape(0).per_sample();
    parallel(a.pool, samples_in(a.outputs[0]), 1, [&](std::int64_t s, std::int64_t) {
      auto* cells = static_cast<std::int64_t*>(
          thread_scratch(1, static_cast<std::size_t>(taps) * sizeof(std::int64_t)));
      clear(a.out<float>(0) + s * size, size);
      for (std::int64_t n = 0; n < patches; ++n) {
        covered_cells(g, n / g.columns, n % g.columns, cells);
        f(a.in<float>(0) + (s * patches + n) * g.length(), cells, taps, g.channels,
          a.out<float>(0) + s * size);
      }
    });
  }
};

// f(where a cell begins in (S, gh, gw, C), where it begins in its cell of 2 x 2, and whether it is
// padding) for the rows of merged cells.
template <class F>
void over_merged_cells(const arguments& a, std::int64_t samples, std::int64_t c, const F& f) {
  const std::int64_t gh = a.attr.a, gw = a.attr.b, rows = (gh + 1) / 2, columns = (gw + 1) / 2;
  over_rows(a.pool, samples * rows, columns * 4 * c, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r)
      for (std::int64_t j = 0; j < columns; ++j)
        for (std::int64_t place = 0; place < 4; ++place) {
          const std::int64_t v = r % rows * 2 + place % 2, u = 2 * j + place / 2;
          f(((r / rows * gh + v) * gw + u) * c, ((r * columns + j) * 4 + place) * c,
            v >= gh || u >= gw);
        }
  });
}

template <>
struct kernel<"merge_cells"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t c = a.in_shape(0).last();
    over_merged_cells(a, samples_in(a.inputs[0]), c,
                      [&](std::int64_t fine, std::int64_t coarse, bool padding) {
                        if (padding)
                          clear(a.out<float>(0) + coarse, c);
                        else
                          copy(a.out<float>(0) + coarse, a.in<float>(0) + fine, c);
                      });
  }
};
template <>
struct kernel<"unmerge_cells"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t c = a.out_shape(0).last();
    over_merged_cells(a, samples_in(a.outputs[0]), c,
                      [&](std::int64_t fine, std::int64_t coarse, bool padding) {
                        if (!padding)
                          copy(a.out<float>(0) + fine, a.in<float>(0) + coarse, c);
                      });
  }
};

// The four cells of each cell of (S, gh, gw, 4 C): cells[4], where they begin in (S, 2 gh, 2 gw,
// C).
template <class F>
void over_split_cells(const arguments& a, std::int64_t cells, std::int64_t c, const F& f) {
  const std::int64_t gw = a.attr.b;
  over_rows(a.pool, cells, 4 * c, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t n = first; n < last; ++n) {
      const std::int64_t above = (n / gw * 4 * gw + n % gw * 2) * c, below = above + 2 * gw * c;
      const std::int64_t fine[4] = {above, above + c, below, below + c};
      f(n * 4 * c, fine);
    }
  });
}

template <>
struct kernel<"split_cells"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, deal_to_cells);
    const std::int64_t c = a.out_shape(0).last();
    over_split_cells(a, rows_in(a.inputs[0]), c,
                     [&](std::int64_t coarse, const std::int64_t* fine) {
                       f(a.in<float>(0) + coarse, fine, 4, c, a.out<float>(0));
                     });
  }
};
template <>
struct kernel<"unsplit_cells"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, interleave_cells);
    const std::int64_t c = a.in_shape(0).last();
    over_split_cells(a, rows_in(a.outputs[0]), c,
                     [&](std::int64_t coarse, const std::int64_t* fine) {
                       f(a.in<float>(0), fine, 4, c, a.out<float>(0) + coarse);
                     });
  }
};

template <>
struct kernel<"select_cells"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t gh = a.attr.a, gw = a.attr.b, step = a.attr.c, c = a.in_shape(0).last();
    const std::int64_t rows = (gh - 1) / step + 1, columns = (gw - 1) / step + 1;
    over_rows(a.pool, samples_in(a.inputs[0]) * rows, columns * c,
              [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t r = first; r < last; ++r) {
                  const float* x =
                      a.in<float>(0) + (r / rows * gh + r % rows * step) * gw * c;
                  for (std::int64_t j = 0; j < columns; ++j)
                    copy(a.out<float>(0) + (r * columns + j) * c, x + j * step * c, c);
                }
              });
  }
};
template <>
struct kernel<"place_cells"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t gh = a.attr.a, gw = a.attr.b, step = a.attr.c, c = a.in_shape(0).last();
    const std::int64_t rows = (gh - 1) / step + 1, columns = (gw - 1) / step + 1;
    over_rows(a.pool, samples_in(a.inputs[0]) * gh, gw * c,
              [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t r = first; r < last; ++r) {
                  float* y = a.out<float>(0) + r * gw * c;
                  clear(y, gw * c);
                  if (r % gh % step != 0) continue;
                  const std::int64_t row = r / gh * rows + r % gh / step;
                  for (std::int64_t j = 0; j < columns; ++j)
                    copy(y + j * step * c, a.in<float>(0) + (row * columns + j) * c, c);
                }
              });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
