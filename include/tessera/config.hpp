#pragma once
// Marks shared by every header. Names live in `namespace tessera::inline v0`: the inline namespace
// carries the major version and nothing else, so that a .cpp and a .cu of one program link.

#include "tessera/version.hpp"

#if defined(__CUDACC__)
#define TESSERA_HD __host__ __device__  // plain constexpr functions that device code calls too
#else
#define TESSERA_HD
#endif

// What runs once per program (building graphs, planning memory, saying errors): the compiler spends
// little on it. Nothing to gain where nothing is optimised.
#if !defined(__OPTIMIZE__) || defined(__CUDACC__)
#define TESSERA_COLD
#elif defined(__clang__)
#define TESSERA_COLD __attribute__((cold, optnone, noinline))
#else
#define TESSERA_COLD __attribute__((cold, optimize("O0")))
#endif
