#pragma once
// Loops of unfold, fold and normalise_patches. Images (S, C, H, W), patches (S, rows * columns, D).

#include <cmath>

#include "tessera/ops/patches.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

namespace detail {

// The geometry both directions share.
struct patch_grid {
  std::int64_t channels, height, width, patch, stride, padding;
  bool channel_last;
  std::int64_t rows, columns;

  patch_grid(const shape& image, const attributes& t)
      : channels(image.dims[0]),
        height(image.dims[1]),
        width(image.dims[2]),
        patch(t.a),
        stride(t.b),
        padding(t.c),
        channel_last(t.d == 1),
        rows(patches_along(image.dims[1], t.a, t.b, t.c)),
        columns(patches_along(image.dims[2], t.a, t.b, t.c)) {}

  std::int64_t length() const { return channels * patch * patch; }  // of a patch
  // Of channel c at (v, u) within a patch.
  std::int64_t element(std::int64_t c, std::int64_t v, std::int64_t u) const {
    return channel_last ? (v * patch + u) * channels + c : (c * patch + v) * patch + u;
  }
};

}  // namespace detail

template <>
struct kernel<"unfold", reference> {
  template <class T>
  static void run(const arguments& a) {
    const detail::patch_grid g(a.in_shape(0), a.attr);
    const T* image = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s, image += g.channels * g.height * g.width)
      for (std::int64_t i = 0; i < g.rows; ++i)
        for (std::int64_t j = 0; j < g.columns; ++j, y += g.length())
          for (std::int64_t c = 0; c < g.channels; ++c)
            for (std::int64_t v = 0; v < g.patch; ++v)
              for (std::int64_t u = 0; u < g.patch; ++u) {
                const std::int64_t row = i * g.stride + v - g.padding;
                const std::int64_t column = j * g.stride + u - g.padding;
                const bool inside = row >= 0 && row < g.height && column >= 0 && column < g.width;
                y[g.element(c, v, u)] =
                    inside ? image[(c * g.height + row) * g.width + column] : T(0);
              }
  }
};

// Each pixel sums what the patches that cover it hold for it.
template <>
struct kernel<"fold", reference> {
  template <class T>
  static void run(const arguments& a) {
    const detail::patch_grid g(a.out_shape(0), a.attr);
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    T* image = a.out<T>(0);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* x = a.in<T>(0) + s * g.rows * g.columns * g.length();
      for (std::int64_t c = 0; c < g.channels; ++c)
        for (std::int64_t row = 0; row < g.height; ++row)
          for (std::int64_t column = 0; column < g.width; ++column, ++image) {
            detail::accumulator_t<T> sum(0);
            for (std::int64_t v = 0; v < g.patch; ++v)
              for (std::int64_t u = 0; u < g.patch; ++u) {
                const std::int64_t i = row + g.padding - v, j = column + g.padding - u;
                if (i < 0 || j < 0 || i % g.stride != 0 || j % g.stride != 0) continue;
                if (i / g.stride >= g.rows || j / g.stride >= g.columns) continue;
                sum +=
                    x[(i / g.stride * g.columns + j / g.stride) * g.length() + g.element(c, v, u)];
              }
            *image = static_cast<T>(sum);
          }
    }
  }
};

// A patch of one element is its own mean: 0.
template <>
struct kernel<"normalise_patches", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const wide eps(a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[0]), n = a.in_shape(0).last();
    for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
      wide mean(0), squares(0);
      for (std::int64_t i = 0; i < n; ++i) mean += x[i];
      mean /= wide(n);
      for (std::int64_t i = 0; i < n; ++i) squares += (x[i] - mean) * (x[i] - mean);
      const wide deviation = sqrt(squares / wide(n > 1 ? n - 1 : 1) + eps);
      for (std::int64_t i = 0; i < n; ++i) y[i] = static_cast<T>((x[i] - mean) / deviation);
    }
  }
};

}  // namespace tessera::inline v0
