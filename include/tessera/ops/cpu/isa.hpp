#pragma once
// Which instruction set the CPU kernels of this process use. Their innermost loops are compiled for
// several sets in one file (targets.hpp); this header needs no vectors.
//
//     baseline  what every processor of the compiler's target has
//     avx2      x86: AVX2 with FMA, BMI, F16C
//     avx3      x86: AVX-512 F, VL, DQ, BW
//
// The environment variable TESSERA_ISA=baseline|avx2|avx3 lowers the choice and never raises it.
// Results are bitwise equal only within one instruction set.

#include <cstdlib>
#include <string_view>

#include "tessera/error.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

// Files of one program may be compiled with different -m options. What a file compiles with options
// beyond the plain processor takes symbols of its own: all CPU code lies in
//     namespace cpu_kernels TESSERA_CPU_AS_BUILT
#if defined(__AVX512F__)
#define TESSERA_CPU_AS_BUILT ::inline as_built_avx512
#elif defined(__AVX2__)
#define TESSERA_CPU_AS_BUILT ::inline as_built_avx2
#elif defined(__AVX__)
#define TESSERA_CPU_AS_BUILT ::inline as_built_avx
#elif defined(__SSE3__)
#define TESSERA_CPU_AS_BUILT ::inline as_built_sse
#else
#define TESSERA_CPU_AS_BUILT
#endif

namespace tessera::inline v0 {

enum class isa { baseline, avx2, avx3 };

constexpr std::string_view name_of(isa i) {
  return i == isa::avx3 ? "avx3" : i == isa::avx2 ? "avx2" : "baseline";
}

namespace detail {

TESSERA_COLD inline isa isa_of_this_cpu() {
#if defined(__x86_64__) && defined(__GNUC__)
  // __builtin_cpu_supports also asks whether the operating system saves the registers.
  __builtin_cpu_init();
  unsigned a = 0, b = 0, c = 0, d = 0;
  const unsigned wanted = 1u << 1 | 1u << 12 | 1u << 25 | 1u << 29;  // PCLMUL, FMA, AES, F16C
  const bool leaf1 = __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & wanted) == wanted;
  if (!leaf1 || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2"))
    return isa::baseline;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
    return isa::avx3;
  return isa::avx2;
#else
  return isa::baseline;
#endif
}

TESSERA_COLD inline isa isa_of_this_process() {
  const isa best = isa_of_this_cpu();
  const char* text = std::getenv("TESSERA_ISA");
  if (text == nullptr || *text == '\0') return best;
  for (const isa i : {isa::baseline, isa::avx2, isa::avx3})
    if (name_of(i) == text) return i < best ? i : best;
  throw error("environment variable TESSERA_ISA", "baseline, avx2 or avx3", text);
}

}  // namespace detail

// Decided at the first call, then constant. Throws tessera::error if TESSERA_ISA is unknown.
__attribute__((noinline)) inline isa chosen_isa() {
  static const isa chosen = detail::isa_of_this_process();
  return chosen;
}

}  // namespace tessera::inline v0
