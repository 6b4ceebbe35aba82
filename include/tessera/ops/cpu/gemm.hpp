#pragma once
// The matrix product of gemm_call.hpp, compiled once: blocks, packing and threads. The tile comes
// from the instruction set, as gemm_leaves.
//
// Both operands are copied block by block into panels: A as [panel][k][tile_rows], B as
// [panel][k][tile_columns], the last panel filled with zeros. One tile of C stays in registers for
// gemm_depth values of k. Operands whose copy costs more than it saves are read where they are:
// A if n is small, B if m is small and its rows are contiguous.
// A small C with a long k is split over k: the tasks make the sums of the contract one by one, then
// they are added in its order, so the bits are those of the plain way.

#include <cstdint>

#include "tessera/ops/cpu/gemm_call.hpp"
#include "tessera/ops/cpu/pack.hpp"
#include "tessera/ops/cpu/parallel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

namespace gemm_detail {

using index = std::int64_t;

inline constexpr index task_rows = 96, task_columns = 256;

// C[i0 .. i0 + rows, j0 .. j0 + columns] += A[., k0 .. k0 + depth] B[k0 .. k0 + depth, .]
struct block {
  const gemm_call& call;
  const gemm_leaves& set;
  index i0, rows, j0, columns, k0, depth;
  float *a_panels, *b_panels;
  bool pack_a, pack_b;

  index row_panels() const { return ceil_div(rows, set.tile_rows); }
  index column_panels() const { return ceil_div(columns, set.tile_columns); }
  index rows_of(index p) const { return least(set.tile_rows, rows - p * set.tile_rows); }
  index columns_of(index p) const {
    return least(set.tile_columns, columns - p * set.tile_columns);
  }
  // A tile reads a full panel, so a last one that is not full is packed in any case.
  bool a_packed(index p) const { return pack_a || rows_of(p) < set.tile_rows; }
  bool b_packed(index p) const { return pack_b || columns_of(p) < set.tile_columns; }
  const float* a(index p) const {
    return call.a + (i0 + p * set.tile_rows) * call.a_row + k0 * call.a_col;
  }
  const float* b(index p) const {
    return call.b + k0 * call.b_row + (j0 + p * set.tile_columns) * call.b_col;
  }
  float* a_panel(index p) const { return a_panels + p * set.tile_rows * depth; }
  float* b_panel(index p) const { return b_panels + p * set.tile_columns * depth; }
};

// Applies the map to columns [first, last) of a row of C.
inline void map_row(const gemm_call& call, index row, index first, index last) {
  float* const c = call.c + row * call.c_row + first;
  call.map(c, c, static_cast<std::size_t>(last - first));
}

// lane: from one value of a panel's k to the next, step: from a k to the next.
__attribute__((noinline)) inline void pack(index width, index used, index depth, const float* in,
                                           index lane, index step,
                                           void (*copy)(index, const float*, index, float*),
                                           float* out) {
  if (used < width || (lane != 1 && step != 1))
    return pack_any(width, depth, in, lane, step, used, out);
  lane == 1 ? copy(depth, in, step, out) : pack_rows(width, depth, in, lane, out);
}
inline void pack_a_panel(const block& s, index p) {
  if (s.a_packed(p))
    pack(s.set.tile_rows, s.rows_of(p), s.depth, s.a(p), s.call.a_row, s.call.a_col, s.set.copy_a,
         s.a_panel(p));
}
inline void pack_b_panel(const block& s, index p, float* out) {
  if (s.b_packed(p))
    pack(s.set.tile_columns, s.columns_of(p), s.depth, s.b(p), s.call.b_col, s.call.b_row,
         s.set.copy_b, out);
}

// The tiles of row panels [r0, r1) and column panels [c0, c1). late_b: this task alone needs these
// panels of B and packs each just before its use, all in one place that stays in L1.
inline void multiply(const block& s, index r0, index r1, index c0, index c1, bool late_b) {
  const gemm_call& call = s.call;
  const gemm_leaves set = s.set;
  const index depth = s.depth, a_row = call.a_row, a_col = call.a_col;
  for (index q = c0; q < c1; ++q) {
    float* const panel = s.b_panel(late_b ? c0 : q);
    if (late_b) pack_b_panel(s, q, panel);
    const bool b_packed = s.b_packed(q);
    const float* const b = b_packed ? panel : s.b(q);
    const index b_row = b_packed ? set.tile_columns : call.b_row;
    const index j = s.j0 + q * set.tile_columns;
    const float *a = s.a(r0), *a_panel = s.a_panel(r0);
    gemm_target t{call.c + (s.i0 + r0 * set.tile_rows) * call.c_row + j,
                  call.c_row,
                  set.tile_rows,
                  s.columns_of(q),
                  call.accumulate || s.k0 > 0,
                  call.bias != nullptr && s.k0 == 0 ? call.bias + j : nullptr};
    for (index p = r0; p < r1; ++p) {
      t.rows = s.rows_of(p);
      if (s.a_packed(p))
        set.packed_tile(depth, a_panel, b, b_row, t);
      else
        set.tile(depth, a, a_row, a_col, b, b_row, t);
      t.c += set.tile_rows * t.c_row;
      a += set.tile_rows * a_row;
      a_panel += set.tile_rows * depth;
    }
  }
  if (call.map == nullptr || s.k0 + depth < call.k) return;
  for (index i = r0 * set.tile_rows; i < least(s.rows, r1 * set.tile_rows); ++i)
    map_row(call, s.i0 + i, s.j0 + c0 * set.tile_columns,
            s.j0 + least(s.columns, c1 * set.tile_columns));
}

inline void run_block(const block& s, bool first_rows, thread_pool* pool) {
  const index a_panels = s.row_panels(), b_panels = s.column_panels();
  const index row_tasks = ceil_div(s.rows, task_rows);
  const bool late_b = s.call.m <= task_rows;
  const bool shared_b = !late_b && first_rows;
  if (pool == nullptr || s.rows * s.columns * s.depth < (index{1} << 17)) {
    for (index p = 0; p < a_panels; ++p) pack_a_panel(s, p);
    for (index q = 0; shared_b && q < b_panels; ++q) pack_b_panel(s, q, s.b_panel(q));
    for (index r = 0; r < row_tasks; ++r)
      multiply(s, r * a_panels / row_tasks, (r + 1) * a_panels / row_tasks, 0, b_panels, late_b);
    return;
  }
  constexpr index together = 8;  // panels of one packing task
  const index a_tasks = ceil_div(a_panels, together);
  const index b_tasks = shared_b ? ceil_div(b_panels, together) : 0;
  parallel(pool, a_tasks + b_tasks, 1, [&](index t, index) {
    const bool of_a = t < a_tasks;
    const index first = (of_a ? t : t - a_tasks) * together;
    const index last = least(first + together, of_a ? a_panels : b_panels);
    for (index p = first; p < last; ++p)
      of_a ? pack_a_panel(s, p) : pack_b_panel(s, p, s.b_panel(p));
  });
  // About eight tasks at least, but not narrower than four panels unless C is.
  const index wanted = most(ceil_div(8, row_tasks), ceil_div(s.columns, task_columns));
  const index column_tasks = least(wanted, ceil_div(b_panels, 4));
  parallel(pool, row_tasks * column_tasks, 1, [&](index t, index) {
    const index r = t % row_tasks, q = t / row_tasks;
    multiply(s, r * a_panels / row_tasks, (r + 1) * a_panels / row_tasks,
             q * b_panels / column_tasks, (q + 1) * b_panels / column_tasks, late_b);
  });
}

__attribute__((noinline)) inline void run(const gemm_call& call, const gemm_leaves& set,
                                          float* scratch, thread_pool* pool) {
  const bool a_contiguous = call.a_row == 1 || call.a_col == 1;
  const bool pack_a = call.n > 128 || !a_contiguous, pack_b = call.m > 32 || call.b_col != 1;
  float* const b_panels = scratch;
  for (index j0 = 0; j0 < call.n; j0 += gemm_block_columns) {
    const index columns = least(gemm_block_columns, call.n - j0);
    for (index k0 = 0; k0 < call.k; k0 += gemm_depth) {
      const index depth = least(gemm_depth, call.k - k0);
      float* const a_panels =
          b_panels + ceil_div(columns, set.tile_columns) * set.tile_columns * depth;
      for (index i0 = 0; i0 < call.m; i0 += gemm_block_rows) {
        const index rows = least(gemm_block_rows, call.m - i0);
        run_block({call, set, i0, rows, j0, columns, k0, depth, a_panels, b_panels, pack_a, pack_b},
                  i0 == 0, pool);
      }
    }
  }
}

// k = 0: no sums, only C and bias.
inline void run_empty(const gemm_call& call) {
  for (index i = 0; i < call.m; ++i)
    for (index j = 0; j < call.n; ++j) {
      float& c = call.c[i * call.c_row + j];
      c = (call.accumulate ? c : 0.0f) + (call.bias != nullptr ? call.bias[j] : 0.0f);
      if (call.map != nullptr) call.map(&c, &c, 1);
    }
}

// Adds `count` partial products [count][m][n] to row i of C, each element in rising order.
inline void add_partial_row(const gemm_call& call, const float* partial, index count, index i,
                            bool first) {
  float* const c = call.c + i * call.c_row;
  const float* row = partial + i * call.n;
  const float* const bias = first ? call.bias : nullptr;
  const bool read_c = call.accumulate || !first;
  const index next = call.m * call.n;
  const auto sum = [&]<class V>(V v, index j) {
    if (read_c && bias != nullptr)
      v = (pack_load<V>(c + j) + pack_load<V>(bias + j)) + v;
    else if (read_c)
      v = pack_load<V>(c + j) + v;
    else if (bias != nullptr)
      v = pack_load<V>(bias + j) + v;
    for (index g = 1; g < count; ++g) v = v + pack_load<V>(row + g * next + j);
    pack_store(v, c + j);
  };
  index j = 0;
  for (; j + 4 <= call.n; j += 4) sum(pack_load<pack_quad>(row + j), j);
  for (; j < call.n; ++j) sum(row[j], j);
}

inline void run_split(const gemm_call& call, const gemm_leaves& set) {
  const index blocks = ceil_div(call.k, gemm_depth), size = call.m * call.n;
  const index threads = call.pool->size();
  const index together = least(blocks, most((index{1} << 20) / size, threads));
  float* const partial = scratch_floats(0, together * size);
  for (index first = 0; first < blocks; first += together) {
    const index count = least(together, blocks - first);
    parallel(call.pool, count, 1, [&](index t, index) {
      const index k0 = (first + t) * gemm_depth;
      gemm_call part = call;
      part.k = least(gemm_depth, call.k - k0);
      part.a += k0 * call.a_col;
      part.b += k0 * call.b_row;
      part.c = partial + t * size;
      part.c_row = call.n;
      part.accumulate = false;
      part.bias = nullptr;
      part.map = nullptr;
      void* const scratch = thread_scratch(1, gemm_scratch_bytes(part.m, part.n, part.k));
      run(part, set, static_cast<float*>(scratch), nullptr);
    });
    const index chunk = ceil_div(call.m, 4 * threads);
    parallel(call.pool, ceil_div(call.m, chunk), 1, [&](index t, index) {
      for (index i = t * chunk; i < least(call.m, (t + 1) * chunk); ++i) {
        add_partial_row(call, partial, count, i, first == 0);
        if (call.map != nullptr && first + count == blocks) map_row(call, i, 0, call.n);
      }
    });
  }
}

}  // namespace gemm_detail

// Sequential; scratch: gemm_scratch_bytes(m, n, k) bytes.
inline void gemm_core(const gemm_call& call, const gemm_leaves& set, void* scratch) {
  if (call.k <= 0) return gemm_detail::run_empty(call);
  gemm_detail::run(call, set, static_cast<float*>(scratch), nullptr);
}

inline void gemm(const gemm_call& call, const gemm_leaves& set) {
  if (call.m <= 0 || call.n <= 0) return;
  if (call.k <= 0) return gemm_detail::run_empty(call);
  thread_pool* const pool = call.pool != nullptr && call.pool->size() > 1 ? call.pool : nullptr;
  if (pool != nullptr && call.m * call.n <= (1 << 16) && call.k >= 4 * gemm_depth)
    return gemm_detail::run_split(call, set);
  void* const scratch = thread_scratch(0, gemm_scratch_bytes(call.m, call.n, call.k));
  gemm_detail::run(call, set, static_cast<float*>(scratch), pool);
}

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
