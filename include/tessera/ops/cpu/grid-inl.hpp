// depthwise_conv, its gradients and pooling over cells of C channels; kernels of side k are laid
// out (k k, C). Part of leaves-inl.hpp.

// Whole vectors, or the first n lanes of one.
struct whole_vector {
  TESSERA_CPU_INLINE vec get(const float* p) const { return load(p); }
  TESSERA_CPU_INLINE void put(vec v, float* p) const { store(v, p); }
};
struct part_of_vector {
  std::size_t n;
  TESSERA_CPU_INLINE vec get(const float* p) const { return load_n(p, n); }
  TESSERA_CPU_INLINE void put(vec v, float* p) const { store_n(v, p, n); }
};

// f.run<Vectors>(channel, access) over c channels: two vectors at a time, one, the rest.
template <class F>
TESSERA_CPU_INLINE void over_channels(std::int64_t c, const F& f) {
  std::int64_t i = 0;
  for (; i + 2 * lanes <= c; i += 2 * lanes) f.template run<2>(i, whole_vector());
  for (; i + lanes <= c; i += lanes) f.template run<1>(i, whole_vector());
  if (i < c) f.template run<1>(i, part_of_vector{static_cast<std::size_t>(c - i)});
}

// Taps [u, u_end) x [v, v_end) of a kernel of side k on Cells neighbours of a row, on a grid
// `width` cells wide. corner: where in x the cell begins that tap (0, 0) of the first one would
// read.
struct tap_range {
  std::int64_t k, u, u_end, v, v_end, width, c, corner;
};
template <int Cells>
struct depthwise_sum {  // y = bias + sum of x w; bias may be null
  tap_range t;
  const float *x, *w, *bias;
  float* y;

  template <int Vectors, class Access>
  TESSERA_CPU_INLINE void run(std::int64_t at, const Access& access) const {
    vec sum[Cells][Vectors];
    TESSERA_CPU_UNROLL
    for (int i = 0; i < Vectors; ++i) {
      const vec first = bias != nullptr ? access.get(bias + at + i * lanes) : zero();
      TESSERA_CPU_UNROLL
      for (int m = 0; m < Cells; ++m) sum[m][i] = first;
    }
    for (std::int64_t u = t.u; u < t.u_end; ++u)
      for (std::int64_t v = t.v; v < t.v_end; ++v) {
        const float* from = x + (t.corner + (u * t.width + v) * t.c + at);
        const float* tap = w + (u * t.k + v) * t.c + at;
        TESSERA_CPU_UNROLL
        for (int i = 0; i < Vectors; ++i) {
          const vec weight = access.get(tap + i * lanes);
          TESSERA_CPU_UNROLL
          for (int m = 0; m < Cells; ++m)
            sum[m][i] = fma(access.get(from + m * t.c + i * lanes), weight, sum[m][i]);
        }
      }
    TESSERA_CPU_UNROLL
    for (int m = 0; m < Cells; ++m) {
      TESSERA_CPU_UNROLL
      for (int i = 0; i < Vectors; ++i) access.put(sum[m][i], y + m * t.c + at + i * lanes);
    }
  }
};
template <int Cells>
struct depthwise_weights {  // dw += dy x
  tap_range t;
  const float *x, *dy;
  float* dw;

  template <int Vectors, class Access>
  TESSERA_CPU_INLINE void run(std::int64_t at, const Access& access) const {
    vec up[Cells][Vectors];
    TESSERA_CPU_UNROLL
    for (int m = 0; m < Cells; ++m) {
      TESSERA_CPU_UNROLL
      for (int i = 0; i < Vectors; ++i) up[m][i] = access.get(dy + m * t.c + at + i * lanes);
    }
    for (std::int64_t u = t.u; u < t.u_end; ++u)
      for (std::int64_t v = t.v; v < t.v_end; ++v) {
        const float* from = x + (t.corner + (u * t.width + v) * t.c + at);
        float* tap = dw + (u * t.k + v) * t.c + at;
        TESSERA_CPU_UNROLL
        for (int i = 0; i < Vectors; ++i) {
          vec sum = access.get(tap + i * lanes);
          TESSERA_CPU_UNROLL
          for (int m = 0; m < Cells; ++m)
            sum = fma(up[m][i], access.get(from + m * t.c + i * lanes), sum);
          access.put(sum, tap + i * lanes);
        }
      }
  }
};

// f.cells<Cells>(taps, cell j of row i) over a row: four neighbours at a time where all their taps
// lie on the grid, else one. Tap (u, v) of cell (i, j) reads cell (i + u - pad, j + v - pad).
template <class F>
TESSERA_CPU_INLINE void over_row(std::int64_t i, std::int64_t height, std::int64_t width,
                                 std::int64_t k, std::int64_t pad, std::int64_t c, const F& f) {
  const std::int64_t corner = ((i - pad) * width - pad) * c, u = pad > i ? pad - i : 0;
  const std::int64_t u_end = height + pad - i < k ? height + pad - i : k;
  for (std::int64_t j = 0; j < width;) {
    if (j >= pad && j + 3 - pad + k <= width) {
      f.template cells<4>(tap_range{k, u, u_end, 0, k, width, c, corner + j * c}, j);
      j += 4;
    } else {
      const std::int64_t v = pad > j ? pad - j : 0;
      const std::int64_t v_end = width + pad - j < k ? width + pad - j : k;
      f.template cells<1>(tap_range{k, u, u_end, v, v_end, width, c, corner + j * c}, j);
      ++j;
    }
  }
}

// Channels are taken in blocks, so that the kernels of one stay in the L1 cache over a row.
inline constexpr std::int64_t depthwise_block = 256;

struct depthwise_row_sum {
  std::int64_t channels;  // of a block
  const float *x, *w, *bias;
  float* y;
  template <int Cells>
  TESSERA_CPU_INLINE void cells(const tap_range& t, std::int64_t j) const {
    over_channels(channels, depthwise_sum<Cells>{t, x, w, bias, y + j * t.c});
  }
};
struct depthwise_row_weights {
  std::int64_t channels;
  const float *x, *dy;
  float* dw;
  template <int Cells>
  TESSERA_CPU_INLINE void cells(const tap_range& t, std::int64_t j) const {
    over_channels(channels, depthwise_weights<Cells>{t, x, dy + j * t.c, dw});
  }
};

// Row i of a sample (height width, C): of y, or what row i of dy adds to dw.
inline void depthwise_row(std::int64_t i, std::int64_t height, std::int64_t width, std::int64_t k,
                          std::int64_t pad, std::int64_t c, const float* x, const float* w,
                          const float* bias, float* y) {
  for (std::int64_t at = 0; at < c; at += depthwise_block) {
    const std::int64_t channels = c - at < depthwise_block ? c - at : depthwise_block;
    over_row(i, height, width, k, pad, c,
             depthwise_row_sum{channels, x + at, w + at, bias == nullptr ? nullptr : bias + at,
                               y + i * width * c + at});
  }
}
inline void depthwise_weight_row(std::int64_t i, std::int64_t height, std::int64_t width,
                                 std::int64_t k, std::int64_t pad, std::int64_t c, const float* dy,
                                 const float* x, float* dw) {
  for (std::int64_t at = 0; at < c; at += depthwise_block) {
    const std::int64_t channels = c - at < depthwise_block ? c - at : depthwise_block;
    over_row(i, height, width, k, pad, c,
             depthwise_row_weights{channels, x + at, dy + i * width * c + at, dw + at});
  }
}

// A pool of side x side cells from x on, rows `row` floats apart.
struct pool_mean {
  const float* x;
  std::int64_t side, row, c;
  float* y;
  template <int Vectors, class Access>
  TESSERA_CPU_INLINE void run(std::int64_t at, const Access& access) const {
    const float share = 1.0f / static_cast<float>(side * side);
    TESSERA_CPU_UNROLL
    for (int i = 0; i < Vectors; ++i) {
      vec sum = zero();
      for (std::int64_t v = 0; v < side; ++v)
        for (std::int64_t u = 0; u < side; ++u)
          sum += access.get(x + v * row + u * c + at + i * lanes);
      access.put(sum * set(share), y + at + i * lanes);
    }
  }
};
struct pool_largest {  // a NaN is largest; the first of equals
  const float* x;
  std::int64_t side, row, c;
  float *y, *places;  // places: integers as floats' bits, or null
  template <int Vectors, class Access>
  TESSERA_CPU_INLINE void run(std::int64_t at, const Access& access) const {
    TESSERA_CPU_UNROLL
    for (int i = 0; i < Vectors; ++i) {
      vec most = access.get(x + at + i * lanes);
      ivec place{};
      std::int32_t m = 0;
      for (std::int64_t v = 0; v < side; ++v)
        for (std::int64_t u = 0; u < side; ++u, ++m) {
          const vec now = access.get(x + v * row + u * c + at + i * lanes);
          const ivec larger = (now > most) | (is_nan(now) & ~is_nan(most));
          most = select(larger, now, most);
          place = larger ? m + ivec{} : place;
        }
      access.put(most, y + at + i * lanes);
      if (places != nullptr) access.put(reinterpret_cast<vec>(place), places + at + i * lanes);
    }
  }
};
inline void pool_mean_cell(const float* x, std::int64_t side, std::int64_t row, std::int64_t c,
                           float* y) {
  over_channels(c, pool_mean{x, side, row, c, y});
}
inline void pool_largest_cell(const float* x, std::int64_t side, std::int64_t row, std::int64_t c,
                              float* y, std::int32_t* places) {
  over_channels(c, pool_largest{x, side, row, c, y, reinterpret_cast<float*>(places)});
}
struct where_place {  // dy where the place is m, else 0
  std::int32_t m;
  TESSERA_CPU_INLINE vec operator()(vec dy, vec place) const {
    return select(reinterpret_cast<ivec>(place) == m + ivec{}, dy, zero());
  }
};
inline void pool_place_run(float* dx, std::int64_t n, const float* dy, const std::int32_t* places,
                           std::int32_t m) {
  zip(where_place{m}, dx, n, dy, reinterpret_cast<const float*>(places));
}
