// batch_norm, depthwise_conv and pooling of token grids (contracts: ops/batch_norm.hpp, ops/grid.hpp).

struct add_square_of_centred {  // sum + (x - mean)^2
  TESSERA_CPU_INLINE vec operator()(vec sum, vec x, vec mean) const {
    const vec e = x - mean;
    return fma(e, e, sum);
  }
};
struct normalise_channels {
  TESSERA_CPU_INLINE vec operator()(vec x, vec mean, vec rstd, vec gamma, vec beta) const {
    return fma((x - mean) * rstd, gamma, beta);
  }
};
struct add_normalised_product {  // sum + dy (x - mean) rstd
  TESSERA_CPU_INLINE vec operator()(vec sum, vec dy, vec x, vec mean, vec rstd) const {
    return fma(dy, (x - mean) * rstd, sum);
  }
};
struct channel_gradient {  // gamma rstd (dy - a - h b), a = mean(dy), b = mean(dy h)
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x, vec mean, vec rstd, vec gamma, vec a, vec b) const {
    const vec h = (x - mean) * rstd;
    return gamma * rstd * fnma(h, b, dy - a);
  }
};

template <>
struct kernel<"batch_norm"> {
  template <op_key>
  static void run(const arguments& a) {
    const std::int64_t c = a.in_shape(0).last(), rows = rows_in(a.inputs[0]);
    const float *x = a.in<float>(0), *gamma = a.in<float>(1), *beta = a.in<float>(2);
    auto* scratch =
        static_cast<float*>(thread_scratch(1, static_cast<std::size_t>(2 * c) * sizeof(float)));
    float* mean = a.out<float>(1) != nullptr ? a.out<float>(1) : scratch;
    float* rstd = a.out<float>(2) != nullptr ? a.out<float>(2) : scratch + c;
    sum_rows(
        a.pool, rows, c,
        [&](std::int64_t r, float* mine) TESSERA_TARGET {
          zip(add_vectors(), mine, c, mine, x + r * c);
        },
        mean);
    for (std::int64_t i = 0; i < c; ++i) mean[i] /= static_cast<float>(rows);
    sum_rows(
        a.pool, rows, c,
        [&](std::int64_t r, float* mine) TESSERA_TARGET {
          zip(add_square_of_centred(), mine, c, mine, x + r * c,
              mean);
        },
        rstd);
    for (std::int64_t i = 0; i < c; ++i) {
      if (float* unbiased = a.out<float>(3); unbiased != nullptr)
        unbiased[i] = rstd[i] / static_cast<float>(rows > 1 ? rows - 1 : 1);
      rstd[i] = 1.0f / __builtin_sqrtf(rstd[i] / static_cast<float>(rows) +
                                       static_cast<float>(a.settings[0]));
    }
    parallel(a.pool, rows, 1 + elementwise_run / c,
             [&](std::int64_t first, std::int64_t last) TESSERA_TARGET {
               for (std::int64_t r = first; r < last; ++r)
                 zip(normalise_channels(), a.out<float>(0) + r * c, c, x + r * c,
                     mean, rstd, gamma, beta);
             });
  }
};

template <>
struct kernel<"batch_norm_gradient"> {
  template <op_key>
  static void run(const arguments& a) {
    const std::int64_t c = a.in_shape(1).last(), rows = rows_in(a.inputs[1]);
    const float *dy = a.in<float>(0), *x = a.in<float>(1), *gamma = a.in<float>(2);
    const float *mean = a.in<float>(3), *rstd = a.in<float>(4);
    auto* sums =
        static_cast<float*>(thread_scratch(1, static_cast<std::size_t>(2 * c) * sizeof(float)));
    sum_rows(
        a.pool, rows, 2 * c,
        [&](std::int64_t r, float* mine) TESSERA_TARGET {
          zip(add_vectors(), mine, c, mine, dy + r * c);
          zip(add_normalised_product(), mine + c, c, mine + c,
              dy + r * c, x + r * c, mean, rstd);
        },
        sums);
    float *dgamma = a.out<float>(1), *dbeta = a.out<float>(2);
    for (std::int64_t i = 0; i < c; ++i) {
      if (dgamma != nullptr) dgamma[i] = sums[c + i] + (a.outputs[1].accumulate ? dgamma[i] : 0);
      if (dbeta != nullptr) dbeta[i] = sums[i] + (a.outputs[2].accumulate ? dbeta[i] : 0);
      sums[i] /= static_cast<float>(rows);
      sums[c + i] /= static_cast<float>(rows);
    }
    if (float* dx = a.out<float>(0); dx != nullptr)
      parallel(a.pool, rows, 1 + elementwise_run / c,
               [&](std::int64_t first, std::int64_t last) TESSERA_TARGET {
                 for (std::int64_t r = first; r < last; ++r)
                   zip(channel_gradient(), dx + r * c, c, dy + r * c, x + r * c, mean, rstd, gamma,
                       sums, sums + c);
               });
  }
};

struct add_product {  // sum + x w
  TESSERA_CPU_INLINE vec operator()(vec sum, vec x, vec w) const { return fma(x, w, sum); }
};

// f(cell of y, cell of x, tap) wherever both lie on the grid.
template <class F>
TESSERA_CPU_INLINE void over_taps(std::int64_t height, std::int64_t width, std::int64_t k, const F& f) {
  for (std::int64_t i = 0; i < height; ++i)
    for (std::int64_t j = 0; j < width; ++j)
      for (std::int64_t u = 0; u < k; ++u)
        for (std::int64_t v = 0; v < k; ++v) {
          const std::int64_t y = i + u - k / 2, x = j + v - k / 2;
          if (y >= 0 && y < height && x >= 0 && x < width) f(i * width + j, y * width + x, u * k + v);
        }
}
// (C, 1, k, k) -> (k k, C): a tap's weights of all channels lie together.
TESSERA_CPU_INLINE const float* taps_first(const float* w, std::int64_t c, std::int64_t taps) {
  auto* turned =
      static_cast<float*>(thread_scratch(0, static_cast<std::size_t>(c * taps) * sizeof(float)));
  for (std::int64_t t = 0; t < taps; ++t)
    for (std::int64_t i = 0; i < c; ++i) turned[t * c + i] = w[i * taps + t];
  return turned;
}

template <>
struct kernel<"depthwise_conv"> {
  template <op_key>
  static void run(const arguments& a) {
    const std::int64_t c = a.in_shape(0).last(), cells = a.in_shape(0).dims[0], k = a.attr.c;
    const float *w = taps_first(a.in<float>(1), c, k * k), *bias = a.in<float>(2);
    over_samples(a, a.outputs[0], [&](std::int64_t s) TESSERA_TARGET {
      const float* x = a.in<float>(0) + s * cells * c;
      float* y = a.out<float>(0) + s * cells * c;
      for (std::int64_t n = 0; n < cells; ++n)
        if (bias != nullptr)
          copy(y + n * c, bias, c);
        else
          clear(y + n * c, c);
      over_taps(a.attr.a, a.attr.b, k,
                [&](std::int64_t to, std::int64_t from, std::int64_t tap) TESSERA_TARGET {
                  zip(add_product(), y + to * c, c, y + to * c,
                      x + from * c, w + tap * c);
                });
    });
  }
};
template <>
struct kernel<"depthwise_conv_input_gradient"> {
  template <op_key>
  static void run(const arguments& a) {
    const std::int64_t c = a.in_shape(0).last(), cells = a.in_shape(0).dims[0], k = a.attr.c;
    const float* w = taps_first(a.in<float>(1), c, k * k);
    over_samples(a, a.outputs[0], [&](std::int64_t s) TESSERA_TARGET {
      const float* dy = a.in<float>(0) + s * cells * c;
      float* dx = a.out<float>(0) + s * cells * c;
      clear(dx, cells * c);
      over_taps(a.attr.a, a.attr.b, k,
                [&](std::int64_t to, std::int64_t from, std::int64_t tap) TESSERA_TARGET {
                  zip(add_product(), dx + from * c, c, dx + from * c,
                      dy + to * c, w + tap * c);
                });
    });
  }
};
template <>
struct kernel<"depthwise_conv_weight_gradient"> {
  template <op_key>
  static void run(const arguments& a) {
    const std::int64_t c = a.in_shape(0).last(), cells = a.in_shape(0).dims[0], k = a.attr.c;
    const std::int64_t taps = k * k, samples = samples_in(a.inputs[0]), each = 4;
    const std::int64_t chunks = (samples + each - 1) / each, size = (taps + 1) * c;
    auto* partial = static_cast<float*>(
        thread_scratch(0, static_cast<std::size_t>(chunks * size) * sizeof(float)));
    parallel(a.pool, chunks, 1, [&](std::int64_t chunk, std::int64_t) TESSERA_TARGET {
      float* mine = partial + chunk * size;  // (k k, C), then the bias
      clear(mine, size);
      for (std::int64_t s = chunk * each; s < least(samples, (chunk + 1) * each); ++s) {
        const float *dy = a.in<float>(0) + s * cells * c, *x = a.in<float>(1) + s * cells * c;
        over_taps(a.attr.a, a.attr.b, k,
                  [&](std::int64_t to, std::int64_t from, std::int64_t tap) TESSERA_TARGET {
                    zip(add_product(), mine + tap * c, c, mine + tap * c,
                        dy + to * c, x + from * c);
                  });
        for (std::int64_t n = 0; n < cells; ++n)
          zip(add_vectors(), mine + taps * c, c, mine + taps * c,
              dy + n * c);
      }
    });
    for (std::int64_t o = 0; o < 2; ++o) {
      float* y = a.out<float>(static_cast<int>(o));
      if (y == nullptr) continue;
      const bool add = a.outputs[o].accumulate;
      for (std::int64_t i = 0; i < c; ++i)
        for (std::int64_t t = o == 0 ? 0 : taps; t < (o == 0 ? taps : taps + 1); ++t) {
          float sum = 0;
          for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
            sum += partial[chunk * size + t * c + i];
          float& at = y[o == 0 ? i * taps + t : i];
          at = add ? at + sum : sum;
        }
    }
  }
};
