// Channels of several cells in turn: cells[t] is where cell t begins (-1: a cell of zeros), and a
// row holds channel c of cell t at c taps + t. Ranks of tokens. Part of leaves-inl.hpp.

// Four cells of four channels each at a time.
TESSERA_CPU_INLINE void turn_quads(quad& a, quad& b, quad& c, quad& d) {
  const quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  a = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
  b = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
  c = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  d = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

// f.quads(c, t) and f.one(c, t) over all channels and taps: four by four where the four cells lie
// on the grid, else one by one.
template <class F>
TESSERA_CPU_INLINE void over_quads(const std::int64_t* cells, std::int64_t taps,
                                   std::int64_t channels, const F& f) {
  std::int64_t c = 0;
  for (; c + 4 <= channels; c += 4) {
    std::int64_t t = 0;
    for (; t + 4 <= taps; t += 4)
      if (cells[t] >= 0 && cells[t + 1] >= 0 && cells[t + 2] >= 0 && cells[t + 3] >= 0)
        f.quads(c, t);
      else
        for (std::int64_t i = 0; i < 16; ++i) f.one(c + i % 4, t + i / 4);
    for (; t < taps; ++t)
      for (std::int64_t i = 0; i < 4; ++i) f.one(c + i, t);
  }
  for (; c < channels; ++c)
    for (std::int64_t t = 0; t < taps; ++t) f.one(c, t);
}

struct gather_cells {  // row = the cells of x
  const float* x;
  const std::int64_t* cells;
  std::int64_t taps;
  float* row;
  TESSERA_CPU_INLINE void quads(std::int64_t c, std::int64_t t) const {
    const std::int64_t* at = cells + t;
    quad p = load<quad>(x + at[0] + c), q = load<quad>(x + at[1] + c);
    quad r = load<quad>(x + at[2] + c), s = load<quad>(x + at[3] + c);
    turn_quads(p, q, r, s);
    float* to = row + c * taps + t;
    store(p, to), store(q, to + taps), store(r, to + 2 * taps), store(s, to + 3 * taps);
  }
  TESSERA_CPU_INLINE void one(std::int64_t c, std::int64_t t) const {
    row[c * taps + t] = cells[t] < 0 ? 0.0f : x[cells[t] + c];
  }
};
template <bool Add>
struct scatter_cells {  // the cells of y = or += row; what lies beside the grid is lost
  const float* row;
  const std::int64_t* cells;
  std::int64_t taps;
  float* y;
  TESSERA_CPU_INLINE void quads(std::int64_t c, std::int64_t t) const {
    const float* from = row + c * taps + t;
    quad v[4] = {load<quad>(from), load<quad>(from + taps), load<quad>(from + 2 * taps),
                 load<quad>(from + 3 * taps)};
    turn_quads(v[0], v[1], v[2], v[3]);
    TESSERA_CPU_UNROLL
    for (int i = 0; i < 4; ++i) {
      float* to = y + cells[t + i] + c;
      store(Add ? load<quad>(to) + v[i] : v[i], to);
    }
  }
  TESSERA_CPU_INLINE void one(std::int64_t c, std::int64_t t) const {
    if (cells[t] < 0) return;
    float& to = y[cells[t] + c];
    to = Add ? to + row[c * taps + t] : row[c * taps + t];
  }
};
inline void interleave_cells(const float* x, const std::int64_t* cells, std::int64_t taps,
                             std::int64_t channels, float* row) {
  over_quads(cells, taps, channels, gather_cells{x, cells, taps, row});
}
inline void deal_to_cells(const float* row, const std::int64_t* cells, std::int64_t taps,
                          std::int64_t channels, float* y) {
  over_quads(cells, taps, channels, scatter_cells<false>{row, cells, taps, y});
}
inline void add_to_cells(const float* row, const std::int64_t* cells, std::int64_t taps,
                         std::int64_t channels, float* y) {
  over_quads(cells, taps, channels, scatter_cells<true>{row, cells, taps, y});
}

// Places in a stable ascending order, NaN last. keys: n floats of scratch for n integers that are
// ordered as the noise is, with one key for both zeros.
inline void rank_tokens(const float* noise, std::int64_t n, float* keys, std::int32_t* ranks) {
  for (std::int64_t i = 0; i < n; i += lanes) {
    const auto some = static_cast<std::size_t>(n - i < lanes ? n - i : lanes);
    const vec x = load_n(noise + i, some);
    const ivec b = reinterpret_cast<ivec>(x);
    ivec key = b < ivec{} ? -(b & 0x7fffffff) : b;
    key = is_nan(x) ? 0x7fffffff + ivec{} : key;
    store_n(reinterpret_cast<vec>(key), keys + i, some);
  }
  for (std::int64_t i = 0; i < n; ++i) {
    std::int32_t mine;
    __builtin_memcpy(&mine, keys + i, sizeof(mine));
    std::int32_t rank = 0;
    ivec before{};  // minus one for each key that comes before
    std::int64_t j = 0;
    for (; j + lanes <= i; j += lanes)
      before += reinterpret_cast<ivec>(load(keys + j)) <= mine + ivec{};
    for (; j < n && (j < i || j % lanes != 0); ++j) {
      std::int32_t other;
      __builtin_memcpy(&other, keys + j, sizeof(other));
      rank += other < mine || (other == mine && j < i);
    }
    for (; j + lanes <= n; j += lanes)
      before += reinterpret_cast<ivec>(load(keys + j)) < mine + ivec{};
    for (; j < n; ++j) {
      std::int32_t other;
      __builtin_memcpy(&other, keys + j, sizeof(other));
      rank += other < mine;
    }
    for (std::int64_t l = 0; l < lanes; ++l) rank -= before[l];
    ranks[i] = rank;
  }
}
