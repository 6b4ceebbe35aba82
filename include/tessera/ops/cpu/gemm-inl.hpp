// The tile of the matrix product (gemm.hpp) for every instruction set; part of leaves-inl.hpp.

#if TESSERA_CPU_LEVEL == 2
inline constexpr std::int64_t tile_rows = 12;  // 24 sums, 2 of B, A from memory: 26 of 32 registers
#elif TESSERA_CPU_LEVEL == 1
inline constexpr std::int64_t tile_rows = 6;  // 12 sums, 2 of B, 1 of A: 15 of 16
#elif defined(__aarch64__)
inline constexpr std::int64_t tile_rows = 8;  // 16 sums, 2 of B, 1 of A: 19 of 32
#else
inline constexpr std::int64_t tile_rows = 4;  // 8 sums, 2 of B, 1 of A, 1 product: 12 of 16
#endif
inline constexpr std::int64_t tile_columns = 2 * lanes;
static_assert(gemm_block_rows % tile_rows == 0 && gemm_block_columns % tile_columns == 0);
static_assert(tile_rows <= 16 && tile_columns <= 32, "gemm_scratch_bytes counts on it");

// A whole tile of sums into C. The forms are apart, so that each is straight on.
template <bool ReadC, bool Bias>
TESSERA_CPU_INLINE void store_tile(const vec (&sum)[tile_rows][2], const gemm_target& t) {
  const vec bias0 = Bias ? load(t.bias) : zero(), bias1 = Bias ? load(t.bias + lanes) : zero();
  TESSERA_CPU_UNROLL
  for (std::int64_t i = 0; i < tile_rows; ++i) {
    float* const c = t.c + i * t.c_row;
    store(ReadC ? load(c) + sum[i][0] : Bias ? bias0 + sum[i][0] : sum[i][0], c);
    store(ReadC ? load(c + lanes) + sum[i][1] : Bias ? bias1 + sum[i][1] : sum[i][1], c + lanes);
  }
}

// One tile: rows of A at a + i * a_row, columns of B contiguous at b + k * b_row.
TESSERA_CPU_INLINE void tile_of(std::int64_t depth, const float* __restrict__ a,
                                std::int64_t a_row, std::int64_t a_col,
                                const float* __restrict__ b, std::int64_t b_row,
                                const gemm_target& t) {
  vec sum[tile_rows][2];
  TESSERA_CPU_UNROLL
  for (std::int64_t i = 0; i < tile_rows; ++i) sum[i][0] = sum[i][1] = zero();
  for (std::int64_t k = 0; k < depth; ++k, a += a_col, b += b_row) {
    const vec b0 = load(b), b1 = load(b + lanes);
    TESSERA_CPU_UNROLL
    for (std::int64_t i = 0; i < tile_rows; ++i) {
      const vec ai = set(a[i * a_row]);
      sum[i][0] = fma(ai, b0, sum[i][0]);
      sum[i][1] = fma(ai, b1, sum[i][1]);
    }
  }
  if (t.rows == tile_rows && t.columns == tile_columns && !(t.read_c && t.bias != nullptr)) {
    if (t.read_c) return store_tile<true, false>(sum, t);
    if (t.bias != nullptr) return store_tile<false, true>(sum, t);
    return store_tile<false, false>(sum, t);
  }
  float rest[tile_rows][tile_columns];
  TESSERA_CPU_UNROLL
  for (std::int64_t i = 0; i < tile_rows; ++i) {
    store(sum[i][0], rest[i]);
    store(sum[i][1], rest[i] + lanes);
  }
  for (std::int64_t i = 0; i < t.rows; ++i)
    for (std::int64_t j = 0; j < t.columns; ++j) {
      float& c = t.c[i * t.c_row + j];
      float x = rest[i][j];
      if (t.read_c && t.bias != nullptr)
        x = (c + t.bias[j]) + x;
      else if (t.read_c)
        x = c + x;
      else if (t.bias != nullptr)
        x = t.bias[j] + x;
      c = x;
    }
}

inline void tile(std::int64_t depth, const float* a, std::int64_t a_row, std::int64_t a_col,
                 const float* b, std::int64_t b_row, const gemm_target& t) {
  tile_of(depth, a, a_row, a_col, b, b_row, t);
}
inline void packed_tile(std::int64_t depth, const float* a, const float* b, std::int64_t b_row,
                        const gemm_target& t) {
  tile_of(depth, a, 1, tile_rows, b, b_row, t);
}

template <std::int64_t Width>
TESSERA_CPU_INLINE void copy_panel(std::int64_t depth, const float* in, std::int64_t step,
                                   float* out) {
  for (std::int64_t k = 0; k < depth; ++k, in += step, out += Width)
    __builtin_memcpy(out, in, sizeof(float) * Width);
}
inline void copy_a(std::int64_t depth, const float* in, std::int64_t step, float* out) {
  copy_panel<tile_rows>(depth, in, step, out);
}
inline void copy_b(std::int64_t depth, const float* in, std::int64_t step, float* out) {
  copy_panel<tile_columns>(depth, in, step, out);
}

inline constexpr gemm_leaves gemm_set{tile_rows, tile_columns, &tile, &packed_tile, &copy_a,
                                      &copy_b};

inline void gemm(const gemm_call& call) { cpu_kernels::gemm(call, gemm_set); }
inline void gemm_core(const gemm_call& call, void* scratch) {
  cpu_kernels::gemm_core(call, gemm_set, scratch);
}
