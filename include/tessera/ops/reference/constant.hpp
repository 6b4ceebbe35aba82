#pragma once
// Loops of constant, scale and weighted_sum.

#include "tessera/ops/constant.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"constant", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::fill(a.out<T>(0), a.out_count(0), T(a.settings[0]));
  }
};

template <>
struct kernel<"scale", reference> {
  template <class T>
  static void run(const arguments& a) {
    const detail::accumulator_t<T> s(a.settings[0]);
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) y[i] = static_cast<T>(s * x[i]);
  }
};

template <>
struct kernel<"weighted_sum", reference> {
  template <class T>
  static void run(const arguments& a) {
    using sum_type = detail::accumulator_t<T>;
    T* y = a.out<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) {
      sum_type sum(0);
      for (int term = 0; term < a.input_count; ++term)
        sum += sum_type(a.settings[term]) * sum_type(a.in<T>(term)[i]);
      y[i] = static_cast<T>(sum);
    }
  }
};

}  // namespace tessera::inline v0
