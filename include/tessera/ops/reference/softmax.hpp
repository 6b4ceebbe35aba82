#pragma once
// Loops of softmax, log_softmax and their gradients, a row at a time.

#include <cmath>

#include "tessera/ops/reference/support.hpp"
#include "tessera/ops/softmax.hpp"

namespace tessera::inline v0 {

namespace detail {

// The largest of a row, and sum_k exp((x_k - largest) / temperature).
template <class T>
struct exp_sum {
  accumulator_t<T> largest, sum;

  exp_sum(const T* x, std::int64_t count, double temperature) : largest(x[0]), sum(0) {
    using std::exp;
    using wide = accumulator_t<T>;
    for (std::int64_t k = 1; k < count; ++k)
      if (x[k] > largest) largest = wide(x[k]);
    for (std::int64_t k = 0; k < count; ++k) sum += exp((x[k] - largest) / wide(temperature));
  }
};

}  // namespace detail

template <>
struct kernel<"softmax", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const double temperature = detail::checked_positive("softmax", "a temperature", a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[0]), width = a.in_shape(0).last();
    for (std::int64_t r = 0; r < rows; ++r) {
      const T* x = a.in<T>(0) + r * width;
      T* y = a.out<T>(0) + r * width;
      const detail::exp_sum<T> s(x, width, temperature);
      for (std::int64_t k = 0; k < width; ++k)
        y[k] = static_cast<T>(exp((x[k] - s.largest) / wide(temperature)) / s.sum);
    }
  }
};

template <>
struct kernel<"softmax_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const wide temperature(a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[1]), width = a.in_shape(1).last();
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *dy = a.in<T>(0) + r * width, *y = a.in<T>(1) + r * width;
      T* dx = a.out<T>(0) + r * width;
      const wide along = detail::dot(y, dy, width);
      for (std::int64_t k = 0; k < width; ++k)
        dx[k] = static_cast<T>(wide(y[k]) * (wide(dy[k]) - along) / temperature);
    }
  }
};

template <>
struct kernel<"log_softmax", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::log;
    using wide = detail::accumulator_t<T>;
    const double temperature =
        detail::checked_positive("log_softmax", "a temperature", a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[0]), width = a.in_shape(0).last();
    for (std::int64_t r = 0; r < rows; ++r) {
      const T* x = a.in<T>(0) + r * width;
      T* y = a.out<T>(0) + r * width;
      const detail::exp_sum<T> s(x, width, temperature);
      const wide log_sum = log(s.sum);
      for (std::int64_t k = 0; k < width; ++k)
        y[k] = static_cast<T>((x[k] - s.largest) / wide(temperature) - log_sum);
    }
  }
};

template <>
struct kernel<"log_softmax_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const wide temperature(a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[1]), width = a.in_shape(1).last();
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *dy = a.in<T>(0) + r * width, *y = a.in<T>(1) + r * width;
      T* dx = a.out<T>(0) + r * width;
      wide sum(0);
      for (std::int64_t k = 0; k < width; ++k) sum += wide(dy[k]);
      for (std::int64_t k = 0; k < width; ++k)
        dx[k] = static_cast<T>((wide(dy[k]) - exp(wide(y[k])) * sum) / temperature);
    }
  }
};

}  // namespace tessera::inline v0
