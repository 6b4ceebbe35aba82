// layer_norm and its gradient, a row at a time; C = key.a.
#if defined(TESSERA_CPU_LAYER_NORM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CPU_LAYER_NORM_INL
#undef TESSERA_CPU_LAYER_NORM_INL
#else
#define TESSERA_CPU_LAYER_NORM_INL
#endif

#include <hwy/highway.h>

#include "tessera/ops/cpu/elementwise-inl.hpp"
#include "tessera/ops/cpu/kernel-inl.hpp"
#include "tessera/ops/cpu/isa_namespace.hpp"

HWY_BEFORE_NAMESPACE();
namespace tessera::inline v0 {
namespace cpu_kernels {
namespace TESSERA_CPU_NAMESPACE {

// The sum over i < n of f(i-th vectors), lanes added in a fixed order.
template <class F, class... X>
HWY_INLINE float reduce(const F& f, std::int64_t n, const X*... x) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto sum = hn::Zero(d), more = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    sum = hn::Add(sum, f(d, hn::LoadU(d, x + i)...));
    more = hn::Add(more, f(d, hn::LoadU(d, x + i + lanes)...));
  }
  for (; i + lanes <= n; i += lanes) sum = hn::Add(sum, f(d, hn::LoadU(d, x + i)...));
  float total = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum, more)));
  if (i < n) {
    const auto rest = static_cast<std::size_t>(n - i);
    const auto last = f(d, load_n(d, x + i, rest)...);
    HWY_ALIGN float lane[HWY_LANES(float)];
    hn::Store(last, d, lane);
    for (std::size_t j = 0; j < rest; ++j) total += lane[j];
  }
  return total;
}

struct identity_vector {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x) const {
    return x;
  }
};
struct product_vectors {
  template <class D, class V>
  HWY_INLINE V operator()(D, V x, V y) const {
    return hn::Mul(x, y);
  }
};
struct squared_distance {
  float mean;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V e = hn::Sub(x, hn::Set(d, mean));
    return hn::Mul(e, e);
  }
};
struct normalise_vectors {
  float mean, rstd;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x, V gamma, V beta) const {
    const V h = hn::Mul(hn::Sub(x, hn::Set(d, mean)), hn::Set(d, rstd));
    return hn::MulAdd(h, gamma, beta);
  }
};
// g = dy gamma; then rstd (g - mean(g) - h mean(g h)), h = (x - mean) rstd.
struct upstream_product {
  float mean, rstd;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x, V gamma) const {
    const V h = hn::Mul(hn::Sub(x, hn::Set(d, mean)), hn::Set(d, rstd));
    return hn::Mul(hn::Mul(dy, gamma), h);
  }
};
struct input_gradient_vectors {
  float mean, rstd, mean_g, mean_gh;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x, V gamma) const {
    const V h = hn::Mul(hn::Sub(x, hn::Set(d, mean)), hn::Set(d, rstd));
    const V g = hn::Sub(hn::Mul(dy, gamma), hn::Set(d, mean_g));
    return hn::Mul(hn::Set(d, rstd), hn::NegMulAdd(h, hn::Set(d, mean_gh), g));
  }
};
struct gamma_gradient_vectors {  // sum + dy h
  float mean, rstd;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V sum, V dy, V x) const {
    const V h = hn::Mul(hn::Sub(x, hn::Set(d, mean)), hn::Set(d, rstd));
    return hn::MulAdd(dy, h, sum);
  }
};

template <>
struct kernel<"layer_norm"> {
  template <op_key Key>
  static void run(const arguments& a) {
    constexpr std::int64_t c = Key.a;
    const float *x = a.in<float>(0), *gamma = a.in<float>(1), *beta = a.in<float>(2);
    float *y = a.out<float>(0), *means = a.out<float>(1), *rstds = a.out<float>(2);
    const auto eps = static_cast<float>(a.settings[0]);
    parallel(a.pool, rows_in(a.inputs[0]), 1 + elementwise_run / c,
             [&](std::int64_t first, std::int64_t last) HWY_ATTR {
               for (std::int64_t r = first; r < last; ++r) {
                 const float* row = x + r * c;
                 const float mean = reduce(identity_vector(), c, row) / static_cast<float>(c);
                 const float var =
                     reduce(squared_distance{mean}, c, row) / static_cast<float>(c);
                 const float rstd = 1.0f / __builtin_sqrtf(var + eps);
                 zip(normalise_vectors{mean, rstd}, y + r * c, c, row, gamma, beta);
                 if (means != nullptr) means[r] = mean;
                 if (rstds != nullptr) rstds[r] = rstd;
               }
             });
  }
};

template <>
struct kernel<"layer_norm_gradient"> {
  template <op_key Key>
  static void run(const arguments& a) {
    constexpr std::int64_t c = Key.a;
    const float *dy = a.in<float>(0), *x = a.in<float>(1), *gamma = a.in<float>(2);
    const float *means = a.in<float>(3), *rstds = a.in<float>(4);
    const std::int64_t rows = rows_in(a.inputs[0]);
    if (float* dx = a.out<float>(0); dx != nullptr)
      parallel(a.pool, rows, 1 + elementwise_run / c,
               [&](std::int64_t first, std::int64_t last) HWY_ATTR {
                 for (std::int64_t r = first; r < last; ++r) {
                   const float *g = dy + r * c, *row = x + r * c;
                   const float mean = means[r], rstd = rstds[r];
                   const float mean_g =
                       reduce(product_vectors(), c, g, gamma) / static_cast<float>(c);
                   const float mean_gh =
                       reduce(upstream_product{mean, rstd}, c, g, row, gamma) /
                       static_cast<float>(c);
                   zip(input_gradient_vectors{mean, rstd, mean_g, mean_gh}, dx + r * c, c, g, row,
                       gamma);
                 }
               });
    float *dgamma = a.out<float>(1), *dbeta = a.out<float>(2);
    if (dgamma == nullptr && dbeta == nullptr) return;
    float sums[2 * c];
    sum_rows(
        a.pool, rows, 2 * c,
        [&](std::int64_t r, float* mine) HWY_ATTR {
          zip(gamma_gradient_vectors{means[r], rstds[r]}, mine, c, static_cast<const float*>(mine),
              dy + r * c, x + r * c);
          zip(add_vectors(), mine + c, c, static_cast<const float*>(mine + c), dy + r * c);
        },
        sums);
    for (std::int64_t i = 0; i < c; ++i) {
      if (dgamma != nullptr) dgamma[i] = sums[i] + (a.outputs[1].accumulate ? dgamma[i] : 0);
      if (dbeta != nullptr) dbeta[i] = sums[c + i] + (a.outputs[2].accumulate ? dbeta[i] : 0);
    }
  }
};

}  // namespace TESSERA_CPU_NAMESPACE
}  // namespace cpu_kernels
}  // namespace tessera::inline v0
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CPU_LAYER_NORM_INL
