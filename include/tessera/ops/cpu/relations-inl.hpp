// Rows of the losses of directions and of relations (ops/contrast.hpp); part of leaves-inl.hpp.

struct pair_slope {  // up (exp(l - row) + exp(l - column))
  float row, up;
  TESSERA_CPU_INLINE vec operator()(vec l, vec column) const {
    return set(up) * (vector_exp(l - set(row)) + vector_exp(l - column));
  }
};

inline float dot_run(const float* x, const float* y, std::int64_t n) {
  return reduce(product_vectors(), n, x, y);
}
// l: a row of logits -> its slopes, of the log-sum-exps of this row and of the columns, or null.
inline void pair_slopes_run(float* l, std::int64_t n, float row, const float* columns, float up) {
  if (columns == nullptr)
    zip(loss_probability{row, up, 1, 0}, l, n, l);
  else
    zip(pair_slope{row, up}, l, n, l, columns);
}
