#pragma once
// Loops of the ops on grids. x (S, gh, gw, C).

#include "tessera/ops/grid.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"pool_average", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const std::int64_t gh = a.attr.a, gw = a.attr.b, pool = a.attr.c;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    T* y = a.out<T>(0);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* x = a.in<T>(0) + s * gh * gw * channels;
      for (std::int64_t i = 0; i < gh / pool; ++i)
        for (std::int64_t j = 0; j < gw / pool; ++j)
          for (std::int64_t c = 0; c < channels; ++c) {
            wide sum(0);
            for (std::int64_t v = i * pool; v < (i + 1) * pool; ++v)
              for (std::int64_t u = j * pool; u < (j + 1) * pool; ++u)
                sum += x[(v * gw + u) * channels + c];
            *y++ = static_cast<T>(sum / wide(pool * pool));
          }
    }
  }
};

// Cells that no pool holds (a grid that pools do not tile) get 0.
template <>
struct kernel<"pool_average_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const std::int64_t gh = a.attr.a, gw = a.attr.b, pool = a.attr.c;
    const std::int64_t rows = gh / pool, columns = gw / pool;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    T* dx = a.out<T>(0);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* dy = a.in<T>(0) + s * rows * columns * channels;
      for (std::int64_t v = 0; v < gh; ++v)
        for (std::int64_t u = 0; u < gw; ++u) {
          const std::int64_t i = v / pool, j = u / pool;
          for (std::int64_t c = 0; c < channels; ++c)
            *dx++ =
                i < rows && j < columns
                    ? static_cast<T>(wide(dy[(i * columns + j) * channels + c]) / wide(pool * pool))
                    : T(0);
        }
    }
  }
};

namespace detail {

// Cross-correlation with the kernels, or with the flipped ones (the transpose: odd k).
template <class T>
void depthwise(const arguments& a, const T* bias, bool flipped) {
  using wide = accumulator_t<T>;
  const std::int64_t gh = a.attr.a, gw = a.attr.b, k = a.attr.c, half = k / 2;
  const std::int64_t channels = a.in_shape(0).last(), samples = sample_count(a.inputs[0]);
  const T* w = a.in<T>(1);
  T* y = a.out<T>(0);
  for (std::int64_t s = 0; s < samples; ++s) {
    const T* x = a.in<T>(0) + s * gh * gw * channels;
    for (std::int64_t i = 0; i < gh; ++i)
      for (std::int64_t j = 0; j < gw; ++j)
        for (std::int64_t c = 0; c < channels; ++c) {
          wide sum(0);
          if (bias) sum += bias[c];
          for (std::int64_t v = 0; v < k; ++v)
            for (std::int64_t u = 0; u < k; ++u) {
              const std::int64_t row = flipped ? i + half - v : i + v - half;
              const std::int64_t column = flipped ? j + half - u : j + u - half;
              if (row < 0 || row >= gh || column < 0 || column >= gw) continue;
              sum += wide(w[(c * k + v) * k + u]) * wide(x[(row * gw + column) * channels + c]);
            }
          *y++ = static_cast<T>(sum);
        }
  }
}

}  // namespace detail

template <>
struct kernel<"depthwise_conv", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::depthwise<T>(a, a.in<T>(2), false);
  }
};

template <>
struct kernel<"depthwise_conv_input_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::depthwise<T>(a, nullptr, true);
  }
};

template <>
struct kernel<"depthwise_conv_weight_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *dy = a.in<T>(0), *x = a.in<T>(1);
    const std::int64_t gh = a.attr.a, gw = a.attr.b, k = a.attr.c, half = k / 2;
    const std::int64_t channels = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    const auto at = [=](std::int64_t s, std::int64_t i, std::int64_t j, std::int64_t c) {
      return ((s * gh + i) * gw + j) * channels + c;
    };
    for (std::int64_t c = 0; c < channels; ++c) {
      if (a.out<T>(0))
        for (std::int64_t v = 0; v < k; ++v)
          for (std::int64_t u = 0; u < k; ++u) {
            wide sum(0);
            for (std::int64_t s = 0; s < samples; ++s)
              for (std::int64_t i = 0; i < gh; ++i)
                for (std::int64_t j = 0; j < gw; ++j) {
                  const std::int64_t row = i + v - half, column = j + u - half;
                  if (row < 0 || row >= gh || column < 0 || column >= gw) continue;
                  sum += wide(dy[at(s, i, j, c)]) * wide(x[at(s, row, column, c)]);
                }
            detail::put<T>(a.outputs[0], (c * k + v) * k + u, sum);
          }
      if (a.out<T>(1)) {
        wide sum(0);
        for (std::int64_t r = 0; r < samples * gh * gw; ++r) sum += dy[r * channels + c];
        detail::put<T>(a.outputs[1], c, sum);
      }
    }
  }
};

}  // namespace tessera::inline v0
