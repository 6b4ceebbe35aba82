#pragma once
// Loops of dice and its gradient. Logits (S, N, K): samples, cells, classes.

#include <cmath>

#include "tessera/ops/dice.hpp"
#include "tessera/ops/reference/losses.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"dice", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const std::int32_t* labels = a.in<std::int32_t>(1);
    T* log_sums = a.out<T>(1);
    const wide smooth(detail::checked_positive("dice", "a smoothing", a.settings[0]));
    const std::int64_t samples = detail::sample_count(a.inputs[0]), classes = a.in_shape(0).last();
    const std::int64_t cells = a.in_shape(0).per_sample() / classes;
    for (std::int64_t r = 0; r < samples * cells; ++r) {
      detail::checked("dice", labels[r], classes);
      log_sums[r] = static_cast<T>(detail::log_sum_exp(a.in<T>(0) + r * classes, classes));
    }
    wide loss(0);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* x = a.in<T>(0) + s * cells * classes;
      T *above = a.out<T>(2) + s * 2 * classes, *below = above + classes;
      for (std::int64_t k = 0; k < classes; ++k) {
        wide shared(0), seen(0), there(0);  // sum p y, sum p, sum y
        for (std::int64_t n = 0; n < cells; ++n) {
          const wide p = exp(wide(x[n * classes + k]) - wide(log_sums[s * cells + n]));
          seen += p;
          if (labels[s * cells + n] == k) shared += p, there += wide(1);
        }
        const wide numerator = wide(2) * shared + smooth, denominator = seen + there + smooth;
        loss += wide(1) - numerator / denominator;
        above[k] = static_cast<T>(numerator);
        below[k] = static_cast<T>(denominator);
      }
    }
    *a.out<T>(0) = static_cast<T>(loss / wide(samples * classes));
  }
};

template <>
struct kernel<"dice_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const std::int32_t* labels = a.in<std::int32_t>(2);
    const std::int64_t samples = detail::sample_count(a.inputs[1]), classes = a.in_shape(1).last();
    const std::int64_t cells = a.in_shape(1).per_sample() / classes;
    const wide up = wide(*a.in<T>(0)) / wide(samples * classes);
    for (std::int64_t r = 0; r < samples * cells; ++r) {
      const T *x = a.in<T>(1) + r * classes, *above = a.in<T>(4) + r / cells * 2 * classes;
      const T* below = above + classes;
      T* dx = a.out<T>(0) + r * classes;
      const wide log_sum(a.in<T>(3)[r]);
      const auto slope = [&](std::int64_t k) {
        const wide d(below[k]);
        return (wide(above[k]) / d - wide(labels[r] == k ? 2 : 0)) / d;
      };
      wide along(0);
      for (std::int64_t k = 0; k < classes; ++k) along += exp(wide(x[k]) - log_sum) * slope(k);
      for (std::int64_t k = 0; k < classes; ++k)
        dx[k] = static_cast<T>(up * exp(wide(x[k]) - log_sum) * (slope(k) - along));
    }
  }
};

}  // namespace tessera::inline v0
