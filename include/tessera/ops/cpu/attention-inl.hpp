// The rows of attention and of its gradient, T logits each; part of leaves-inl.hpp.

struct shifted_exp {  // exp(scale s - shift)
  float scale, shift;
  TESSERA_CPU_INLINE vec operator()(vec s) const {
    return vector_exp(fma(s, set(scale), set(-shift)));
  }
};
struct logit_gradient {  // p (dp - delta) scale
  float delta, scale;
  TESSERA_CPU_INLINE vec operator()(vec p, vec dp) const {
    return p * (dp - set(delta)) * set(scale);
  }
};

// p: logits -> softmax(scale p) of each row; log_sums: their log-sum-exp, or null.
inline void softmax_rows(float* p, std::int64_t rows, std::int64_t t, float scale,
                         float* log_sums) {
  for (std::int64_t i = 0; i < rows; ++i) {
    float* row = p + i * t;
    const float most = scale * array_max(row, static_cast<std::size_t>(t));
    map(shifted_exp{scale, most}, row, row, static_cast<std::size_t>(t));
    const float sum = reduce(identity_vector(), t, row);
    zip(scale_vector{1.0f / sum}, row, t, row);
    if (log_sums != nullptr) log_sums[i] = most + __builtin_logf(sum);
  }
}

// p: logits -> probabilities, ds: dy_i . v_j -> gradients of the logits. dy and y: rows of
// `channels` floats, `width` apart.
inline void attention_gradient_rows(float* p, float* ds, std::int64_t rows, std::int64_t t,
                                    float scale, const float* log_sums, const float* dy,
                                    const float* y, std::int64_t width, std::int64_t channels) {
  for (std::int64_t i = 0; i < rows; ++i) {
    float *p_row = p + i * t, *ds_row = ds + i * t;
    const float log_sum = log_sums[i];
    const float delta = reduce(product_vectors(), channels, dy + i * width, y + i * width);
    map(shifted_exp{scale, log_sum}, p_row, p_row, static_cast<std::size_t>(t));
    zip(logit_gradient{delta, scale}, ds_row, t, p_row, ds_row);
  }
}
