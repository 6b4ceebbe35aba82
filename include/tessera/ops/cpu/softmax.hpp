#pragma once
// softmax, log_softmax and their gradients (contract: ops/softmax.hpp), a task per few rows.

#include <limits>
#include <string>

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/reference/softmax.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

inline float softmax_scale(const arguments& a, const char* operation) {
  const double scale = 1 / detail::checked_positive(operation, "a temperature", a.settings[0]);
  if (!(scale <= std::numeric_limits<float>::max()))
    throw error(operation, "a temperature whose inverse is a float", std::to_string(1 / scale));
  return static_cast<float>(scale);
}
// f(x, rows, width, scale, y).
inline void run_softmax(const arguments& a, float scale,
                        void (*f)(const float*, std::int64_t, std::int64_t, float, float*)) {
  const std::int64_t n = a.in_shape(0).last();
  over_rows(a.pool, rows_in(a.inputs[0]), n, [&](std::int64_t first, std::int64_t last) {
    f(a.in<float>(0) + first * n, last - first, n, scale, a.out<float>(0) + first * n);
  });
}
// f(dy, y, rows, width, scale, dx).
inline void run_softmax_gradient(const arguments& a, float scale,
                                 void (*f)(const float*, const float*, std::int64_t, std::int64_t,
                                           float, float*)) {
  const std::int64_t n = a.in_shape(1).last();
  over_rows(a.pool, rows_in(a.inputs[1]), n, [&](std::int64_t first, std::int64_t last) {
    f(a.in<float>(0) + first * n, a.in<float>(1) + first * n, last - first, n, scale,
      a.out<float>(0) + first * n);
  });
}

template <>
struct kernel<"softmax"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_softmax(a, softmax_scale(a, "softmax"), TESSERA_CPU_PICK(set, softmax_from_rows));
  }
};
template <>
struct kernel<"softmax_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_softmax_gradient(a, softmax_scale(a, "softmax"),
                         TESSERA_CPU_PICK(set, softmax_gradient_rows));
  }
};
template <>
struct kernel<"log_softmax"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_softmax(a, softmax_scale(a, "log_softmax"), TESSERA_CPU_PICK(set, log_softmax_rows));
  }
};
template <>
struct kernel<"log_softmax_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    run_softmax_gradient(a, softmax_scale(a, "log_softmax"),
                         TESSERA_CPU_PICK(set, log_softmax_gradient_rows));
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
