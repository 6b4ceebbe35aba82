#pragma once
// Loops of dropout. x (S, ...): the k copies of the batch one after the other.

#include "tessera/ops/dropout.hpp"
#include "tessera/ops/reference/support.hpp"
#include "tessera/tensor/philox.hpp"

namespace tessera::inline v0 {

namespace detail {

inline double checked_dropout(double p) {
  if (!(p >= 0 && p <= 1)) throw error("dropout", "p in [0, 1]", std::to_string(p));
  return p;
}

// Whose numbers the row `row` of all copies of the batch draws, and from which element on.
struct drawn_elements {
  std::uint64_t sample, first;
};
inline drawn_elements elements_of(const arguments& a, std::int64_t row, std::int64_t size) {
  const std::int64_t in_batch = a.batch > 0 ? row % a.batch : row;
  const std::int64_t copy = a.batch > 0 ? row / a.batch : 0;
  return {static_cast<std::uint64_t>(a.samples ? a.samples[in_batch] : in_batch),
          static_cast<std::uint64_t>(copy * size)};
}

}  // namespace detail

template <>
struct kernel<"dropout", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const double p = detail::checked_dropout(a.settings[0]);
    const std::int64_t size = a.in_shape(0).per_sample();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s) {
      const T* x = a.in<T>(0) + s * size;
      T* y = a.out<T>(0) + s * size;
      const detail::drawn_elements e = detail::elements_of(a, s, size);
      for (std::int64_t i = 0; i < size; ++i) {
        const float u =
            uniform(a.seed, a.step, a.site, e.sample, e.first + static_cast<std::uint64_t>(i));
        y[i] = static_cast<double>(u) >= p ? static_cast<T>(wide(x[i]) / wide(1 - p)) : T(0);
      }
    }
  }
};

}  // namespace tessera::inline v0
