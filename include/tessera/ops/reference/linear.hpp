#pragma once
// Loops of linear and its gradients. x (R, K), W (N, K), b (N), y (R, N); R counts all rows.

#include "tessera/ops/linear.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"linear", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T *x = a.in<T>(0), *w = a.in<T>(1), *bias = a.in<T>(2);
    T* y = a.out<T>(0);
    const std::int64_t rows = detail::row_count(a.inputs[0]);
    const std::int64_t n_out = a.out_shape(0).last(), n_in = a.in_shape(0).last();
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t n = 0; n < n_out; ++n) {
        auto sum = detail::dot(x + r * n_in, w + n * n_in, n_in);
        if (bias) sum += bias[n];
        y[r * n_out + n] = static_cast<T>(sum);
      }
  }
};

template <>
struct kernel<"linear_input_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *dy = a.in<T>(0), *w = a.in<T>(1);
    T* dx = a.out<T>(0);
    const std::int64_t rows = detail::row_count(a.inputs[0]);
    const std::int64_t n_out = a.in_shape(0).last(), n_in = a.out_shape(0).last();
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t k = 0; k < n_in; ++k) {
        wide sum(0);
        for (std::int64_t n = 0; n < n_out; ++n)
          sum += wide(dy[r * n_out + n]) * wide(w[n * n_in + k]);
        dx[r * n_in + k] = static_cast<T>(sum);
      }
  }
};

template <>
struct kernel<"linear_weight_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *dy = a.in<T>(0), *x = a.in<T>(1);
    const std::int64_t rows = detail::row_count(a.inputs[0]);
    const std::int64_t n_out = a.in_shape(0).last(), n_in = a.in_shape(1).last();
    for (std::int64_t n = 0; n < n_out; ++n) {
      if (a.out<T>(0))
        for (std::int64_t k = 0; k < n_in; ++k) {
          wide sum(0);
          for (std::int64_t r = 0; r < rows; ++r)
            sum += wide(dy[r * n_out + n]) * wide(x[r * n_in + k]);
          detail::put<T>(a.outputs[0], n * n_in + k, sum);
        }
      if (a.out<T>(1)) {
        wide sum(0);
        for (std::int64_t r = 0; r < rows; ++r) sum += dy[r * n_out + n];
        detail::put<T>(a.outputs[1], n, sum);
      }
    }
  }
};

}  // namespace tessera::inline v0
