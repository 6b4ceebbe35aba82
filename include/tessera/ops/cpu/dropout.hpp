#pragma once
// dropout (contract: ops/dropout.hpp). Samples have fewer than 2^34 elements, copies counted.

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/reference/dropout.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// u >= p where u = w 2^-24, w of 24 bits, and w >= threshold.
struct dropout_law {
  std::uint32_t threshold;
  float scale;

  explicit dropout_law(double p)
      : threshold(static_cast<std::uint32_t>(p * 0x1p24)), scale(static_cast<float>(1 / (1 - p))) {
    if (threshold < p * 0x1p24) ++threshold;
  }
};

template <>
struct kernel<"dropout"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, dropout_run);
    const dropout_law law(detail::checked_dropout(a.settings[0]));
    const std::int64_t size = a.in_shape(0).per_sample();
    parallel(a.pool, a.out_count(0), elementwise_run, [&](std::int64_t i, std::int64_t last) {
      while (i < last) {  // the part of each sample
        const std::int64_t s = i / size, end = least(last, (s + 1) * size);
        const detail::drawn_elements e = detail::elements_of(a, s, size);
        const philox_input in = philox_input_of(a.seed, a.step, a.site, e.sample, 0);
        f(a.out<float>(0) + i, end - i, a.in<float>(0) + i,
          static_cast<std::int64_t>(e.first) + i - s * size, in.counter, in.key, law.threshold,
          law.scale);
        i = end;
      }
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
