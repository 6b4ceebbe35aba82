// Rows of softmax, log_softmax and their gradients, n floats each; part of leaves-inl.hpp. Unlike
// softmax_rows of attention-inl.hpp, which works in place, they take the largest off before the
// scale, so that no product overflows.

struct log_probability {  // (x - most) scale - shift: exact near the largest
  float most, scale, shift;
  TESSERA_CPU_INLINE vec operator()(vec x) const {
    return fma(x - set(most), set(scale), set(-shift));
  }
};
struct exp_below_most {
  float most, scale;
  TESSERA_CPU_INLINE vec operator()(vec x) const {
    return vector_exp((x - set(most)) * set(scale));
  }
};
struct log_softmax_gradient_vectors {  // (dy - exp(y) sum) scale
  float sum, scale;
  TESSERA_CPU_INLINE vec operator()(vec dy, vec y) const {
    return fnma(vector_exp(y), set(sum), dy) * set(scale);
  }
};

inline void softmax_from_rows(const float* x, std::int64_t rows, std::int64_t n, float scale,
                              float* y) {
  for (std::int64_t i = 0; i < rows; ++i, x += n, y += n) {
    const float most = array_max(x, static_cast<std::size_t>(n));
    map(exp_below_most{most, scale}, x, y, static_cast<std::size_t>(n));
    zip(scale_vector{1.0f / reduce(identity_vector(), n, y)}, y, n, y);
  }
}
inline void softmax_gradient_rows(const float* dy, const float* y, std::int64_t rows,
                                  std::int64_t n, float scale, float* dx) {
  for (std::int64_t i = 0; i < rows; ++i, dy += n, y += n, dx += n) {
    const float along = reduce(product_vectors(), n, dy, y);
    zip(logit_gradient{along, scale}, dx, n, y, dy);
  }
}
inline void log_softmax_rows(const float* x, std::int64_t rows, std::int64_t n, float scale,
                             float* y) {
  for (std::int64_t i = 0; i < rows; ++i, x += n, y += n) {
    const float most = array_max(x, static_cast<std::size_t>(n));
    const float sum = reduce(exp_below_most{most, scale}, n, x);
    zip(log_probability{most, scale, __builtin_logf(sum)}, y, n, x);
  }
}
inline void log_softmax_gradient_rows(const float* dy, const float* y, std::int64_t rows,
                                      std::int64_t n, float scale, float* dx) {
  for (std::int64_t i = 0; i < rows; ++i, dy += n, y += n, dx += n)
    zip(log_softmax_gradient_vectors{reduce(identity_vector(), n, dy), scale}, dx, n, dy, y);
}
