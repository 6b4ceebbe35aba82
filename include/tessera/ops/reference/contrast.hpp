#pragma once
// Loops of cosine_distance, info_nce and their gradients. The up gradient is a scalar.

#include <cmath>

#include "tessera/ops/contrast.hpp"
#include "tessera/ops/reference/softmax.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

namespace detail {

// 1 / max(||x||, eps).
template <class T>
accumulator_t<T> inverse_length(const T* x, std::int64_t count, double eps) {
  using std::sqrt;
  using wide = accumulator_t<T>;
  const wide squares = dot(x, x, count);
  return squares > wide(eps * eps) ? wide(1) / sqrt(squares) : wide(1 / eps);
}

// log sum_k exp(x_k), x_k `step` apart, the largest taken out first.
template <class T>
accumulator_t<T> spread_log_sum_exp(const T* x, std::int64_t count, std::int64_t step) {
  using std::exp, std::log;
  using wide = accumulator_t<T>;
  wide largest(x[0]), sum(0);
  for (std::int64_t k = 1; k < count; ++k)
    if (x[k * step] > largest) largest = wide(x[k * step]);
  for (std::int64_t k = 0; k < count; ++k) sum += exp(x[k * step] - largest);
  return largest + log(sum);
}

}  // namespace detail

template <>
struct kernel<"cosine_distance", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const double eps = detail::checked_positive("cosine_distance", "an eps", a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[0]), width = a.in_shape(0).last();
    wide loss(0);
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *x = a.in<T>(0) + r * width, *y = a.in<T>(1) + r * width;
      loss += wide(1) - detail::dot(x, y, width) * detail::inverse_length(x, width, eps) *
                            detail::inverse_length(y, width, eps);
    }
    *a.out<T>(0) = static_cast<T>(loss / wide(rows));
  }
};

template <>
struct kernel<"cosine_distance_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const double eps = a.settings[0];
    const std::int64_t rows = detail::row_count(a.inputs[1]), width = a.in_shape(1).last();
    const wide up = wide(*a.in<T>(0)) / wide(rows);
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *x = a.in<T>(1) + r * width, *y = a.in<T>(2) + r * width;
      T* dx = a.out<T>(0) + r * width;
      const wide x_inverse = detail::inverse_length(x, width, eps);
      const wide y_inverse = detail::inverse_length(y, width, eps);
      wide along(0);  // cos / ||x||
      if (x_inverse < wide(1 / eps))
        along = detail::dot(x, y, width) * x_inverse * x_inverse * y_inverse;
      for (std::int64_t i = 0; i < width; ++i)
        dx[i] = static_cast<T>(up * x_inverse * (along * wide(x[i]) - y_inverse * wide(y[i])));
    }
  }
};

template <>
struct kernel<"info_nce", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const wide temperature(detail::checked_positive("info_nce", "a temperature", a.settings[0]));
    const bool both = a.attr.a == 1;
    const std::int64_t rows = detail::row_count(a.inputs[0]), width = a.in_shape(0).last();
    T *logits = a.out<T>(1), *sums = a.out<T>(2);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < rows; ++j)
        logits[i * rows + j] = static_cast<T>(
            detail::dot(a.in<T>(0) + i * width, a.in<T>(1) + j * width, width) / temperature);
    const wide share(both ? 0.5 : 1.0);
    wide loss(0);
    for (std::int64_t i = 0; i < rows; ++i) {
      const wide row = detail::spread_log_sum_exp(logits + i * rows, rows, 1);
      const wide column = both ? detail::spread_log_sum_exp(logits + i, rows, rows) : wide(0);
      const wide own(logits[i * rows + i]);
      loss += both ? share * (row - own) + share * (column - own) : row - own;
      sums[2 * i] = static_cast<T>(row);
      sums[2 * i + 1] = static_cast<T>(column);
    }
    *a.out<T>(0) = static_cast<T>(loss / wide(rows));
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < rows; ++j) {
        T& l = logits[i * rows + j];  // becomes dl
        wide slope = share * exp(wide(l) - wide(sums[2 * i]));
        if (both) slope += share * exp(wide(l) - wide(sums[2 * j + 1]));
        l = static_cast<T>((slope - wide(i == j ? 1 : 0)) / wide(rows));
      }
  }
};

template <>
struct kernel<"info_nce_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const std::int64_t rows = detail::row_count(a.inputs[1]), width = a.in_shape(1).last();
    const wide up = wide(*a.in<T>(0)) / wide(a.settings[0]);
    const T *q = a.in<T>(1), *k = a.in<T>(2), *slopes = a.in<T>(3);
    T *dq = a.out<T>(0), *dk = a.out<T>(1);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t c = 0; c < width; ++c) {
        wide to_query(0), to_key(0);
        for (std::int64_t j = 0; dq && j < rows; ++j)
          to_query += wide(slopes[i * rows + j]) * wide(k[j * width + c]);
        for (std::int64_t j = 0; dk && j < rows; ++j)
          to_key += wide(slopes[j * rows + i]) * wide(q[j * width + c]);
        if (dq) dq[i * width + c] = static_cast<T>(up * to_query);
        if (dk) dk[i * width + c] = static_cast<T>(up * to_key);
      }
  }
};

}  // namespace tessera::inline v0
