// The matrix product of gemm.hpp for every instruction set; part of kernels-inl.hpp.
//
// Both operands are copied block by block into panels: A as [panel][k][tile_rows], B as
// [panel][k][tile_columns], the last panel filled with zeros. One tile of C stays in registers for
// gemm_depth values of k. Operands whose copy costs more than it saves are read where they are:
// A if n is small, B if m is small and its rows are contiguous.
// A small C with a long k is split over k: the tasks make the sums of gemm.hpp's contract one by
// one, then they are added in that contract's order, so the bits are those of the plain way.

namespace gemm_detail {

using index = std::int64_t;

#if TESSERA_CPU_LEVEL == 2
inline constexpr index tile_rows = 12;  // 24 sums, 2 of B, A from memory: 26 of 32 registers
#elif TESSERA_CPU_LEVEL == 1
inline constexpr index tile_rows = 6;  // 12 sums, 2 of B, 1 of A: 15 of 16
#elif defined(__aarch64__)
inline constexpr index tile_rows = 8;  // 16 sums, 2 of B, 1 of A: 19 of 32
#else
inline constexpr index tile_rows = 4;  // 8 sums, 2 of B, 1 of A, 1 product: 12 of 16
#endif
inline constexpr index tile_vectors = 2;
inline constexpr index tile_columns = tile_vectors * lanes;
inline constexpr index task_rows = 96, task_columns = 256;
static_assert(gemm_block_rows % tile_rows == 0 && gemm_block_columns % tile_columns == 0);
static_assert(tile_rows <= 16 && tile_columns <= 32, "gemm_scratch_bytes counts on it");

constexpr index ceil_div(index a, index b) { return (a + b - 1) / b; }

// out[k][i] = in[i * lane + k * step] for i < used, 0 for used <= i < Width.
template <index Width>
void pack_any(index depth, const float* in, index lane, index step, index used, float* out) {
  for (index k = 0; k < depth; ++k, out += Width)
    for (index i = 0; i < Width; ++i) out[i] = i < used ? in[i * lane + k * step] : 0.0f;
}

TESSERA_CPU_INLINE quad low_lanes(quad a, quad b) {
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
}
TESSERA_CPU_INLINE quad high_lanes(quad a, quad b) {
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
}

// The transpose of Width rows of `depth` contiguous values, rows `lane` apart. Four rows at a time
// to their end: sixteen rows a multiple of 4096 bytes apart would evict one another from L1.
template <index Width>
void pack_rows(index depth, const float* in, index lane, float* out) {
  static_assert(Width % 4 == 0 || Width % 4 == 2);
  const index packed = depth / 4 * 4;
  index i = 0;
  for (; i + 4 <= Width; i += 4) {
    const float *p0 = in + i * lane, *p1 = p0 + lane, *p2 = p1 + lane, *p3 = p2 + lane;
    float* to = out + i;
    for (index k = 0; k < packed; k += 4, to += 4 * Width) {
      const quad r0 = load<quad>(p0 + k), r1 = load<quad>(p1 + k);
      const quad r2 = load<quad>(p2 + k), r3 = load<quad>(p3 + k);
      const quad low02 = low_lanes(r0, r2), low13 = low_lanes(r1, r3);
      const quad high02 = high_lanes(r0, r2), high13 = high_lanes(r1, r3);
      store(low_lanes(low02, low13), to);
      store(high_lanes(low02, low13), to + Width);
      store(low_lanes(high02, high13), to + 2 * Width);
      store(high_lanes(high02, high13), to + 3 * Width);
    }
  }
  if (i < Width) {
    const float *p0 = in + i * lane, *p1 = p0 + lane;
    float* to = out + i;
    for (index k = 0; k < packed; k += 4, to += 4 * Width) {
      const quad r0 = load<quad>(p0 + k), r1 = load<quad>(p1 + k);
      const quad low = low_lanes(r0, r1), high = high_lanes(r0, r1);
      store(__builtin_shufflevector(low, low, 0, 1), to);
      store(__builtin_shufflevector(low, low, 2, 3), to + Width);
      store(__builtin_shufflevector(high, high, 0, 1), to + 2 * Width);
      store(__builtin_shufflevector(high, high, 2, 3), to + 3 * Width);
    }
  }
  pack_any<Width>(depth - packed, in + packed, lane, 1, Width, out + packed * Width);
}

template <index Width>
void pack(index depth, const float* in, index lane, index step, index used, float* out) {
  if (used < Width) return pack_any<Width>(depth, in, lane, step, used, out);
  if (lane == 1) {
    for (index k = 0; k < depth; ++k, in += step, out += Width)
      __builtin_memcpy(out, in, sizeof(float) * Width);
  } else if (step == 1) {
    pack_rows<Width>(depth, in, lane, out);
  } else {
    pack_any<Width>(depth, in, lane, step, Width, out);
  }
}

// Where a tile goes: c = ((read_c ? c : 0) + bias) + the tile's sums; bias may be null.
struct target {
  float* c;
  index c_row;
  index rows, columns;  // of the tile inside C
  bool read_c;
  const float* bias;
};

TESSERA_CPU_INLINE float finish(float sum, const target& t, index i, index j) {
  const float* c = t.c + i * t.c_row + j;
  if (t.read_c && t.bias != nullptr) return (*c + t.bias[j]) + sum;
  if (t.read_c) return *c + sum;
  return t.bias != nullptr ? t.bias[j] + sum : sum;
}

TESSERA_CPU_INLINE vec finish(vec sum, const target& t, index i, index j) {
  const float* c = t.c + i * t.c_row + j;
  if (t.read_c && t.bias != nullptr) return (load(c) + load(t.bias + j)) + sum;
  if (t.read_c) return load(c) + sum;
  return t.bias != nullptr ? load(t.bias + j) + sum : sum;
}

// One tile: rows of A at a + i * a_row, columns of B contiguous at b + k * b_row.
template <bool PackedA>
__attribute__((noinline)) void tile(index depth, const float* __restrict__ a, index a_row, index a_col,
                       const float* __restrict__ b, index b_row, const target& t) {
  if (PackedA) a_row = 1, a_col = tile_rows;
  vec sum[tile_rows][tile_vectors];
#pragma GCC unroll 16
  for (index i = 0; i < tile_rows; ++i) sum[i][0] = sum[i][1] = zero();
  for (index k = 0; k < depth; ++k, a += a_col, b += b_row) {
    const vec b0 = load(b), b1 = load(b + lanes);
#pragma GCC unroll 16
    for (index i = 0; i < tile_rows; ++i) {
      const vec ai = set(a[i * a_row]);
      sum[i][0] = fma(ai, b0, sum[i][0]);
      sum[i][1] = fma(ai, b1, sum[i][1]);
    }
  }
  if (t.rows == tile_rows && t.columns == tile_columns) {
#pragma GCC unroll 16
    for (index i = 0; i < tile_rows; ++i) {
      store(finish(sum[i][0], t, i, 0), t.c + i * t.c_row);
      store(finish(sum[i][1], t, i, lanes), t.c + i * t.c_row + lanes);
    }
    return;
  }
  float rest[tile_rows][tile_columns];
#pragma GCC unroll 16
  for (index i = 0; i < tile_rows; ++i) {
    store(sum[i][0], rest[i]);
    store(sum[i][1], rest[i] + lanes);
  }
  for (index i = 0; i < t.rows; ++i)
    for (index j = 0; j < t.columns; ++j) t.c[i * t.c_row + j] = finish(rest[i][j], t, i, j);
}

// C[i0 .. i0 + rows, j0 .. j0 + columns] += A[., k0 .. k0 + depth] B[k0 .. k0 + depth, .]
struct block {
  const gemm_call& call;
  index i0, rows, j0, columns, k0, depth;
  float *a_panels, *b_panels;
  bool pack_a, pack_b;

  index row_panels() const { return ceil_div(rows, tile_rows); }
  index column_panels() const { return ceil_div(columns, tile_columns); }
  index rows_of(index p) const { return least(tile_rows, rows - p * tile_rows); }
  index columns_of(index p) const { return least(tile_columns, columns - p * tile_columns); }
  // A tile reads a full panel, so a last one that is not full is packed in any case.
  bool a_packed(index p) const { return pack_a || rows_of(p) < tile_rows; }
  bool b_packed(index p) const { return pack_b || columns_of(p) < tile_columns; }
  const float* a(index p) const {
    return call.a + (i0 + p * tile_rows) * call.a_row + k0 * call.a_col;
  }
  const float* b(index p) const {
    return call.b + k0 * call.b_row + (j0 + p * tile_columns) * call.b_col;
  }
};

inline void pack_a_panel(const block& s, index p) {
  if (!s.a_packed(p)) return;
  pack<tile_rows>(s.depth, s.a(p), s.call.a_row, s.call.a_col, s.rows_of(p),
                  s.a_panels + p * tile_rows * s.depth);
}

inline void pack_b_panel(const block& s, index p, float* out) {
  if (!s.b_packed(p)) return;
  pack<tile_columns>(s.depth, s.b(p), s.call.b_col, s.call.b_row, s.columns_of(p), out);
}

// The tiles of row panels [r0, r1) and column panels [c0, c1). late_b: this task alone needs these
// panels of B and packs each just before its use, all in one place that stays in L1.
inline void multiply(const block& s, index r0, index r1, index c0, index c1, bool late_b) {
  const gemm_call& call = s.call;
  for (index q = c0; q < c1; ++q) {
    float* const panel = s.b_panels + (late_b ? c0 : q) * tile_columns * s.depth;
    if (late_b) pack_b_panel(s, q, panel);
    const bool b_packed = s.b_packed(q);
    const float* b = b_packed ? panel : s.b(q);
    const index b_row = b_packed ? tile_columns : call.b_row;
    const index j = s.j0 + q * tile_columns;
    for (index p = r0; p < r1; ++p) {
      const target t{call.c + (s.i0 + p * tile_rows) * call.c_row + j,
                     call.c_row,
                     s.rows_of(p),
                     s.columns_of(q),
                     call.accumulate || s.k0 > 0,
                     call.bias != nullptr && s.k0 == 0 ? call.bias + j : nullptr};
      if (s.a_packed(p))
        tile<true>(s.depth, s.a_panels + p * tile_rows * s.depth, 0, 0, b, b_row, t);
      else
        tile<false>(s.depth, s.a(p), call.a_row, call.a_col, b, b_row, t);
    }
  }
}

inline void run_block(const block& s, bool first_rows, thread_pool* pool) {
  const index a_panels = s.row_panels(), b_panels = s.column_panels();
  const index row_tasks = ceil_div(s.rows, task_rows);
  const bool late_b = s.call.m <= task_rows;
  const bool shared_b = !late_b && first_rows;
  if (pool == nullptr || s.rows * s.columns * s.depth < (index{1} << 17)) {
    for (index p = 0; p < a_panels; ++p) pack_a_panel(s, p);
    for (index q = 0; shared_b && q < b_panels; ++q)
      pack_b_panel(s, q, s.b_panels + q * tile_columns * s.depth);
    for (index r = 0; r < row_tasks; ++r)
      multiply(s, r * a_panels / row_tasks, (r + 1) * a_panels / row_tasks, 0, b_panels, late_b);
    return;
  }
  constexpr index together = 8;  // panels of one packing task
  const index a_tasks = ceil_div(a_panels, together);
  const index b_tasks = shared_b ? ceil_div(b_panels, together) : 0;
  parallel(pool, a_tasks + b_tasks, 1, [&](index t, index) TESSERA_TARGET {
    const bool of_a = t < a_tasks;
    const index first = (of_a ? t : t - a_tasks) * together;
    const index last = least(first + together, of_a ? a_panels : b_panels);
    for (index p = first; p < last; ++p)
      of_a ? pack_a_panel(s, p) : pack_b_panel(s, p, s.b_panels + p * tile_columns * s.depth);
  });
  // About eight tasks at least, but not narrower than four panels unless C is.
  const index wanted = ceil_div(8, row_tasks) > ceil_div(s.columns, task_columns)
                           ? ceil_div(8, row_tasks)
                           : ceil_div(s.columns, task_columns);
  const index column_tasks = least(wanted, ceil_div(b_panels, 4));
  parallel(pool, row_tasks * column_tasks, 1, [&](index t, index) TESSERA_TARGET {
    const index r = t % row_tasks, q = t / row_tasks;
    multiply(s, r * a_panels / row_tasks, (r + 1) * a_panels / row_tasks,
             q * b_panels / column_tasks, (q + 1) * b_panels / column_tasks, late_b);
  });
}

inline void run(const gemm_call& call, float* scratch, thread_pool* pool) {
  const bool a_contiguous = call.a_row == 1 || call.a_col == 1;
  const bool pack_a = call.n > 128 || !a_contiguous, pack_b = call.m > 32 || call.b_col != 1;
  float* const b_panels = scratch;
  for (index j0 = 0; j0 < call.n; j0 += gemm_block_columns) {
    const index columns = least(gemm_block_columns, call.n - j0);
    for (index k0 = 0; k0 < call.k; k0 += gemm_depth) {
      const index depth = least(gemm_depth, call.k - k0);
      float* const a_panels = b_panels + ceil_div(columns, tile_columns) * tile_columns * depth;
      for (index i0 = 0; i0 < call.m; i0 += gemm_block_rows) {
        const index rows = least(gemm_block_rows, call.m - i0);
        run_block({call, i0, rows, j0, columns, k0, depth, a_panels, b_panels, pack_a, pack_b},
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
    }
}

// Adds `count` partial products [count][m][n] to row i of C.
inline void add_partial_row(const gemm_call& call, const float* partial, index count, index i,
                            bool first) {
  const target t{call.c + i * call.c_row,    call.c_row, 1, call.n, call.accumulate || !first,
                 first ? call.bias : nullptr};
  const float* row = partial + i * call.n;
  const index next = call.m * call.n;
  index j = 0;
  for (; j + lanes <= call.n; j += lanes) {
    vec v = finish(load(row + j), t, 0, j);
    for (index g = 1; g < count; ++g) v = v + load(row + g * next + j);
    store(v, t.c + j);
  }
  for (; j < call.n; ++j) {
    float v = finish(row[j], t, 0, j);
    for (index g = 1; g < count; ++g) v += row[g * next + j];
    t.c[j] = v;
  }
}

inline void run_split(const gemm_call& call) {
  const index blocks = ceil_div(call.k, gemm_depth), size = call.m * call.n;
  const index threads = call.pool->size();
  const index fitting = (index{1} << 20) / size;
  const index together = least(blocks, fitting > threads ? fitting : threads);
  auto* const partial = static_cast<float*>(
      thread_scratch(0, static_cast<std::size_t>(together * size) * sizeof(float)));
  for (index first = 0; first < blocks; first += together) {
    const index count = least(together, blocks - first);
    parallel(call.pool, count, 1, [&](index t, index) TESSERA_TARGET {
      const index k0 = (first + t) * gemm_depth;
      gemm_call part = call;
      part.k = least(gemm_depth, call.k - k0);
      part.a += k0 * call.a_col;
      part.b += k0 * call.b_row;
      part.c = partial + t * size;
      part.c_row = call.n;
      part.accumulate = false;
      part.bias = nullptr;
      void* const scratch = thread_scratch(1, gemm_scratch_bytes(part.m, part.n, part.k));
      run(part, static_cast<float*>(scratch), nullptr);
    });
    const index chunk = ceil_div(call.m, 4 * threads);
    parallel(call.pool, ceil_div(call.m, chunk), 1, [&](index t, index) TESSERA_TARGET {
      for (index i = t * chunk; i < least(call.m, (t + 1) * chunk); ++i)
        add_partial_row(call, partial, count, i, first == 0);
    });
  }
}

}  // namespace gemm_detail

// Sequential; scratch: gemm_scratch_bytes(m, n, k) bytes.
inline void gemm_core(const gemm_call& call, void* scratch) {
  if (call.k <= 0) return gemm_detail::run_empty(call);
  gemm_detail::run(call, static_cast<float*>(scratch), nullptr);
}

inline void gemm(const gemm_call& call) {
  if (call.m <= 0 || call.n <= 0) return;
  if (call.k <= 0) return gemm_detail::run_empty(call);
  thread_pool* const pool = call.pool != nullptr && call.pool->size() > 1 ? call.pool : nullptr;
  if (pool != nullptr && call.m * call.n <= (1 << 16) && call.k >= 4 * gemm_depth)
    return gemm_detail::run_split(call);
  void* const scratch = thread_scratch(0, gemm_scratch_bytes(call.m, call.n, call.k));
  gemm_detail::run(call, static_cast<float*>(scratch), pool);
}
