#pragma once
// Loops of silu, quick_gelu, gelu_tanh and their gradients.

#include <cmath>

#include "tessera/ops/reference/support.hpp"
#include "tessera/ops/swish.hpp"

namespace tessera::inline v0 {

namespace detail {

// 1 / (1 + exp(-z)) by an exponential that cannot overflow.
template <class T>
T sigmoid(const T& z) {
  using std::exp;
  if (z > T(0)) return T(1) / (T(1) + exp(-z));
  const T e = exp(z);
  return e / (T(1) + e);
}

template <class T>
void run_swish(const arguments& a, const swish_form& f) {
  using wide = accumulator_t<T>;
  const T* x = a.in<T>(0);
  T* y = a.out<T>(0);
  for (std::int64_t i = 0; i < a.out_count(0); ++i) {
    const wide v(x[i]);
    y[i] = static_cast<T>(v * sigmoid(v * (wide(f.a) + wide(f.b) * v * v)));
  }
}
template <class T>
void run_swish_gradient(const arguments& a, const swish_form& f) {
  using wide = accumulator_t<T>;
  const T *dy = a.in<T>(0), *x = a.in<T>(1);
  T* dx = a.out<T>(0);
  for (std::int64_t i = 0; i < a.out_count(0); ++i) {
    const wide v(x[i]);
    const wide s = sigmoid(v * (wide(f.a) + wide(f.b) * v * v));
    const wide slope = wide(f.a) + wide(3 * f.b) * v * v;
    dx[i] = static_cast<T>(wide(dy[i]) * (s + v * s * (wide(1) - s) * slope));
  }
}

}  // namespace detail

template <>
struct kernel<"silu", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::run_swish<T>(a, detail::silu_form);
  }
};
template <>
struct kernel<"silu_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::run_swish_gradient<T>(a, detail::silu_form);
  }
};
template <>
struct kernel<"quick_gelu", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::run_swish<T>(a, detail::quick_gelu_form);
  }
};
template <>
struct kernel<"quick_gelu_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::run_swish_gradient<T>(a, detail::quick_gelu_form);
  }
};
template <>
struct kernel<"gelu_tanh", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::run_swish<T>(a, detail::gelu_tanh_form);
  }
};
template <>
struct kernel<"gelu_tanh_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::run_swish_gradient<T>(a, detail::gelu_tanh_form);
  }
};

}  // namespace tessera::inline v0
