#pragma once
// Loops of l2_normalise and its gradient, a row at a time.

#include <cmath>

#include "tessera/ops/l2_normalise.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"l2_normalise", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::sqrt;
    using wide = detail::accumulator_t<T>;
    T* inverses = a.out<T>(1);
    const std::int64_t rows = detail::row_count(a.inputs[0]), width = a.in_shape(0).last();
    for (std::int64_t r = 0; r < rows; ++r) {
      const T* x = a.in<T>(0) + r * width;
      T* y = a.out<T>(0) + r * width;
      wide squares(0), inverse(1 / a.settings[0]);
      for (std::int64_t i = 0; i < width; ++i) squares += wide(x[i]) * wide(x[i]);
      if (squares > wide(a.settings[0] * a.settings[0])) inverse = wide(1) / sqrt(squares);
      for (std::int64_t i = 0; i < width; ++i) y[i] = static_cast<T>(inverse * x[i]);
      if (inverses) inverses[r] = static_cast<T>(inverse);
    }
  }
};

template <>
struct kernel<"l2_normalise_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const std::int64_t rows = detail::row_count(a.inputs[1]), width = a.in_shape(1).last();
    const T short_row = static_cast<T>(1 / a.settings[0]);
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *dy = a.in<T>(0) + r * width, *y = a.in<T>(1) + r * width;
      const T inverse = a.in<T>(2)[r];
      T* dx = a.out<T>(0) + r * width;
      wide along(0);
      if (inverse < short_row)
        for (std::int64_t i = 0; i < width; ++i) along += wide(y[i]) * wide(dy[i]);
      for (std::int64_t i = 0; i < width; ++i)
        dx[i] = static_cast<T>(wide(inverse) * (wide(dy[i]) - wide(y[i]) * along));
    }
  }
};

}  // namespace tessera::inline v0
