#pragma once
// inner_product  (y, u) -> sum y u over the whole batch; the gradient to y is u times what arrives:
// how a test sends a gradient of its choice into a graph. An op from outside the library.

#include "tessera/graph/op.hpp"
#include "tessera/ops/arguments.hpp"

template <>
struct tessera::op<"test.inner_product_gradient"> {  // (up, u) -> dy
  static constexpr void infer(graph& g, const node& n) { g.set(n, 0, shape(g.in_shape(n, 1))); }
};

template <>
struct tessera::op<"test.inner_product"> {
  static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 0).count(1), g.in_shape(n, 1).count(1));
    g.set(n, 0, {1, 0, 0, {}});
  }
  static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"test.inner_product_gradient">(g, {d.of(n), g.in(n, 1)}));
  }
};

template <>
struct tessera::kernel<"test.inner_product", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    T sum(0);
    for (std::int64_t i = 0; i < a.in_count(0); ++i) sum += a.in<T>(0)[i] * a.in<T>(1)[i];
    *a.out<T>(0) = sum;
  }
};

template <>
struct tessera::kernel<"test.inner_product_gradient", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    for (std::int64_t i = 0; i < a.in_count(1); ++i) a.out<T>(0)[i] = *a.in<T>(0) * a.in<T>(1)[i];
  }
};
