// Elementwise ops: add, accumulate, scale, constant, gelu and its gradient.
#if defined(TESSERA_CPU_ELEMENTWISE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CPU_ELEMENTWISE_INL
#undef TESSERA_CPU_ELEMENTWISE_INL
#else
#define TESSERA_CPU_ELEMENTWISE_INL
#endif

#include <hwy/highway.h>

#include "tessera/ops/cpu/kernel-inl.hpp"
#include "tessera/ops/cpu/isa_namespace.hpp"

HWY_BEFORE_NAMESPACE();
namespace tessera::inline v0 {
namespace cpu_kernels {
namespace TESSERA_CPU_NAMESPACE {

struct add_vectors {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Add(a, b);
  }
};
struct same_vector {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a) const {
    return a;
  }
};
struct scale_vector {
  float s;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a) const {
    return hn::Mul(hn::Set(d, s), a);
  }
};
struct gelu_gradient_vectors {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    return hn::Mul(dy, vector_gelu_derivative(d, x));
  }
};

template <>
struct kernel<"add"> {
  template <op_key>
  static void run(const arguments& a) {
    parallel_zip(a.pool, add_vectors(), a.out<float>(0), a.out_count(0), a.in<float>(0),
                 a.in<float>(1));
  }
};
template <>
struct kernel<"accumulate"> {
  template <op_key>
  static void run(const arguments& a) {
    float* y = a.out<float>(0);
    if (a.outputs[0].accumulate)
      parallel_zip(a.pool, add_vectors(), y, a.out_count(0), static_cast<const float*>(y),
                   a.in<float>(0));
    else
      parallel_zip(a.pool, same_vector(), y, a.out_count(0), a.in<float>(0));
  }
};
template <>
struct kernel<"scale"> {
  template <op_key>
  static void run(const arguments& a) {
    parallel_zip(a.pool, scale_vector{static_cast<float>(a.settings[0])}, a.out<float>(0),
                 a.out_count(0), a.in<float>(0));
  }
};
template <>
struct kernel<"gelu"> {
  template <op_key>
  static void run(const arguments& a) {
    parallel_zip(a.pool, gelu_function(), a.out<float>(0), a.out_count(0), a.in<float>(0));
  }
};
template <>
struct kernel<"gelu_gradient"> {
  template <op_key>
  static void run(const arguments& a) {
    parallel_zip(a.pool, gelu_gradient_vectors(), a.out<float>(0), a.out_count(0), a.in<float>(0),
                 a.in<float>(1));
  }
};

}  // namespace TESSERA_CPU_NAMESPACE
}  // namespace cpu_kernels
}  // namespace tessera::inline v0
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CPU_ELEMENTWISE_INL
