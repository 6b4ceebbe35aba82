#pragma once
// adamw, a run of a slice at a time (contract: ops/update.hpp).

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <>
struct kernel<"adamw"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    slice_range whole;
    whole.size = a.out_count(0);
    const bool sliced = a.slice_count > 0;
    const slice_range* slices = sliced ? a.slices : &whole;
    for (int i = 0; i < (sliced ? a.slice_count : 1); ++i)
      if (slices[i].trained) update(a, slices[i], TESSERA_CPU_PICK(set, adamw_run));
  }

 private:
  template <class Run>
  static void update(const arguments& a, const slice_range& s, Run* run) {
    float* w = a.out<float>(0) + s.offset;
    const float* g = a.in<float>(1) + s.offset;
    float *m = static_cast<float*>(a.inputs[2].data) + s.offset,
          *v = static_cast<float*>(a.inputs[3].data) + s.offset;
    parallel(a.pool, s.size, elementwise_run, [&](std::int64_t first, std::int64_t last) {
      run(a.settings, static_cast<double>(s.lr_scale), s.decay, w + first, g + first, m + first,
          v + first, last - first);
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
