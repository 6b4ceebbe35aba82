#pragma once
// The argument of the CPU matrix product, the same for every instruction set:
//
//     C[i, j] = (accumulate ? C[i, j] : 0) + bias[j] + sum_k A[i, k] B[k, j]     i < m, j < n
//     A[i, k] = a[i a_row + k a_col],  B[k, j] = b[k b_row + j b_col],  C[i, j] = c[i c_row + j]
//
// Strides count floats; any value is right, and fast where one stride of an operand is 1. So
//     y  = x W^T + bias   a = x,  a_row = K, a_col = 1;  b = W, b_row = 1, b_col = K
//     dx = dy W           a = dy, a_row = N, a_col = 1;  b = W, b_row = K, b_col = 1
//     dW += dy^T x        a = dy, a_row = 1, a_col = N;  b = x, b_row = K, b_col = 1
// C must overlap neither A, B nor bias.
//
// An element is ((C or 0) + bias) plus one sum per gemm_depth values of k, in this order, each sum
// from zero in rising k. Its bits therefore depend on its row of A, its column of B and the
// instruction set, but not on m, n, the strides, its place or the number of threads: a batch may be
// split at will. Extents must be >= 0.
//
// The functions are in gemm-inl.hpp, once per instruction set, for files that include targets.hpp:
//     gemm(call)                 uses call.pool, and slots 0 and 1 of thread_scratch
//     gemm_core(call, scratch)   this thread alone, for use inside a task; ignores call.pool
// Source: Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication".

#include <cstddef>
#include <cstdint>

#include "tessera/tensor/thread_pool.hpp"

namespace tessera::inline v0 {

struct gemm_call {
  std::int64_t m = 0, n = 0, k = 0;
  const float* a = nullptr;
  std::int64_t a_row = 0, a_col = 0;
  const float* b = nullptr;
  std::int64_t b_row = 0, b_col = 0;
  float* c = nullptr;
  std::int64_t c_row = 0;
  bool accumulate = false;
  const float* bias = nullptr;  // [n] or null
  thread_pool* pool = nullptr;  // null: this thread alone
};

// Block sizes. One panel of B (depth x tile columns) stays in the L1 cache, a task's panels of A
// (task_rows x depth) in L2, the packed blocks of both in L3.
inline constexpr std::int64_t gemm_depth = 256;
inline constexpr std::int64_t gemm_block_rows = 1536;
inline constexpr std::int64_t gemm_block_columns = 1024;

// Bytes of scratch that gemm_core needs, enough for every instruction set; 64-byte aligned memory.
constexpr std::size_t gemm_scratch_bytes(std::int64_t m, std::int64_t n, std::int64_t k) {
  const std::int64_t rows = m < gemm_block_rows ? m : gemm_block_rows;
  const std::int64_t columns = n < gemm_block_columns ? n : gemm_block_columns;
  const std::int64_t depth = k < gemm_depth ? k : gemm_depth;
  return static_cast<std::size_t>((rows + 16 + columns + 32) * depth) * sizeof(float) + 64;
}

}  // namespace tessera::inline v0
