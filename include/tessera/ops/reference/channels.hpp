#pragma once
// Loops of the ops along channels. x (R, C), R counts all rows.

#include "tessera/ops/channels.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"scale_channels", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T *x = a.in<T>(0), *gamma = a.in<T>(1);
    T* y = a.out<T>(0);
    const std::int64_t channels = a.in_shape(0).last();
    for (std::int64_t i = 0; i < a.out_count(0); ++i) y[i] = x[i] * gamma[i % channels];
  }
};

template <>
struct kernel<"scale_channels_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *dy = a.in<T>(0), *x = a.in<T>(1);
    const std::int64_t rows = detail::row_count(a.inputs[0]), channels = a.in_shape(0).last();
    for (std::int64_t c = 0; c < channels; ++c) {
      wide sum(0);
      for (std::int64_t r = 0; r < rows; ++r)
        sum += wide(dy[r * channels + c]) * wide(x[r * channels + c]);
      detail::put<T>(a.outputs[0], c, sum);
    }
  }
};

template <>
struct kernel<"slice_channels", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0) + a.attr.a;
    T* y = a.out<T>(0);
    const std::int64_t rows = detail::row_count(a.inputs[0]);
    const std::int64_t in = a.in_shape(0).last(), out = a.out_shape(0).last();
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < out; ++c) y[r * out + c] = x[r * in + c];
  }
};

template <>
struct kernel<"pad_channels", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t rows = detail::row_count(a.inputs[0]), first = a.attr.a;
    const std::int64_t in = a.in_shape(0).last(), out = a.out_shape(0).last();
    detail::fill(y, a.out_count(0), T(0));
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t c = 0; c < in; ++c) y[r * out + first + c] = x[r * in + c];
  }
};

template <>
struct kernel<"concat_channels", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T *first = a.in<T>(0), *second = a.in<T>(1);
    T* y = a.out<T>(0);
    const std::int64_t rows = detail::row_count(a.inputs[0]);
    const std::int64_t c1 = a.in_shape(0).last(), c2 = a.in_shape(1).last();
    for (std::int64_t r = 0; r < rows; ++r) {
      for (std::int64_t c = 0; c < c1; ++c) *y++ = first[r * c1 + c];
      for (std::int64_t c = 0; c < c2; ++c) *y++ = second[r * c2 + c];
    }
  }
};

namespace detail {

// y[c] = f(x[c], mean_c, deviation_c) over images (S, C, pixels).
template <class T, class Function>
void each_channel(const arguments& a, Function f) {
  using wide = accumulator_t<T>;
  const T* x = a.in<T>(0);
  T* y = a.out<T>(0);
  const std::int64_t channels = a.in_shape(0).dims[0];
  const std::int64_t pixels = a.in_shape(0).per_sample() / channels;
  for (std::int64_t i = 0; i < a.out_count(0); ++i) {
    const double* setting = a.settings + i / pixels % channels % a.attr.a * 2;
    y[i] = static_cast<T>(f(wide(x[i]), wide(setting[0]), wide(setting[1])));
  }
}

}  // namespace detail

template <>
struct kernel<"normalise_channels", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::each_channel<T>(a, [](auto x, auto mean, auto deviation) {
      return (x - mean) / deviation;
    });
  }
};

template <>
struct kernel<"normalise_channels_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::each_channel<T>(a, [](auto dy, auto, auto deviation) { return dy / deviation; });
  }
};

}  // namespace tessera::inline v0
