// batch_norm and its gradient over `rows` rows of C channels; part of leaves-inl.hpp.

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
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x, vec mean, vec rstd, vec gamma, vec a,
                                    vec b) const {
    const vec h = (x - mean) * rstd;
    return gamma * rstd * fnma(h, b, dy - a);
  }
};

// sums += (x - mean)^2
inline void add_centred_squares(float* sums, std::int64_t c, const float* x, std::int64_t rows,
                                const float* mean) {
  for (std::int64_t r = 0; r < rows; ++r)
    zip(add_square_of_centred(), sums, c, sums, x + r * c, mean);
}
inline void normalise_channel_rows(const float* x, std::int64_t rows, std::int64_t c,
                                   const float* mean, const float* rstd, const float* gamma,
                                   const float* beta, float* y) {
  for (std::int64_t r = 0; r < rows; ++r)
    zip(normalise_channels(), y + r * c, c, x + r * c, mean, rstd, gamma, beta);
}
// Adds to sums (2, C) the rows' dy, then dy h.
inline void batch_norm_sum_rows(const float* dy, const float* x, std::int64_t rows, std::int64_t c,
                                const float* mean, const float* rstd, float* sums) {
  for (std::int64_t r = 0; r < rows; ++r) {
    zip(add_vectors(), sums, c, sums, dy + r * c);
    zip(add_normalised_product(), sums + c, c, sums + c, dy + r * c, x + r * c, mean, rstd);
  }
}
// means: (2, C), of dy and of dy h.
inline void batch_norm_gradient_rows(const float* dy, const float* x, std::int64_t rows,
                                     std::int64_t c, const float* mean, const float* rstd,
                                     const float* gamma, const float* means, float* dx) {
  for (std::int64_t r = 0; r < rows; ++r)
    zip(channel_gradient(), dx + r * c, c, dy + r * c, x + r * c, mean, rstd, gamma, means,
        means + c);
}
