#pragma once
// Loops of add and accumulate.

#include "tessera/ops/add.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

template <>
struct kernel<"add", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T *x = a.in<T>(0), *y = a.in<T>(1);
    T* sum = a.out<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) sum[i] = x[i] + y[i];
  }
};

template <>
struct kernel<"accumulate", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) detail::put<T>(a.outputs[0], i, x[i]);
  }
};

}  // namespace tessera::inline v0
