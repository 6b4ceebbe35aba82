#pragma once
// For files that instantiate CPU kernels: compiles every *-inl.hpp of this folder for the baseline
// (whatever the file is compiled for), AVX2 and AVX-512, without -march. Kernels live in
//     tessera::cpu_kernels::<target>       <target> = HWY_NAMESPACE: N_SCALAR, N_AVX2, N_AVX3, ...
// so that two instruction sets never share a symbol, and a function of the set of this process is
//     TESSERA_CPU_PICK(chosen_isa(), kernel<layer_norm>::template run<signature>)   // a pointer
// Only Highway's headers are needed, no library. Source: Highway 1.0.3, hwy/foreach_target.h.
//
// Must come before every other include of Highway in a file. A program may be linked from files
// with different -m options.

#if defined(HWY_HIGHWAY_INCLUDED) || defined(HIGHWAY_HWY_FOREACH_TARGET_H_) || \
    defined(HIGHWAY_HWY_DETECT_TARGETS_H_)
#error "tessera/ops/cpu/targets.hpp must be included before every header of Highway"
#endif

// Three levels are enough and each costs compile time. Without AVX3_DL, -march=sapphirerapids means
// AVX3; Highway 1.0.3 would stop at its own error there.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#endif

#include "tessera/ops/cpu/gemm.hpp"
#include "tessera/ops/cpu/isa.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tessera/ops/cpu/kernels-inl.hpp"
#include <hwy/foreach_target.h>

#include "tessera/ops/cpu/kernels-inl.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels {

// A null pointer stands for a set that this file was not compiled for.
template <class F>
constexpr F* pick(isa i, F* avx3, F* avx2, F* compiled_for) {
  F* const found = i == isa::avx3 ? avx3 : i == isa::avx2 ? avx2 : nullptr;
  return found != nullptr ? found : compiled_for;
}

}  // namespace cpu_kernels
}  // namespace tessera::inline v0

// TESSERA_CPU_PICK(set, name): pointer to the function `name` of the given set, or, if this file
// was compiled for more than that, of what it was compiled for. `name` may hold commas.
#define TESSERA_CPU_PICK(set, ...)                                                                \
  ::tessera::cpu_kernels::pick(set, TESSERA_CPU_AVX3(__VA_ARGS__), TESSERA_CPU_AVX2(__VA_ARGS__), \
                               TESSERA_CPU_STATIC(__VA_ARGS__))

// After the last target, HWY_NAMESPACE is the static one's.
#define TESSERA_CPU_STATIC(...) (&::tessera::cpu_kernels::HWY_NAMESPACE::__VA_ARGS__)
#define TESSERA_CPU_ABSENT(...) static_cast<decltype(TESSERA_CPU_STATIC(__VA_ARGS__))>(nullptr)
#if HWY_TARGETS & HWY_AVX3
#define TESSERA_CPU_AVX3(...) (&::tessera::cpu_kernels::N_AVX3::__VA_ARGS__)
#else
#define TESSERA_CPU_AVX3 TESSERA_CPU_ABSENT
#endif
#if HWY_TARGETS & HWY_AVX2
#define TESSERA_CPU_AVX2(...) (&::tessera::cpu_kernels::N_AVX2::__VA_ARGS__)
#else
#define TESSERA_CPU_AVX2 TESSERA_CPU_ABSENT
#endif
