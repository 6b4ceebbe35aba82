#pragma once
// Loops of the ops that move the cells of a grid; reference/resample.hpp holds those that pick or
// mix them. x (S, gh, gw, C).

#include "tessera/ops/cells.hpp"
#include "tessera/ops/reference/patches.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

namespace detail {

inline patch_grid cell_patches(const attributes& a, int channels) {
  return {shape{1, 1, 3, {channels, a.a, a.b}}, attributes{a.c, a.d, a.e}};
}

// y[to + c * to_step] = x[from + c * from_step] for the channels of a cell; zeros where from < 0.
template <class T>
void copy_cell(T* y, const T* x, std::int64_t channels, std::int64_t to, std::int64_t from,
               std::int64_t to_step = 1, std::int64_t from_step = 1) {
  for (std::int64_t c = 0; c < channels; ++c)
    y[to + c * to_step] = from < 0 ? T(0) : x[from + c * from_step];
}

}  // namespace detail

template <>
struct kernel<"unfold_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    const detail::patch_grid g = detail::cell_patches(a.attr, a.in_shape(0).last());
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s, x += g.channels * g.height * g.width)
      for (std::int64_t i = 0; i < g.rows; ++i)
        for (std::int64_t j = 0; j < g.columns; ++j, y += g.length())
          for (std::int64_t v = 0; v < g.patch; ++v)
            for (std::int64_t u = 0; u < g.patch; ++u) {
              const std::int64_t row = i * g.stride + v - g.padding;
              const std::int64_t column = j * g.stride + u - g.padding;
              const bool inside = row >= 0 && row < g.height && column >= 0 && column < g.width;
              detail::copy_cell(y, x, g.channels, g.element(0, v, u),
                                inside ? (row * g.width + column) * g.channels : -1,
                                g.patch * g.patch);
            }
  }
};

// Each cell sums what the patches that cover it hold for it.
template <>
struct kernel<"fold_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    const detail::patch_grid g = detail::cell_patches(a.attr, a.out_shape(0).last());
    T* y = a.out<T>(0);
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* x = a.in<T>(0) + s * g.rows * g.columns * g.length();
      for (std::int64_t row = 0; row < g.height; ++row)
        for (std::int64_t column = 0; column < g.width; ++column)
          for (std::int64_t c = 0; c < g.channels; ++c) {
            detail::accumulator_t<T> sum(0);
            for (std::int64_t v = 0; v < g.patch; ++v)
              for (std::int64_t u = 0; u < g.patch; ++u) {
                const std::int64_t i = row + g.padding - v, j = column + g.padding - u;
                if (i < 0 || j < 0 || i % g.stride != 0 || j % g.stride != 0) continue;
                if (i / g.stride >= g.rows || j / g.stride >= g.columns) continue;
                sum +=
                    x[(i / g.stride * g.columns + j / g.stride) * g.length() + g.element(c, v, u)];
              }
            *y++ = static_cast<T>(sum);
          }
    }
  }
};

namespace detail {

// Calls move(fine, coarse) with where the channels of each cell of (S, height, width, C) begin, and
// where they begin in its cell of 2 x 2, which holds the places (0, 0), (1, 0), (0, 1), (1, 1).
template <class Move>
void each_merged_cell(std::int64_t samples, std::int64_t height, std::int64_t width,
                      std::int64_t channels, Move move) {
  const std::int64_t rows = (height + 1) / 2, columns = (width + 1) / 2;
  for (std::int64_t s = 0; s < samples; ++s)
    for (std::int64_t v = 0; v < height; ++v)
      for (std::int64_t u = 0; u < width; ++u) {
        const std::int64_t cell = (s * rows + v / 2) * columns + u / 2, place = u % 2 * 2 + v % 2;
        move(((s * height + v) * width + u) * channels, (4 * cell + place) * channels);
      }
}

}  // namespace detail

template <>
struct kernel<"merge_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t channels = a.in_shape(0).last();
    detail::fill(y, a.out_count(0), T(0));  // the padding
    detail::each_merged_cell(detail::sample_count(a.inputs[0]), a.attr.a, a.attr.b, channels,
                             [=](std::int64_t fine, std::int64_t coarse) {
                               detail::copy_cell(y, x, channels, coarse, fine);
                             });
  }
};

template <>
struct kernel<"unmerge_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t channels = a.out_shape(0).last();
    detail::each_merged_cell(detail::sample_count(a.inputs[0]), a.attr.a, a.attr.b, channels,
                             [=](std::int64_t fine, std::int64_t coarse) {
                               detail::copy_cell(y, x, channels, fine, coarse);
                             });
  }
};

namespace detail {

// Calls move(fine, coarse) with where the channels of each cell of (S, 2 gh, 2 gw, C) begin, and
// where they begin, four apart, in the cell of (S, gh, gw, 4 C) that holds them.
template <class Move>
void each_split_cell(std::int64_t samples, std::int64_t gh, std::int64_t gw, std::int64_t channels,
                     Move move) {
  for (std::int64_t s = 0; s < samples; ++s)
    for (std::int64_t v = 0; v < 2 * gh; ++v)
      for (std::int64_t u = 0; u < 2 * gw; ++u)
        move(((s * 2 * gh + v) * 2 * gw + u) * channels,
             ((s * gh + v / 2) * gw + u / 2) * 4 * channels + v % 2 * 2 + u % 2);
}

}  // namespace detail

template <>
struct kernel<"split_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t channels = a.out_shape(0).last();
    detail::each_split_cell(detail::sample_count(a.inputs[0]), a.attr.a, a.attr.b, channels,
                            [=](std::int64_t fine, std::int64_t coarse) {
                              detail::copy_cell(y, x, channels, fine, coarse, 1, 4);
                            });
  }
};

template <>
struct kernel<"unsplit_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t channels = a.in_shape(0).last();
    detail::each_split_cell(detail::sample_count(a.inputs[0]), a.attr.a, a.attr.b, channels,
                            [=](std::int64_t fine, std::int64_t coarse) {
                              detail::copy_cell(y, x, channels, coarse, fine, 4, 1);
                            });
  }
};

template <>
struct kernel<"select_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t gh = a.attr.a, gw = a.attr.b, step = a.attr.c;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t i = 0; i < gh; i += step)
        for (std::int64_t j = 0; j < gw; j += step, y += channels)
          detail::copy_cell(y, x, channels, 0, ((s * gh + i) * gw + j) * channels);
  }
};

template <>
struct kernel<"place_cells", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t gh = a.attr.a, gw = a.attr.b, step = a.attr.c;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    detail::fill(y, a.out_count(0), T(0));
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t i = 0; i < gh; i += step)
        for (std::int64_t j = 0; j < gw; j += step, x += channels)
          detail::copy_cell(y, x, channels, ((s * gh + i) * gw + j) * channels, 0);
  }
};

}  // namespace tessera::inline v0
