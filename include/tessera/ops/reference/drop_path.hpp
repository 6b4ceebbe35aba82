#pragma once
// Loops of drop_path. x (S, ...): the k copies of the batch one after the other.

#include "tessera/ops/drop_path.hpp"
#include "tessera/ops/reference/support.hpp"
#include "tessera/tensor/philox.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"drop_path", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const double rate = a.settings[0];
    if (!(rate >= 0 && rate <= 1))
      throw error("drop_path", "a rate in [0, 1]", std::to_string(rate));
    const T* x = a.in<T>(0);
    T* y = a.out<T>(0);
    const std::int64_t size = a.in_shape(0).per_sample();
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s) {
      const std::int64_t row = a.batch > 0 ? s % a.batch : s, copy = a.batch > 0 ? s / a.batch : 0;
      const auto sample = static_cast<std::uint64_t>(a.samples ? a.samples[row] : row);
      const float u = uniform(a.seed, a.step, a.site, sample, static_cast<std::uint64_t>(copy));
      const bool kept = static_cast<double>(u) >= rate;
      for (std::int64_t i = s * size; i < (s + 1) * size; ++i)
        y[i] = kept ? static_cast<T>(wide(x[i]) / wide(1 - rate)) : T(0);
    }
  }
};

}  // namespace tessera::inline v0
