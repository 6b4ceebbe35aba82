#pragma once
// Loops of relu and its gradient. NaN passes through.

#include "tessera/ops/reference/support.hpp"
#include "tessera/ops/relu.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"relu", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) y[i] = x[i] <= T(0) ? T(0) : x[i];
  }
};

template <>
struct kernel<"relu_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T *dy = a.in<T>(0), *y = a.in<T>(1);
    T* dx = a.out<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) dx[i] = y[i] > T(0) ? dy[i] : T(0);
  }
};

}  // namespace tessera::inline v0
