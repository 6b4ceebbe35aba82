#pragma once
// For files that instantiate CPU kernels: compiles the *-inl.hpp of this folder, the innermost
// loops (leaves), for the baseline (what the file itself is compiled for), AVX2 and AVX-512,
// without -march. Leaves live in
//     tessera::cpu_kernels::<set>          <set> = baseline, avx2, avx3 (isa.hpp)
// so that two instruction sets never share a symbol, and one of a set is
//     TESSERA_CPU_PICK(chosen_isa(), layer_norm_rows)   // a pointer to a function or a constant
// All else of a kernel is compiled once, with the file's options (linear.hpp, attention.hpp, ...).
//
// Files of one program may be compiled with different -m options. With options beyond the plain
// processor every set of the file may hold instructions beyond that set, so what it compiles takes
// symbols of its own (isa.hpp), and sets that the options include are left out.

#include <cstddef>
#include <cstdint>

#include "tessera/ops/cpu/gemm.hpp"
#include "tessera/ops/cpu/isa.hpp"
#include "tessera/ops/cpu/window_tables.hpp"

// The lowest set worth compiling: 0 baseline, 1 avx2, 2 avx3.
#define TESSERA_CPU_LOWEST 0
#if defined(__AVX2__) && defined(__FMA__) && defined(__BMI__) && defined(__BMI2__) && \
    defined(__F16C__)
#undef TESSERA_CPU_LOWEST
#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512DQ__) && defined(__AVX512BW__)
#define TESSERA_CPU_LOWEST 2
#else
#define TESSERA_CPU_LOWEST 1
#endif
#endif
#ifdef __x86_64__
#define TESSERA_CPU_HIGHEST 2
#else
#define TESSERA_CPU_HIGHEST 0
#endif

#define TESSERA_CPU_INLINE inline __attribute__((always_inline))
// Before a loop of at most 16 steps, all known. nvcc would warn of the pragma.
#if defined(__CUDACC__)
#define TESSERA_CPU_UNROLL
#else
#define TESSERA_CPU_UNROLL _Pragma("GCC unroll 16")
#endif
#ifdef __has_builtin
#define TESSERA_CPU_HAS(name) __has_builtin(name)
#else
#define TESSERA_CPU_HAS(name) 0
#endif

// Each reading has TESSERA_CPU_LEVEL, TESSERA_CPU_SET (its namespace) and TESSERA_TARGET, the
// attribute that lambdas need; functions have it from a pragma.
#if TESSERA_CPU_LOWEST == 0
#define TESSERA_CPU_LEVEL 0
#define TESSERA_CPU_SET baseline
#define TESSERA_TARGET
#include "tessera/ops/cpu/leaves-inl.hpp"
#undef TESSERA_CPU_LEVEL
#undef TESSERA_CPU_SET
#undef TESSERA_TARGET
#endif

#if TESSERA_CPU_LOWEST <= 1 && TESSERA_CPU_HIGHEST >= 1
#define TESSERA_CPU_LEVEL 1
#define TESSERA_CPU_SET avx2
#define TESSERA_TARGET __attribute__((target("avx2,fma,bmi,bmi2,f16c")))
#ifdef __clang__
#pragma clang attribute push(TESSERA_TARGET, apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2,f16c")
#endif
#include "tessera/ops/cpu/leaves-inl.hpp"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef TESSERA_CPU_LEVEL
#undef TESSERA_CPU_SET
#undef TESSERA_TARGET
#endif

#if TESSERA_CPU_HIGHEST >= 2
#define TESSERA_CPU_LEVEL 2
#define TESSERA_CPU_SET avx3
#define TESSERA_TARGET \
  __attribute__((target("avx2,fma,bmi,bmi2,f16c,avx512f,avx512vl,avx512dq,avx512bw")))
#ifdef __clang__
#pragma clang attribute push(TESSERA_TARGET, apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,bmi,bmi2,f16c,avx512f,avx512vl,avx512dq,avx512bw")
#endif
#include "tessera/ops/cpu/leaves-inl.hpp"
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef TESSERA_CPU_LEVEL
#undef TESSERA_CPU_SET
#undef TESSERA_TARGET
#endif

#undef TESSERA_CPU_INLINE
#undef TESSERA_CPU_HAS

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

#if TESSERA_CPU_LOWEST == 2
namespace lowest = avx3;
#elif TESSERA_CPU_LOWEST == 1
namespace lowest = avx2;
#else
namespace lowest = baseline;
#endif

// A null pointer stands for a set that this file was not compiled for.
template <class F>
constexpr F* pick(isa i, F* avx3, F* avx2, F* compiled_for) {
  F* const found = i == isa::avx3 ? avx3 : i == isa::avx2 ? avx2 : nullptr;
  return found != nullptr ? found : compiled_for;
}

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0

// TESSERA_CPU_PICK(set, name): pointer to the function or constant `name` of the given set, or, if
// this file was compiled for more than that, of what it was compiled for. `name` may hold commas.
#define TESSERA_CPU_PICK(set, ...)                                                                \
  ::tessera::cpu_kernels::pick(set, TESSERA_CPU_AVX3(__VA_ARGS__), TESSERA_CPU_AVX2(__VA_ARGS__), \
                               (&::tessera::cpu_kernels::lowest::__VA_ARGS__))

#define TESSERA_CPU_ABSENT(...) \
  static_cast<decltype(&::tessera::cpu_kernels::lowest::__VA_ARGS__)>(nullptr)
#if TESSERA_CPU_HIGHEST >= 2
#define TESSERA_CPU_AVX3(...) (&::tessera::cpu_kernels::avx3::__VA_ARGS__)
#else
#define TESSERA_CPU_AVX3 TESSERA_CPU_ABSENT
#endif
#if TESSERA_CPU_LOWEST <= 1 && TESSERA_CPU_HIGHEST >= 1
#define TESSERA_CPU_AVX2(...) (&::tessera::cpu_kernels::avx2::__VA_ARGS__)
#else
#define TESSERA_CPU_AVX2 TESSERA_CPU_ABSENT
#endif
