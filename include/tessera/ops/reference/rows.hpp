#pragma once
// Loops of the ops that move rows. x (S, N, D), S samples.

#include "tessera/ops/reference/support.hpp"
#include "tessera/ops/rows.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"slice_rows", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0) + std::int64_t(a.attr.a) * a.in_shape(0).last();
    T* y = a.out<T>(0);
    const std::int64_t in = a.in_shape(0).per_sample(), out = a.out_shape(0).per_sample();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t i = 0; i < out; ++i) y[s * out + i] = x[s * in + i];
  }
};

template <>
struct kernel<"pad_rows", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t first = std::int64_t(a.attr.a) * a.in_shape(0).last();
    const std::int64_t in = a.in_shape(0).per_sample(), out = a.out_shape(0).per_sample();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    detail::fill(y, a.out_count(0), T(0));
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t i = 0; i < in; ++i) y[s * out + first + i] = x[s * in + i];
  }
};

template <>
struct kernel<"prepend_token", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T *x = a.in<T>(0), *token = a.in<T>(1);
    T* y = a.out<T>(0);
    const std::int64_t first = a.in_shape(1).count(1), in = a.in_shape(0).per_sample();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s, y += first + in) {
      for (std::int64_t c = 0; c < first; ++c) y[c] = token[c];
      for (std::int64_t i = 0; i < in; ++i) y[first + i] = x[s * in + i];
    }
  }
};

template <>
struct kernel<"prepend_rows", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T *x = a.in<T>(0), *head = a.in<T>(1);
    T* y = a.out<T>(0);
    const std::int64_t in = a.in_shape(0).per_sample(), first = a.in_shape(1).per_sample();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s, y += first + in) {
      for (std::int64_t i = 0; i < first; ++i) y[i] = head[s * first + i];
      for (std::int64_t i = 0; i < in; ++i) y[first + i] = x[s * in + i];
    }
  }
};

template <>
struct kernel<"add_position", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    const T* table = a.in<T>(1) + std::int64_t(a.attr.a) * a.in_shape(0).last();
    T* y = a.out<T>(0);
    const std::int64_t in = a.in_shape(0).per_sample();
    for (std::int64_t i = 0; i < a.in_count(0); ++i) y[i] = x[i] + table[i % in];
  }
};

template <>
struct kernel<"batch_sum", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    const std::int64_t width = a.in_shape(0).last(), in = a.in_shape(0).per_sample();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    const std::int64_t from = a.attr.a * width, to = a.attr.c * width, size = a.attr.b * width;
    for (std::int64_t i = 0; i < a.out_count(0); ++i) {
      detail::accumulator_t<T> sum(0);
      if (i >= to && i < to + size)
        for (std::int64_t s = 0; s < samples; ++s) sum += x[s * in + from + i - to];
      detail::put<T>(a.outputs[0], i, sum);
    }
  }
};

template <>
struct kernel<"mean_rows", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t rows = a.in_shape(0).dims[0], width = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t c = 0; c < width; ++c) {
        wide sum(0);
        for (std::int64_t n = a.attr.a; n < rows; ++n) sum += x[(s * rows + n) * width + c];
        y[s * width + c] = static_cast<T>(sum / wide(rows - a.attr.a));
      }
  }
};

template <>
struct kernel<"spread_rows", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t first = a.attr.a, rows = a.attr.b, width = a.in_shape(0).last();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t n = 0; n < rows; ++n)
        for (std::int64_t c = 0; c < width; ++c)
          y[(s * rows + n) * width + c] =
              n < first ? T(0) : static_cast<T>(wide(x[s * width + c]) / wide(rows - first));
  }
};

}  // namespace tessera::inline v0
