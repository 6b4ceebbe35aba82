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
// split at will. A map is applied to elements that are done, run by run, while they are in the
// cache. Extents must be >= 0.
//
// gemm.hpp does it: blocks, packing and threads once, with the tile of the set that it is given.
// For files that include targets.hpp
//     TESSERA_CPU_PICK(set, gemm)(call)                uses call.pool, thread_scratch 0 and 1
//     TESSERA_CPU_PICK(set, gemm_core)(call, scratch)  this thread alone, inside a task; no pool
// Source: Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication".

#include <cstddef>
#include <cstdint>

namespace tessera::inline v0 {

class thread_pool;

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
  void (*map)(const float*, float*, std::size_t) = nullptr;  // of elements, onto C last; or null
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

// Where a tile goes: c = ((read_c ? c : 0) + bias) + the tile's sums; bias may be null.
struct gemm_target {
  float* c;
  std::int64_t c_row;
  std::int64_t rows, columns;  // of the tile inside C
  bool read_c;
  const float* bias;
};

// What an instruction set adds. A tile is the sum over k < depth of a column of A, at
// a + i a_row + k a_col for i < tile_rows, times a row of B, contiguous at b + k b_row.
struct gemm_leaves {
  std::int64_t tile_rows, tile_columns;
  void (*tile)(std::int64_t depth, const float* a, std::int64_t a_row, std::int64_t a_col,
               const float* b, std::int64_t b_row, const gemm_target& t);
  // From a panel of A: a_row = 1, a_col = tile_rows.
  void (*packed_tile)(std::int64_t depth, const float* a, const float* b, std::int64_t b_row,
                      const gemm_target& t);
  // Whole panels of an operand whose tile_rows or tile_columns values of a k lie together, those
  // of the next k `step` further.
  void (*copy_a)(std::int64_t depth, const float* in, std::int64_t step, float* out);
  void (*copy_b)(std::int64_t depth, const float* in, std::int64_t step, float* out);
};

}  // namespace tessera::inline v0
