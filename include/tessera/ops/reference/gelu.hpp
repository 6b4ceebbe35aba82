#pragma once
// Loops of gelu and its gradient.

#include <cmath>

#include "tessera/ops/gelu.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

namespace detail {

// Phi(x). erfc would be exact far below 0 too, but dual numbers know erf only.
template <class T>
T normal_distribution(const T& x) {
  using std::erf;
  return T(0.5) * (T(1) + erf(x * T(0.70710678118654752440)));
}

}  // namespace detail

template <>
struct kernel<"gelu", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) {
      const wide v(x[i]);
      y[i] = static_cast<T>(v * detail::normal_distribution(v));
    }
  }
};

template <>
struct kernel<"gelu_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const T *dy = a.in<T>(0), *x = a.in<T>(1);
    T* dx = a.out<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) {
      const wide v(x[i]);
      const wide density = wide(0.39894228040143267794) * exp(wide(-0.5) * v * v);
      dx[i] = static_cast<T>(wide(dy[i]) * (detail::normal_distribution(v) + v * density));
    }
  }
};

}  // namespace tessera::inline v0
