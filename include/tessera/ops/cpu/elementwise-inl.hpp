// Elementwise runs of n floats (gelu: map_gelu of math-inl.hpp); part of leaves-inl.hpp.

struct gelu_gradient_vectors {
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x) const { return dy * vector_gelu_derivative(x); }
};

inline void add_run(float* y, std::int64_t n, const float* a, const float* b) {
  zip(add_vectors(), y, n, a, b);
}
inline void scale_run(float* y, std::int64_t n, const float* x, float by) {
  zip(scale_vector{by}, y, n, x);
}
inline void gelu_gradient_run(float* dx, std::int64_t n, const float* dy, const float* x) {
  zip(gelu_gradient_vectors(), dx, n, dy, x);
}
// sums[c] += the sum over r < rows of x[r][c], in rising r.
inline void add_rows(float* sums, std::int64_t width, const float* x, std::int64_t rows) {
  for (std::int64_t r = 0; r < rows; ++r) zip(add_vectors(), sums, width, sums, x + r * width);
}

// Activations of the form x s(a x + b x^3), s(z) = 1 / (1 + exp(-z)) (ops/swish.hpp).
TESSERA_CPU_INLINE vec vector_sigmoid(vec z) { return set(1.0f) / (set(1.0f) + vector_exp(-z)); }
struct swish_vector {
  float a, b;
  TESSERA_CPU_INLINE vec operator()(vec x) const {
    return x * vector_sigmoid(x * fma(set(b), x * x, set(a)));
  }
};
struct swish_gradient_vectors {
  float a, b;
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x) const {
    const vec square = x * x, s = vector_sigmoid(x * fma(set(b), square, set(a)));
    const vec slope = fma(set(3 * b), square, set(a));
    return dy * fma(x * slope, s * (set(1.0f) - s), s);
  }
};
inline void swish_run(float* y, std::int64_t n, const float* x, float a, float b) {
  zip(swish_vector{a, b}, y, n, x);
}
inline void swish_gradient_run(float* dx, std::int64_t n, const float* dy, const float* x, float a,
                               float b) {
  zip(swish_gradient_vectors{a, b}, dx, n, dy, x);
}
