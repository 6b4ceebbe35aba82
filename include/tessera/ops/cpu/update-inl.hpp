// adamw, a run of a slice at a time (contract: ops/update.hpp).
#if defined(TESSERA_CPU_UPDATE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CPU_UPDATE_INL
#undef TESSERA_CPU_UPDATE_INL
#else
#define TESSERA_CPU_UPDATE_INL
#endif

#include <hwy/highway.h>

#include "tessera/ops/cpu/kernel-inl.hpp"
#include "tessera/ops/cpu/isa_namespace.hpp"

HWY_BEFORE_NAMESPACE();
namespace tessera::inline v0 {
namespace cpu_kernels {
namespace TESSERA_CPU_NAMESPACE {

template <>
struct kernel<"adamw"> {
  template <op_key>
  static void run(const arguments& a) {
    if (a.slice_count == 0) {
      slice_range whole;
      whole.size = a.out_count(0);
      return update(a, whole);
    }
    for (int i = 0; i < a.slice_count; ++i)
      if (a.slices[i].trained) update(a, a.slices[i]);
  }

 private:
  static void update(const arguments& a, const slice_range& s) {
    float* w = a.out<float>(0) + s.offset;
    const float* g = a.in<float>(1) + s.offset;
    float *m = static_cast<float*>(a.inputs[2].data) + s.offset,
          *v = static_cast<float*>(a.inputs[3].data) + s.offset;
    const double beta1 = a.settings[1], beta2 = a.settings[2], step = a.settings[5];
    const double rate = a.settings[0] * static_cast<double>(s.lr_scale);
    const auto b1 = static_cast<float>(beta1), b2 = static_cast<float>(beta2);
    const auto c1 = static_cast<float>(1 - beta1), c2 = static_cast<float>(1 - beta2);
    const auto shrink = static_cast<float>(s.decay ? 1 - rate * a.settings[4] : 1);
    const auto size = static_cast<float>(rate / (1 - __builtin_pow(beta1, step)));
    const auto root = static_cast<float>(1 / __builtin_sqrt(1 - __builtin_pow(beta2, step)));
    const auto eps = static_cast<float>(a.settings[3]);
    parallel(a.pool, s.size, elementwise_run, [&](std::int64_t first, std::int64_t last) HWY_ATTR {
      const hn::ScalableTag<float> d;
      const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
      for (std::int64_t i = first; i < last; i += lanes) {
        const auto n = static_cast<std::size_t>(least(lanes, last - i));
        const bool whole = n == hn::Lanes(d);
        const auto load = [&](const float* p) HWY_ATTR {
          return whole ? hn::LoadU(d, p + i) : load_n(d, p + i, n);
        };
        const auto gradient = load(g);
        const auto m1 = hn::MulAdd(hn::Set(d, b1), load(m), hn::Mul(hn::Set(d, c1), gradient));
        const auto v1 = hn::MulAdd(hn::Set(d, b2), load(v),
                                   hn::Mul(hn::Mul(hn::Set(d, c2), gradient), gradient));
        const auto below = hn::MulAdd(hn::Sqrt(v1), hn::Set(d, root), hn::Set(d, eps));
        const auto w1 = hn::NegMulAdd(hn::Set(d, size), hn::Div(m1, below),
                                      hn::Mul(hn::Set(d, shrink), load(w)));
        if (whole) {
          hn::StoreU(m1, d, m + i), hn::StoreU(v1, d, v + i), hn::StoreU(w1, d, w + i);
        } else {
          store_n(d, m1, m + i, n), store_n(d, v1, v + i, n), store_n(d, w1, w + i, n);
        }
      }
    });
  }
};

}  // namespace TESSERA_CPU_NAMESPACE
}  // namespace cpu_kernels
}  // namespace tessera::inline v0
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CPU_UPDATE_INL
