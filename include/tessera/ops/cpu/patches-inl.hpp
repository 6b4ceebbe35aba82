// Rows of n floats of normalise_patches and the masked mean squared error; part of leaves-inl.hpp.

struct centre_and_scale {
  float mean, scale;
  TESSERA_CPU_INLINE vec operator()(vec x) const { return (x - set(mean)) * set(scale); }
};

struct squared_difference {
  TESSERA_CPU_INLINE vec operator()(vec x, vec y) const {
    const vec e = x - y;
    return e * e;
  }
};
struct scaled_error {
  float scale;
  TESSERA_CPU_INLINE vec operator()(vec x, vec y) const { return set(scale) * (x - y); }
};

inline void normalise_patch_rows(const float* x, std::int64_t rows, std::int64_t n, float eps,
                                 float* y) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * n;
    const float mean = reduce(identity_vector(), n, row) / static_cast<float>(n);
    const float squares = reduce(squared_distance{mean}, n, row);
    const float var = squares / static_cast<float>(n - 1);
    zip(centre_and_scale{mean, 1.0f / __builtin_sqrtf(var + eps)}, y + r * n, n, row);
  }
}

// The sum over the masked rows of |x - y|^2.
inline double masked_squares(const float* x, const float* y, const std::uint8_t* mask,
                             std::int64_t rows, std::int64_t n) {
  double sum = 0;
  for (std::int64_t r = 0; r < rows; ++r)
    if (mask[r] != 0)
      sum += static_cast<double>(reduce(squared_difference(), n, x + r * n, y + r * n)) * mask[r];
  return sum;
}

// dx = scale mask (x - y), row by row.
inline void masked_difference_rows(const float* x, const float* y, const std::uint8_t* mask,
                                   std::int64_t rows, std::int64_t n, float scale, float* dx) {
  for (std::int64_t r = 0; r < rows; ++r)
    if (mask[r] != 0)
      zip(scaled_error{scale * static_cast<float>(mask[r])}, dx + r * n, n, x + r * n,
          y + r * n);
    else
      __builtin_memset(dx + r * n, 0, static_cast<std::size_t>(n) * sizeof(float));
}
