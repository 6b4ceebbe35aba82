// layer_norm and its gradient over `rows` rows of C floats; part of leaves-inl.hpp.

struct normalise_vectors {
  float mean, rstd;
  TESSERA_CPU_INLINE vec operator()(vec x, vec gamma, vec beta) const {
    const vec h = (x - set(mean)) * set(rstd);
    return fma(h, gamma, beta);
  }
};
// g = dy gamma; then rstd (g - mean(g) - h mean(g h)), h = (x - mean) rstd.
struct upstream_product {
  float mean, rstd;
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x, vec gamma) const {
    const vec h = (x - set(mean)) * set(rstd);
    return dy * gamma * h;
  }
};
struct input_gradient_vectors {
  float mean, rstd, mean_g, mean_gh;
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x, vec gamma) const {
    const vec h = (x - set(mean)) * set(rstd);
    const vec g = dy * gamma - set(mean_g);
    return set(rstd) * fnma(h, set(mean_gh), g);
  }
};
struct gamma_gradient_vectors {  // sum + dy h
  float mean, rstd;
  TESSERA_CPU_INLINE vec operator()(vec sum, vec dy, vec x) const {
    const vec h = (x - set(mean)) * set(rstd);
    return fma(dy, h, sum);
  }
};

// means and rstds may be null.
inline void layer_norm_rows(const float* x, std::int64_t rows, std::int64_t c, const float* gamma,
                            const float* beta, float eps, float* y, float* means, float* rstds) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * c;
    const float mean = reduce(identity_vector(), c, row) / static_cast<float>(c);
    const float var = reduce(squared_distance{mean}, c, row) / static_cast<float>(c);
    const float rstd = 1.0f / __builtin_sqrtf(var + eps);
    zip(normalise_vectors{mean, rstd}, y + r * c, c, row, gamma, beta);
    if (means != nullptr) means[r] = mean;
    if (rstds != nullptr) rstds[r] = rstd;
  }
}

inline void layer_norm_input_gradient_rows(const float* dy, const float* x, std::int64_t rows,
                                           std::int64_t c, const float* gamma, const float* means,
                                           const float* rstds, float* dx) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float *g = dy + r * c, *row = x + r * c;
    const float mean = means[r], rstd = rstds[r];
    const float mean_g = reduce(product_vectors(), c, g, gamma) / static_cast<float>(c);
    const float mean_gh =
        reduce(upstream_product{mean, rstd}, c, g, row, gamma) / static_cast<float>(c);
    zip(input_gradient_vectors{mean, rstd, mean_g, mean_gh}, dx + r * c, c, g, row, gamma);
  }
}

// Adds to sums (2, C) the rows' dy h, then dy.
inline void layer_norm_sum_rows(const float* dy, const float* x, std::int64_t rows, std::int64_t c,
                                const float* means, const float* rstds, float* sums) {
  for (std::int64_t r = 0; r < rows; ++r) {
    zip(gamma_gradient_vectors{means[r], rstds[r]}, sums, c, sums, dy + r * c, x + r * c);
    zip(add_vectors(), sums + c, c, sums + c, dy + r * c);
  }
}
