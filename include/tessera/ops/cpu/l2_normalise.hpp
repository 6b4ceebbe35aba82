#pragma once
// l2_normalise and its gradient (contract: ops/l2_normalise.hpp).

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <>
struct kernel<"l2_normalise"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, unit_rows);
    const std::int64_t n = a.in_shape(0).last();
    float* inverses = a.out<float>(1);
    over_rows(a.pool, rows_in(a.inputs[0]), n, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(0) + first * n, last - first, n, static_cast<float>(a.settings[0]),
        a.out<float>(0) + first * n, inverses == nullptr ? nullptr : inverses + first);
    });
  }
};
template <>
struct kernel<"l2_normalise_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, unit_gradient_rows);
    const std::int64_t n = a.in_shape(1).last();
    over_rows(a.pool, rows_in(a.inputs[1]), n, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(0) + first * n, a.in<float>(1) + first * n, a.in<float>(2) + first,
        last - first, n, static_cast<float>(1 / a.settings[0]), a.out<float>(0) + first * n);
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
