// Logits of decomposed_attention and what their gradients give; part of leaves-inl.hpp. Rows are
// queries from `first` on, token t at (t / width, t % width) of a window; down (2 height - 1, c),
// across (2 width - 1, c).

struct add_multiple {  // sum + by x
  float by;
  TESSERA_CPU_INLINE vec operator()(vec sum, vec x) const { return fma(set(by), x, sum); }
};
struct decomposed_logit {  // scale p + down + across
  float scale, down;
  TESSERA_CPU_INLINE vec operator()(vec p, vec across) const {
    return fma(set(scale), p, set(down)) + across;
  }
};

// extra: height + width floats.
inline void decomposed_logit_rows(const window_tables& w, float* p, std::int64_t rows,
                                  std::int64_t first, const float* q, std::int64_t q_row,
                                  float scale, float* extra) {
  for (std::int64_t i = 0; i < rows; ++i, q += q_row) {
    const std::int64_t row = (first + i) / w.width, column = (first + i) % w.width;
    float* across = extra + w.height;
    for (std::int64_t y = 0; y < w.height; ++y)
      extra[y] = reduce(product_vectors(), w.c, q, w.down + (row - y + w.height - 1) * w.c);
    for (std::int64_t x = 0; x < w.width; ++x)
      across[x] = reduce(product_vectors(), w.c, q, w.across + (column - x + w.width - 1) * w.c);
    for (std::int64_t y = 0; y < w.height; ++y, p += w.width)
      zip(decomposed_logit{scale, extra[y]}, p, w.width, p, across);
  }
}

// ds: gradients of the logits, scaled here. dq (rows q_row apart) is what the positions give it;
// ddown and dacross are added to.
inline void decomposed_slope_rows(const window_tables& w, float* ds, std::int64_t rows,
                                  std::int64_t first, const float* q, std::int64_t q_row,
                                  float scale, float* extra, float* dq, float* ddown,
                                  float* dacross) {
  for (std::int64_t i = 0; i < rows; ++i, q += q_row, dq += q_row) {
    const std::int64_t row = (first + i) / w.width, column = (first + i) % w.width;
    float* across = extra + w.height;
    for (std::int64_t x = 0; x < w.width; ++x) across[x] = 0;
    for (std::int64_t y = 0; y < w.height; ++y, ds += w.width) {
      extra[y] = reduce(identity_vector(), w.width, ds);
      zip(add_vectors(), across, w.width, across, ds);
      zip(scale_vector{scale}, ds, w.width, ds);
    }
    for (std::int64_t k = 0; k < w.c; ++k) dq[k] = 0;
    for (std::int64_t y = 0; y < w.height; ++y) {
      const std::int64_t at = (row - y + w.height - 1) * w.c;
      zip(add_multiple{extra[y]}, dq, w.c, dq, w.down + at);
      zip(add_multiple{extra[y]}, ddown + at, w.c, ddown + at, q);
    }
    for (std::int64_t x = 0; x < w.width; ++x) {
      const std::int64_t at = (column - x + w.width - 1) * w.c;
      zip(add_multiple{across[x]}, dq, w.c, dq, w.across + at);
      zip(add_multiple{across[x]}, dacross + at, w.c, dacross + at, q);
    }
  }
}
