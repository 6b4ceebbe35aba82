#pragma once
// Loops of layer_norm and its gradient. x (R, C); the variance takes a second pass, since the
// difference of two large sums would lose it.

#include <cmath>

#include "tessera/ops/layer_norm.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"layer_norm", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    const T *x = a.in<T>(0), *gamma = a.in<T>(1), *beta = a.in<T>(2);
    T *y = a.out<T>(0), *means = a.out<T>(1), *rstds = a.out<T>(2);
    const wide eps(a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[0]), c_end = a.in_shape(0).last();
    for (std::int64_t r = 0; r < rows; ++r, x += c_end, y += c_end) {
      wide mean(0), var(0);
      for (std::int64_t c = 0; c < c_end; ++c) mean += x[c];
      mean /= wide(c_end);
      for (std::int64_t c = 0; c < c_end; ++c) var += (x[c] - mean) * (x[c] - mean);
      var /= wide(c_end);
      const wide rstd = wide(1) / sqrt(var + eps);
      for (std::int64_t c = 0; c < c_end; ++c)
        y[c] = static_cast<T>((x[c] - mean) * rstd * gamma[c] + beta[c]);
      if (means) means[r] = static_cast<T>(mean);
      if (rstds) rstds[r] = static_cast<T>(rstd);
    }
  }
};

template <>
struct kernel<"layer_norm_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *dy = a.in<T>(0), *x = a.in<T>(1), *gamma = a.in<T>(2);
    const T *mean = a.in<T>(3), *rstd = a.in<T>(4);
    const std::int64_t rows = detail::row_count(a.inputs[1]), c_end = a.in_shape(1).last();
    const auto h = [&](std::int64_t r, std::int64_t c) {
      return (wide(x[r * c_end + c]) - wide(mean[r])) * wide(rstd[r]);
    };
    if (T* dx = a.out<T>(0))
      for (std::int64_t r = 0; r < rows; ++r) {
        wide mean_g(0), mean_gh(0);
        for (std::int64_t c = 0; c < c_end; ++c) {
          const wide g = wide(dy[r * c_end + c]) * wide(gamma[c]);
          mean_g += g;
          mean_gh += g * h(r, c);
        }
        mean_g /= wide(c_end);
        mean_gh /= wide(c_end);
        for (std::int64_t c = 0; c < c_end; ++c) {
          const wide g = wide(dy[r * c_end + c]) * wide(gamma[c]);
          dx[r * c_end + c] = static_cast<T>(rstd[r] * (g - mean_g - h(r, c) * mean_gh));
        }
      }
    if (a.out<T>(1) == nullptr && a.out<T>(2) == nullptr) return;
    for (std::int64_t c = 0; c < c_end; ++c) {
      wide dgamma(0), dbeta(0);
      for (std::int64_t r = 0; r < rows; ++r) {
        dgamma += dy[r * c_end + c] * h(r, c);
        dbeta += dy[r * c_end + c];
      }
      if (a.out<T>(1)) detail::put<T>(a.outputs[1], c, dgamma);
      if (a.out<T>(2)) detail::put<T>(a.outputs[2], c, dbeta);
    }
  }
};

}  // namespace tessera::inline v0
