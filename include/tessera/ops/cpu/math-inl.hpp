// Vector exp, erf, GELU and loads of a few floats, for every target (see targets.hpp). Let d be
// hn::ScalableTag<float>.
//     vector_exp(d, x)              relative error < 2e-7 where exp(x) is a normal float, 0 below
//                                   -87.33, infinity above 88.72, NaN for NaN
//     vector_erf(d, x)              absolute error < 4e-7
//     vector_gelu(d, x)             x Phi(x),           Phi(x) = (1 + erf(x / sqrt 2)) / 2
//     vector_gelu_derivative(d, x)  Phi(x) + x phi(x),  phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
//                                   both to 1e-6, absolute up to 1 and relative above
//     load_n, load_n_or, store_n    the first n <= Lanes(d) floats; the others are never touched
// and over arrays, y[i] = f(x[i]), i < n, y may be x: map_exp, map_erf, map_gelu,
// map_gelu_derivative; array_max, -infinity for n = 0, unspecified if x holds NaN.
#if defined(TESSERA_CPU_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CPU_MATH_INL
#undef TESSERA_CPU_MATH_INL
#else
#define TESSERA_CPU_MATH_INL
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "tessera/ops/cpu/isa_namespace.hpp"

HWY_BEFORE_NAMESPACE();
namespace tessera::inline v0 {
namespace cpu_kernels {
namespace TESSERA_CPU_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2, exp(r) = 1 + r + r^2 q(r). ln 2 is
// subtracted in two parts, the first short enough for n times it to be exact. q: Chebyshev fit of
// degree 4, error of exp(r) 8e-9. 2^n is added to the exponent's bits, which also holds at n = 128.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_exp(D d, V x) {
  const hn::Rebind<std::int32_t, D> di;
  const V low = hn::Set(d, -87.336540f), high = hn::Set(d, 88.722835f);
  const V inside = hn::Min(hn::Max(x, low), high);
  const auto n = hn::NearestInt(hn::Mul(inside, hn::Set(d, 1.44269504f)));
  const V nf = hn::ConvertTo(d, n);
  V r = hn::NegMulAdd(nf, hn::Set(d, 0.693359375f), inside);
  r = hn::NegMulAdd(nf, hn::Set(d, -2.12194440e-4f), r);
  V q = hn::MulAdd(hn::Set(d, 1.39263256e-3f), r, hn::Set(d, 8.36329275e-3f));
  q = hn::MulAdd(q, r, hn::Set(d, 4.16665538e-2f));
  q = hn::MulAdd(q, r, hn::Set(d, 0.166665763f));
  q = hn::MulAdd(q, r, hn::Set(d, 0.5f));
  const V p = hn::Add(hn::MulAdd(hn::Mul(r, r), q, r), hn::Set(d, 1.0f));
  V y = hn::BitCast(d, hn::Add(hn::BitCast(di, p), hn::ShiftLeft<23>(n)));
  y = hn::IfThenZeroElse(hn::Lt(x, low), y);
  y = hn::IfThenElse(hn::Gt(x, high), hn::Inf(d), y);
  return hn::IfThenElse(hn::Eq(x, x), y, x);
}

// x P(x^2) / Q(x^2) on [-4, 4], a fit of degrees 5 and 5 with error 2.2e-8; +-1 beyond, where erf
// differs from it by 1.6e-8.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_erf(D d, V x) {
  const V u = hn::Min(hn::Mul(x, x), hn::Set(d, 16.0f));
  V p = hn::MulAdd(hn::Set(d, 1.97485395e-6f), u, hn::Set(d, 2.88021667e-4f));
  V q = hn::MulAdd(hn::Set(d, 3.74800519e-5f), u, hn::Set(d, 1.21620376e-3f));
  p = hn::MulAdd(p, u, hn::Set(d, 4.00305880e-3f));
  q = hn::MulAdd(q, u, hn::Set(d, 1.54432784e-2f));
  p = hn::MulAdd(p, u, hn::Set(d, 5.34657155e-2f));
  q = hn::MulAdd(q, u, hn::Set(d, 0.116471058f));
  p = hn::MulAdd(p, u, hn::Set(d, 0.196236162f));
  q = hn::MulAdd(q, u, hn::Set(d, 0.507240937f));
  p = hn::MulAdd(p, u, hn::Set(d, 1.12837898f));
  q = hn::MulAdd(q, u, hn::Set(d, 1.0f));
  const V one = hn::Set(d, 1.0f);
  const V y = hn::Div(hn::Mul(x, p), q);
  return hn::IfThenElse(hn::Ge(hn::Abs(x), hn::Set(d, 4.0f)), hn::CopySign(one, x), y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_normal_cdf(D d, V x) {
  const V half = hn::Set(d, 0.5f);
  return hn::MulAdd(half, vector_erf(d, hn::Mul(x, hn::Set(d, 0.707106781f))), half);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_gelu(D d, V x) {
  return hn::Mul(x, vector_normal_cdf(d, x));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_gelu_derivative(D d, V x) {
  const V density =
      hn::Mul(vector_exp(d, hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5f))), hn::Set(d, 0.398942280f));
  return hn::MulAdd(x, density, vector_normal_cdf(d, x));
}

// On AVX2, too, the masked accesses of 32-bit lanes leave the other lanes' memory alone.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V load_n_or(D d, const float* from, std::size_t n, float otherwise) {
#if HWY_TARGET == HWY_AVX2 || !HWY_MEM_OPS_MIGHT_FAULT
  const auto mask = hn::FirstN(d, n);
  return hn::IfThenElse(mask, hn::MaskedLoad(mask, d, from), hn::Set(d, otherwise));
#else
  HWY_ALIGN float lanes[HWY_LANES(float)];
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = i < n ? from[i] : otherwise;
  return hn::Load(d, lanes);
#endif
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V load_n(D d, const float* from, std::size_t n) {
#if HWY_TARGET == HWY_AVX2 || !HWY_MEM_OPS_MIGHT_FAULT
  return hn::MaskedLoad(hn::FirstN(d, n), d, from);
#else
  return load_n_or(d, from, n, 0.0f);
#endif
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE void store_n(D d, V v, float* to, std::size_t n) {
#if HWY_TARGET == HWY_AVX2 || !HWY_MEM_OPS_MIGHT_FAULT
  hn::BlendedStore(v, hn::FirstN(d, n), d, to);
#else
  HWY_ALIGN float lanes[HWY_LANES(float)];
  hn::Store(v, d, lanes);
  for (std::size_t i = 0; i < n && i < hn::Lanes(d); ++i) to[i] = lanes[i];
#endif
}

struct exp_function {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return vector_exp(d, x);
  }
};
struct erf_function {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return vector_erf(d, x);
  }
};
struct gelu_function {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return vector_gelu(d, x);
  }
};
struct gelu_derivative_function {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return vector_gelu_derivative(d, x);
  }
};

template <class F>
HWY_INLINE void map(F f, const float* x, float* y, std::size_t n) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(d, hn::LoadU(d, x + i)), d, y + i);
  if (i < n) store_n(d, f(d, load_n(d, x + i, n - i)), y + i, n - i);
}

inline void map_exp(const float* x, float* y, std::size_t n) { map(exp_function(), x, y, n); }
inline void map_erf(const float* x, float* y, std::size_t n) { map(erf_function(), x, y, n); }
inline void map_gelu(const float* x, float* y, std::size_t n) { map(gelu_function(), x, y, n); }
inline void map_gelu_derivative(const float* x, float* y, std::size_t n) {
  map(gelu_derivative_function(), x, y, n);
}

inline float array_max(const float* x, std::size_t n) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  auto most = hn::Neg(hn::Inf(d));
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) most = hn::Max(most, hn::LoadU(d, x + i));
  if (i < n) most = hn::Max(most, load_n_or(d, x + i, n - i, -__builtin_inff()));
  HWY_ALIGN float lane[HWY_LANES(float)];  // MaxOfLanes of EMU128 knows no -infinity
  hn::Store(most, d, lane);
  float max = lane[0];
  for (i = 1; i < lanes; ++i) max = lane[i] > max ? lane[i] : max;
  return max;
}

}  // namespace TESSERA_CPU_NAMESPACE
}  // namespace cpu_kernels
}  // namespace tessera::inline v0
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CPU_MATH_INL
