// The vectors of one instruction set, made of the compilers' own (vector_size of g++ and clang);
// part of leaves-inl.hpp. Arithmetic is written with operators, a comparison gives lanes of 0 or
// -1, and
//     fma, fnma               a b + c and c - a b, rounded once where the set fuses, whatever
//                             -ffp-contract and -ffast-math say
//     load_n, load_n_or       the first n <= lanes floats, 0 or `otherwise` for the others;
//     store_n                 memory beyond n is neither read nor written
//     sum_of, max_of          over the lanes, in a fixed order
// Built-in functions instead of <immintrin.h>, which takes longer to compile than all kernels.

typedef float vec __attribute__((vector_size(16 << TESSERA_CPU_LEVEL)));
typedef std::int32_t ivec __attribute__((vector_size(16 << TESSERA_CPU_LEVEL)));
typedef std::uint32_t uvec __attribute__((vector_size(16 << TESSERA_CPU_LEVEL)));
typedef float quad __attribute__((vector_size(16)));

inline constexpr std::int64_t lanes = 4 << TESSERA_CPU_LEVEL;

template <class V = vec>
TESSERA_CPU_INLINE V load(const float* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof(v));
  return v;
}
template <class V>
TESSERA_CPU_INLINE void store(V v, float* p) {
  __builtin_memcpy(p, &v, sizeof(v));
}
TESSERA_CPU_INLINE vec zero() { return vec{}; }
TESSERA_CPU_INLINE vec set(float x) { return x - vec{}; }  // exact for -0, too
TESSERA_CPU_INLINE uvec bits(vec x) { return reinterpret_cast<uvec>(x); }
TESSERA_CPU_INLINE vec from_bits(uvec x) { return reinterpret_cast<vec>(x); }
TESSERA_CPU_INLINE vec set_bits(std::uint32_t x) { return from_bits(x + uvec{}); }

TESSERA_CPU_INLINE vec select(ivec mask, vec yes, vec no) { return mask ? yes : no; }
TESSERA_CPU_INLINE vec min(vec a, vec b) { return a < b ? a : b; }
TESSERA_CPU_INLINE vec max(vec a, vec b) { return a > b ? a : b; }
TESSERA_CPU_INLINE vec abs(vec x) { return from_bits(bits(x) & 0x7fffffffu); }
TESSERA_CPU_INLINE vec copysign(vec size, vec sign) {
  return from_bits((bits(size) & 0x7fffffffu) | (bits(sign) & 0x80000000u));
}
// Tests of bits: -ffast-math takes x != x for false.
TESSERA_CPU_INLINE ivec is_nan(vec x) { return (bits(x) & 0x7fffffffu) > 0x7f800000u; }

// The nearest integer, ties to even, for |x| < 2^22: 1.5 2^23 + x holds it in its last bits.
TESSERA_CPU_INLINE ivec round_to_int(vec x) {
  return reinterpret_cast<ivec>(bits(x + 12582912.0f) - 0x4b400000u);
}
TESSERA_CPU_INLINE vec to_float(ivec x) { return __builtin_convertvector(x, vec); }

TESSERA_CPU_INLINE vec fma(vec a, vec b, vec c) {
#if TESSERA_CPU_LEVEL == 0 && !defined(__FMA__) && !defined(__aarch64__)
  vec sum = a * b + c;
#if defined(__FAST_MATH__) && defined(__SSE__)
  asm("" : "+x"(sum));  // or sums would be taken in another order than they are written
#endif
  return sum;
#elif TESSERA_CPU_HAS(__builtin_elementwise_fma)
  return __builtin_elementwise_fma(a, b, c);
#elif TESSERA_CPU_LEVEL == 2
  return __builtin_ia32_vfmaddps512_mask(a, b, c, static_cast<unsigned short>(-1), 4);
#elif TESSERA_CPU_LEVEL == 1
  return __builtin_ia32_vfmaddps256(a, b, c);
#elif defined(__FMA__)
  return __builtin_ia32_vfmaddps(a, b, c);
#elif TESSERA_CPU_HAS(__builtin_aarch64_fmav4sf)
  return __builtin_aarch64_fmav4sf(a, b, c);
#else
  vec r;
  for (int i = 0; i < lanes; ++i) r[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return r;
#endif
}
TESSERA_CPU_INLINE vec fnma(vec a, vec b, vec c) { return fma(-a, b, c); }

TESSERA_CPU_INLINE vec sqrt(vec x) {
#if TESSERA_CPU_HAS(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(x);
#elif TESSERA_CPU_LEVEL == 2 && defined(__clang__)
  return __builtin_ia32_sqrtps512(x, 4);
#elif TESSERA_CPU_LEVEL == 2
  return __builtin_ia32_sqrtps512_mask(x, x, static_cast<unsigned short>(-1), 4);
#elif TESSERA_CPU_LEVEL == 1
  return __builtin_ia32_sqrtps256(x);
#elif defined(__SSE__)
  return __builtin_ia32_sqrtps(x);
#else
  for (int i = 0; i < lanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

#if TESSERA_CPU_LEVEL == 2
TESSERA_CPU_INLINE vec load_n_or(const float* p, std::size_t n, float otherwise) {
  return __builtin_ia32_loadups512_mask(p, set(otherwise),
                                        static_cast<unsigned short>((1u << n) - 1u));
}
TESSERA_CPU_INLINE vec load_n(const float* p, std::size_t n) { return load_n_or(p, n, 0.0f); }
TESSERA_CPU_INLINE void store_n(vec v, float* p, std::size_t n) {
  __builtin_ia32_storeups512_mask(p, v, static_cast<unsigned short>((1u << n) - 1u));
}
#elif TESSERA_CPU_LEVEL == 1
TESSERA_CPU_INLINE ivec first_n(std::size_t n) {
  return ivec{0, 1, 2, 3, 4, 5, 6, 7} < static_cast<std::int32_t>(n) + ivec{};
}
TESSERA_CPU_INLINE vec load_n(const float* p, std::size_t n) {
  return __builtin_ia32_maskloadps256(reinterpret_cast<const vec*>(p), first_n(n));
}
TESSERA_CPU_INLINE vec load_n_or(const float* p, std::size_t n, float otherwise) {
  return select(first_n(n), load_n(p, n), set(otherwise));
}
TESSERA_CPU_INLINE void store_n(vec v, float* p, std::size_t n) {
  __builtin_ia32_maskstoreps256(reinterpret_cast<vec*>(p), first_n(n), v);
}
#else
TESSERA_CPU_INLINE vec load_n_or(const float* p, std::size_t n, float otherwise) {
  vec v = set(otherwise);
  for (std::size_t i = 0; i < n && i < 4; ++i) v[i] = p[i];
  return v;
}
TESSERA_CPU_INLINE vec load_n(const float* p, std::size_t n) { return load_n_or(p, n, 0.0f); }
TESSERA_CPU_INLINE void store_n(vec v, float* p, std::size_t n) {
  for (std::size_t i = 0; i < n && i < 4; ++i) p[i] = v[i];
}
#endif

// The quarters, halves or whole of v folded into four lanes by f, then these by pairs.
template <class F>
TESSERA_CPU_INLINE float fold(vec v, const F& f) {
#if TESSERA_CPU_LEVEL == 2
  const quad q = f(f(__builtin_shufflevector(v, v, 0, 1, 2, 3),
                     __builtin_shufflevector(v, v, 8, 9, 10, 11)),
                   f(__builtin_shufflevector(v, v, 4, 5, 6, 7),
                     __builtin_shufflevector(v, v, 12, 13, 14, 15)));
#elif TESSERA_CPU_LEVEL == 1
  const quad q =
      f(__builtin_shufflevector(v, v, 0, 1, 2, 3), __builtin_shufflevector(v, v, 4, 5, 6, 7));
#else
  const quad q = v;
#endif
  const quad pairs = f(q, __builtin_shufflevector(q, q, 2, 3, 0, 1));
  return f(pairs, __builtin_shufflevector(pairs, pairs, 1, 0, 3, 2))[0];
}
struct quad_sum {
  TESSERA_CPU_INLINE quad operator()(quad a, quad b) const { return a + b; }
};
struct quad_max {
  TESSERA_CPU_INLINE quad operator()(quad a, quad b) const { return a > b ? a : b; }
};
TESSERA_CPU_INLINE float sum_of(vec v) { return fold(v, quad_sum()); }
TESSERA_CPU_INLINE float max_of(vec v) { return fold(v, quad_max()); }
