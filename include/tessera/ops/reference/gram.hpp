#pragma once
// Loops of gram and its gradient. Channels and tokens change places: p and q run over the sides of
// G, r over what is summed.

#include "tessera/ops/gram.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

namespace detail {

// Of x (tokens, width): element (p, r) is x[p * side_step + r * sum_step].
struct gram_layout {
  std::int64_t samples, size, side, summed, side_step, sum_step;

  gram_layout(const operand& x, bool of_tokens)
      : samples(sample_count(x)), size(x.extent.per_sample()) {
    const std::int64_t width = x.extent.last(), tokens = size / width;
    side = of_tokens ? tokens : width;
    summed = of_tokens ? width : tokens;
    side_step = of_tokens ? width : 1;
    sum_step = of_tokens ? 1 : width;
  }
};

}  // namespace detail

template <>
struct kernel<"gram", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const detail::gram_layout l(a.inputs[0], a.attr.a == 1);
    for (std::int64_t s = 0; s < l.samples; ++s) {
      const T* x = a.in<T>(0) + s * l.size;
      T* y = a.out<T>(0) + s * l.side * l.side;
      for (std::int64_t p = 0; p < l.side; ++p)
        for (std::int64_t q = p; q < l.side; ++q) {
          wide sum(0);
          for (std::int64_t r = 0; r < l.summed; ++r)
            sum += wide(x[p * l.side_step + r * l.sum_step]) *
                   wide(x[q * l.side_step + r * l.sum_step]);
          y[p * l.side + q] = y[q * l.side + p] = static_cast<T>(sum);
        }
    }
  }
};

template <>
struct kernel<"gram_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const detail::gram_layout l(a.inputs[1], a.attr.a == 1);
    for (std::int64_t s = 0; s < l.samples; ++s) {
      const T *dy = a.in<T>(0) + s * l.side * l.side, *x = a.in<T>(1) + s * l.size;
      T* dx = a.out<T>(0) + s * l.size;
      for (std::int64_t p = 0; p < l.side; ++p)
        for (std::int64_t r = 0; r < l.summed; ++r) {
          wide sum(0);
          for (std::int64_t q = 0; q < l.side; ++q)
            sum += (wide(dy[p * l.side + q]) + wide(dy[q * l.side + p])) *
                   wide(x[q * l.side_step + r * l.sum_step]);
          dx[p * l.side_step + r * l.sum_step] = static_cast<T>(sum);
        }
    }
  }
};

}  // namespace tessera::inline v0
