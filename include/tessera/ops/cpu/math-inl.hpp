// Vector exp, erf and GELU; part of leaves-inl.hpp.
//     vector_exp(x)              relative error < 2e-7 where exp(x) is a normal float, 0 below
//                                -87.33, infinity above 88.72, NaN for NaN
//     vector_erf(x)              absolute error < 4e-7
//     vector_gelu(x)             x Phi(x),           Phi(x) = (1 + erf(x / sqrt 2)) / 2
//     vector_gelu_derivative(x)  Phi(x) + x phi(x),  phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
//                                both to 1e-6, absolute up to 1 and relative above
// and over arrays, y[i] = f(x[i]), i < n, y may be x: map_exp, map_erf, map_gelu,
// map_gelu_derivative; array_max, -infinity for n = 0, unspecified if x holds NaN.

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2, exp(r) = 1 + r + r^2 q(r). ln 2 is
// subtracted in two parts, the first short enough for n times it to be exact. q: Chebyshev fit of
// degree 4, error of exp(r) 8e-9. 2^n is added to the exponent's bits, which also holds at n = 128.
TESSERA_CPU_INLINE vec vector_exp(vec x) {
  const vec low = set(-87.336540f), high = set(88.722835f);
  const vec inside = min(max(x, low), high);
  const ivec n = round_to_int(inside * set(1.44269504f));
  const vec nf = to_float(n);
  vec r = fnma(nf, set(0.693359375f), inside);
  r = fnma(nf, set(-2.12194440e-4f), r);
  vec q = fma(set(1.39263256e-3f), r, set(8.36329275e-3f));
  q = fma(q, r, set(4.16665538e-2f));
  q = fma(q, r, set(0.166665763f));
  q = fma(q, r, set(0.5f));
  const vec p = fma(r * r, q, r) + set(1.0f);
  vec y = from_bits(bits(p) + (reinterpret_cast<uvec>(n) << 23));
  y = select(x < low, zero(), y);
  y = select(x > high, set_bits(0x7f800000u), y);  // infinity
  return select(is_nan(x), x, y);
}

// x P(x^2) / Q(x^2) on [-4, 4], a fit of degrees 5 and 5 with error 2.2e-8; +-1 beyond, where erf
// differs from it by 1.6e-8.
TESSERA_CPU_INLINE vec vector_erf(vec x) {
  const vec u = min(x * x, set(16.0f));
  vec p = fma(set(1.97485395e-6f), u, set(2.88021667e-4f));
  vec q = fma(set(3.74800519e-5f), u, set(1.21620376e-3f));
  p = fma(p, u, set(4.00305880e-3f));
  q = fma(q, u, set(1.54432784e-2f));
  p = fma(p, u, set(5.34657155e-2f));
  q = fma(q, u, set(0.116471058f));
  p = fma(p, u, set(0.196236162f));
  q = fma(q, u, set(0.507240937f));
  p = fma(p, u, set(1.12837898f));
  q = fma(q, u, set(1.0f));
  const vec one = set(1.0f);
  const vec y = x * p / q;
  return select(abs(x) >= set(4.0f), copysign(one, x), y);
}

TESSERA_CPU_INLINE vec vector_normal_cdf(vec x) {
  const vec half = set(0.5f);
  return fma(half, vector_erf(x * set(0.707106781f)), half);
}

TESSERA_CPU_INLINE vec vector_gelu(vec x) { return x * vector_normal_cdf(x); }

TESSERA_CPU_INLINE vec vector_gelu_derivative(vec x) {
  const vec density = vector_exp(x * x * set(-0.5f)) * set(0.398942280f);
  return fma(x, density, vector_normal_cdf(x));
}

struct exp_function {
  TESSERA_CPU_INLINE vec operator()(vec x) const { return vector_exp(x); }
};
struct erf_function {
  TESSERA_CPU_INLINE vec operator()(vec x) const { return vector_erf(x); }
};
struct gelu_function {
  TESSERA_CPU_INLINE vec operator()(vec x) const { return vector_gelu(x); }
};
struct gelu_derivative_function {
  TESSERA_CPU_INLINE vec operator()(vec x) const { return vector_gelu_derivative(x); }
};

// f stands here once, for whole vectors and for the rest.
template <class F>
TESSERA_CPU_INLINE void map(const F& f, const float* x, float* y, std::size_t n) {
  constexpr auto step = static_cast<std::size_t>(lanes);
  for (std::size_t i = 0; i < n; i += step) {
    const std::size_t left = n - i;
    const vec v = f(left >= step ? load(x + i) : load_n(x + i, left));
    left >= step ? store(v, y + i) : store_n(v, y + i, left);
  }
}

inline void map_exp(const float* x, float* y, std::size_t n) { map(exp_function(), x, y, n); }
inline void map_erf(const float* x, float* y, std::size_t n) { map(erf_function(), x, y, n); }
inline void map_gelu(const float* x, float* y, std::size_t n) { map(gelu_function(), x, y, n); }
inline void map_gelu_derivative(const float* x, float* y, std::size_t n) {
  map(gelu_derivative_function(), x, y, n);
}

inline float array_max(const float* x, std::size_t n) {
  constexpr auto step = static_cast<std::size_t>(lanes);
  const vec least = set_bits(0xff800000u);  // -infinity
  vec most = least;
  std::size_t i = 0;
  for (; i + step <= n; i += step) most = max(most, load(x + i));
  if (i < n) most = max(most, load_n_or(x + i, n - i, least[0]));
  return max_of(most);
}
