#pragma once
// Loops of batch_norm. x (R, C), R the rows of the whole batch. Of one single row the unbiased
// variance is taken as 0 (0 / 0 otherwise).

#include <cmath>

#include "tessera/ops/batch_norm.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"batch_norm", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    const T *x = a.in<T>(0), *gamma = a.in<T>(1), *beta = a.in<T>(2);
    T *y = a.out<T>(0), *means = a.out<T>(1), *rstds = a.out<T>(2), *variances = a.out<T>(3);
    const wide eps(a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[0]), c_end = a.in_shape(0).last();
    for (std::int64_t c = 0; c < c_end; ++c) {
      wide mean(0), squares(0);
      for (std::int64_t r = 0; r < rows; ++r) mean += x[r * c_end + c];
      mean /= wide(rows);
      for (std::int64_t r = 0; r < rows; ++r)
        squares += (x[r * c_end + c] - mean) * (x[r * c_end + c] - mean);
      const wide rstd = wide(1) / sqrt(squares / wide(rows) + eps);
      for (std::int64_t r = 0; r < rows; ++r)
        y[r * c_end + c] = static_cast<T>((x[r * c_end + c] - mean) * rstd * gamma[c] + beta[c]);
      if (means) means[c] = static_cast<T>(mean);
      if (rstds) rstds[c] = static_cast<T>(rstd);
      if (variances) variances[c] = static_cast<T>(squares / wide(rows > 1 ? rows - 1 : 1));
    }
  }
};

template <>
struct kernel<"batch_norm_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *dy = a.in<T>(0), *x = a.in<T>(1), *gamma = a.in<T>(2);
    const T *mean = a.in<T>(3), *rstd = a.in<T>(4);
    T* dx = a.out<T>(0);
    const std::int64_t rows = detail::row_count(a.inputs[1]), c_end = a.in_shape(1).last();
    for (std::int64_t c = 0; c < c_end; ++c) {
      const auto h = [&](std::int64_t r) {
        return (wide(x[r * c_end + c]) - wide(mean[c])) * wide(rstd[c]);
      };
      wide dgamma(0), dbeta(0);
      for (std::int64_t r = 0; r < rows; ++r) {
        dgamma += dy[r * c_end + c] * h(r);
        dbeta += dy[r * c_end + c];
      }
      if (dx)
        for (std::int64_t r = 0; r < rows; ++r)
          dx[r * c_end + c] =
              static_cast<T>(wide(gamma[c]) * wide(rstd[c]) *
                             (dy[r * c_end + c] - dbeta / wide(rows) - h(r) * dgamma / wide(rows)));
      if (a.out<T>(1)) detail::put<T>(a.outputs[1], c, dgamma);
      if (a.out<T>(2)) detail::put<T>(a.outputs[2], c, dbeta);
    }
  }
};

template <>
struct kernel<"batch_norm_inference", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    const T *x = a.in<T>(0), *gamma = a.in<T>(1), *beta = a.in<T>(2);
    const T *mean = a.in<T>(3), *variance = a.in<T>(4);
    T* y = a.out<T>(0);
    const wide eps(a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[0]), c_end = a.in_shape(0).last();
    for (std::int64_t c = 0; c < c_end; ++c) {
      const wide rstd = wide(1) / sqrt(variance[c] + eps);
      for (std::int64_t r = 0; r < rows; ++r)
        y[r * c_end + c] =
            static_cast<T>((wide(x[r * c_end + c]) - wide(mean[c])) * rstd * gamma[c] + beta[c]);
    }
  }
};

template <>
struct kernel<"batch_norm_inference_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    const T *dy = a.in<T>(0), *x = a.in<T>(1), *gamma = a.in<T>(2);
    const T *mean = a.in<T>(3), *variance = a.in<T>(4);
    T* dx = a.out<T>(0);
    const wide eps(a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[1]), c_end = a.in_shape(1).last();
    for (std::int64_t c = 0; c < c_end; ++c) {
      const wide rstd = wide(1) / sqrt(variance[c] + eps);
      wide dgamma(0), dbeta(0);
      for (std::int64_t r = 0; r < rows; ++r) {
        const wide g(dy[r * c_end + c]);
        dgamma += g * (wide(x[r * c_end + c]) - wide(mean[c])) * rstd;
        dbeta += g;
        if (dx) dx[r * c_end + c] = static_cast<T>(g * gamma[c] * rstd);
      }
      if (a.out<T>(1)) detail::put<T>(a.outputs[1], c, dgamma);
      if (a.out<T>(2)) detail::put<T>(a.outputs[2], c, dbeta);
    }
  }
};

template <>
struct kernel<"update_running", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T* statistic = a.in<T>(0);
    T* state = a.out<T>(0);
    const double m = a.settings[0];
    for (std::int64_t c = 0; c < a.out_count(0); ++c)
      state[c] = static_cast<T>(wide(1 - m) * state[c] + wide(m) * statistic[c]);
  }
};

}  // namespace tessera::inline v0
