// relu, rows of C floats of the ops along channels, and rows of unit length; part of
// leaves-inl.hpp.

struct sum_and_product {  // sum + x y
  TESSERA_CPU_INLINE vec operator()(vec sum, vec x, vec y) const { return fma(x, y, sum); }
};
struct scaled_and_shifted {
  TESSERA_CPU_INLINE vec operator()(vec x, vec scale, vec shift) const {
    return fma(x, scale, shift);
  }
};
struct constant_vector {
  float value;
  TESSERA_CPU_INLINE vec operator()() const { return set(value); }
};
struct relu_vector {  // what is no number stays none
  TESSERA_CPU_INLINE vec operator()(vec x) const { return select(x <= zero(), zero(), x); }
};
struct relu_gradient_vectors {
  TESSERA_CPU_INLINE vec operator()(vec dy, vec y) const {
    return select(y > zero(), dy, zero());
  }
};
struct unit_gradient {  // inverse (dy - along y)
  float inverse, along;
  TESSERA_CPU_INLINE vec operator()(vec dy, vec y) const {
    return set(inverse) * fnma(set(along), y, dy);
  }
};

inline void multiply_rows(const float* x, std::int64_t rows, std::int64_t c, const float* by,
                          float* y) {
  for (std::int64_t r = 0; r < rows; ++r) zip(product_vectors(), y + r * c, c, x + r * c, by);
}
inline void multiply_add_rows(const float* x, std::int64_t rows, std::int64_t c, const float* scale,
                              const float* shift, float* y) {
  for (std::int64_t r = 0; r < rows; ++r)
    zip(scaled_and_shifted(), y + r * c, c, x + r * c, scale, shift);
}
// sums[c] += the sum over the rows of x y.
inline void add_product_rows(float* sums, std::int64_t c, const float* x, const float* y,
                             std::int64_t rows) {
  for (std::int64_t r = 0; r < rows; ++r)
    zip(sum_and_product(), sums, c, sums, x + r * c, y + r * c);
}
inline void normalise_run(float* y, std::int64_t n, const float* x, float mean, float scale) {
  zip(centre_and_scale{mean, scale}, y, n, x);
}
inline void fill_run(float* y, std::int64_t n, float value) { zip(constant_vector{value}, y, n); }
inline void relu_run(float* y, std::int64_t n, const float* x) { zip(relu_vector(), y, n, x); }
inline void relu_gradient_run(float* dx, std::int64_t n, const float* dy, const float* y) {
  zip(relu_gradient_vectors(), dx, n, dy, y);
}
// inverses may be null.
inline void unit_rows(const float* x, std::int64_t rows, std::int64_t n, float eps, float* y,
                      float* inverses) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float squares = reduce(square_vector(), n, x + r * n);
    const float inverse = squares > eps * eps ? 1.0f / __builtin_sqrtf(squares) : 1.0f / eps;
    zip(scale_vector{inverse}, y + r * n, n, x + r * n);
    if (inverses != nullptr) inverses[r] = inverse;
  }
}
inline void unit_gradient_rows(const float* dy, const float* y, const float* inverses,
                               std::int64_t rows, std::int64_t n, float short_row, float* dx) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const float along = inverses[r] < short_row
                            ? reduce(product_vectors(), n, dy + r * n, y + r * n)
                            : 0.0f;
    zip(unit_gradient{inverses[r], along}, dx + r * n, n, dy + r * n, y + r * n);
  }
}
