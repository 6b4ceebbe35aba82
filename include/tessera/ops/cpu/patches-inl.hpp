// unfold, normalise_patches, and the masked mean squared error (contracts: ops/patches.hpp,
// ops/losses.hpp).

template <>
struct kernel<"unfold"> {
  template <op_key>
  static void run(const arguments& a) {
    const shape &x = a.in_shape(0), &y = a.out_shape(0);
    const std::int64_t channels = x.dims[0], height = x.dims[1], width = x.dims[2];
    const std::int64_t p = a.attr.a, step = a.attr.b, pad = a.attr.c;
    const std::int64_t columns = (width + 2 * pad - p) / step + 1;
    const bool channel_last = a.attr.d == 1;
    over_samples(a, a.outputs[0], [&](std::int64_t s) TESSERA_TARGET {
      const float* in = a.in<float>(0) + s * channels * height * width;
      float* out = a.out<float>(0) + s * y.per_sample();
      for (std::int64_t n = 0; n < y.dims[0]; ++n)
        for (std::int64_t c = 0; c < channels; ++c)
          for (std::int64_t i = 0; i < p; ++i) {
            const std::int64_t row = n / columns * step + i - pad, left = n % columns * step - pad;
            float* to = out + n * y.dims[1] + (channel_last ? i * p * channels + c : (c * p + i) * p);
            const std::int64_t each = channel_last ? channels : 1;
            const float* from = in + (c * height + row) * width + left;
            for (std::int64_t j = 0; j < p; ++j)
              to[j * each] = row >= 0 && row < height && left + j >= 0 && left + j < width ? from[j]
                                                                                           : 0.0f;
          }
    });
  }
};

struct centre_and_scale {
  float mean, scale;
  TESSERA_CPU_INLINE vec operator()(vec x) const { return (x - set(mean)) * set(scale); }
};

template <>
struct kernel<"normalise_patches"> {
  template <op_key>
  static void run(const arguments& a) {
    const std::int64_t n = a.in_shape(0).last();
    const auto eps = static_cast<float>(a.settings[0]);
    parallel(a.pool, rows_in(a.inputs[0]), 1 + elementwise_run / n,
             [&](std::int64_t first, std::int64_t last) TESSERA_TARGET {
               for (std::int64_t r = first; r < last; ++r) {
                 const float* x = a.in<float>(0) + r * n;
                 const float mean = reduce(identity_vector(), n, x) / static_cast<float>(n);
                 const float squares = reduce(squared_distance{mean}, n, x);
                 const float var = squares / static_cast<float>(n - 1);
                 zip(centre_and_scale{mean, 1.0f / __builtin_sqrtf(var + eps)},
                     a.out<float>(0) + r * n, n, x);
               }
             });
  }
};

struct squared_difference {
  TESSERA_CPU_INLINE vec operator()(vec x, vec y) const {
    const vec e = x - y;
    return e * e;
  }
};
struct scaled_difference {
  float scale;
  TESSERA_CPU_INLINE vec operator()(vec x, vec y) const { return set(scale) * (x - y); }
};

inline double masked_rows(const std::uint8_t* mask, std::int64_t rows) {
  double masked = 0;
  for (std::int64_t r = 0; r < rows; ++r) masked += mask[r];
  return masked;
}

template <>
struct kernel<"masked_mse"> {
  template <op_key>
  static void run(const arguments& a) {
    const std::int64_t n = a.in_shape(0).last(), rows = rows_in(a.inputs[0]), each = 256;
    const std::uint8_t* mask = a.in<std::uint8_t>(2);
    const std::int64_t chunks = (rows + each - 1) / each;
    auto* partial = static_cast<double*>(
        thread_scratch(0, static_cast<std::size_t>(chunks) * sizeof(double)));
    parallel(a.pool, chunks, 1, [&](std::int64_t chunk, std::int64_t) TESSERA_TARGET {
      double sum = 0;
      for (std::int64_t r = chunk * each; r < least(rows, (chunk + 1) * each); ++r)
        if (mask[r] != 0)
          sum += static_cast<double>(reduce(squared_difference(), n, a.in<float>(0) + r * n,
                                            a.in<float>(1) + r * n)) *
                 mask[r];
      partial[chunk] = sum;
    });
    double sum = 0;
    for (std::int64_t k = 0; k < chunks; ++k) sum += partial[k];
    a.out<float>(0)[0] = static_cast<float>(sum / static_cast<double>(n) / masked_rows(mask, rows));
  }
};

template <>
struct kernel<"masked_mse_gradient"> {
  template <op_key>
  static void run(const arguments& a) {
    const std::int64_t n = a.in_shape(1).last(), rows = rows_in(a.inputs[1]);
    const std::uint8_t* mask = a.in<std::uint8_t>(3);
    const auto scale = static_cast<float>(2.0 * static_cast<double>(a.in<float>(0)[0]) /
                                          (static_cast<double>(n) * masked_rows(mask, rows)));
    parallel(a.pool, rows, 1 + elementwise_run / n,
             [&](std::int64_t first, std::int64_t last) TESSERA_TARGET {
               for (std::int64_t r = first; r < last; ++r)
                 zip(scaled_difference{scale * static_cast<float>(mask[r])},
                     a.out<float>(0) + r * n, n, a.in<float>(1) + r * n, a.in<float>(2) + r * n);
             });
  }
};
