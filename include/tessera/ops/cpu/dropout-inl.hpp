// Runs of dropout: Philox4x32-10 (tensor/philox.hpp), as many blocks at a time as there are lanes;
// part of leaves-inl.hpp.

typedef std::uint64_t wide_uvec __attribute__((vector_size(16 << TESSERA_CPU_LEVEL)));

// Of the even lanes and m, 64 bits each.
TESSERA_CPU_INLINE wide_uvec even_products(uvec x, std::uint32_t m) {
#if defined(__clang__) || defined(__CUDACC__) || !defined(__SSE2__)
  return (reinterpret_cast<wide_uvec>(x) & 0xffffffffu) * m;
#else  // g++ would multiply all 64 bits
  const ivec a = reinterpret_cast<ivec>(x), b = reinterpret_cast<ivec>(m + uvec{});
#if TESSERA_CPU_LEVEL == 2
  typedef long long result __attribute__((vector_size(64)));
  return reinterpret_cast<wide_uvec>(__builtin_ia32_pmuludq512_mask(a, b, result{}, 0xff));
#elif TESSERA_CPU_LEVEL == 1
  return reinterpret_cast<wide_uvec>(__builtin_ia32_pmuludq256(a, b));
#else
  return reinterpret_cast<wide_uvec>(__builtin_ia32_pmuludq128(a, b));
#endif
#endif
}
// The upper and lower halves of the products of all lanes and m.
struct whole_products {
  uvec high, low;

  TESSERA_CPU_INLINE whole_products(uvec x, std::uint32_t m) {
    const wide_uvec even = even_products(x, m);
    const wide_uvec odd =
        even_products(reinterpret_cast<uvec>(reinterpret_cast<wide_uvec>(x) >> 32), m);
    high = reinterpret_cast<uvec>((even >> 32) | (odd & 0xffffffff00000000u));
    low = reinterpret_cast<uvec>((even & 0xffffffffu) | (odd << 32));
  }
};

struct kept_product {  // factor 0: dropped, whatever x is
  TESSERA_CPU_INLINE vec operator()(vec x, vec factor) const {
    return select(factor > zero(), x * factor, zero());
  }
};

// factors[4 i + w] = scale where word w of block i has at least `threshold` in its upper 24 bits,
// else 0. Blocks from counter[0] on, below 2^32.
inline void dropout_factors(const std::uint32_t* counter, const std::uint32_t* key,
                            std::uint32_t block, std::uint32_t threshold, float scale,
                            float* factors) {
  uvec a, b = counter[1] + uvec{}, c = counter[2] + uvec{}, d = counter[3] + uvec{};
  for (int i = 0; i < lanes; ++i) a[i] = block + static_cast<std::uint32_t>(i);
  std::uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; ++round) {
    const whole_products p(a, 0xD2511F53u), q(c, 0xCD9E8D57u);
    a = q.high ^ b ^ k0;
    b = q.low;
    c = p.high ^ d ^ k1;
    d = p.low;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  const uvec words[] = {a, b, c, d};
  for (int w = 0; w < 4; ++w) {
    const ivec kept =
        reinterpret_cast<ivec>(words[w] >> 8) >= static_cast<std::int32_t>(threshold) + ivec{};
    const vec f = select(kept, set(scale), zero());
    for (int i = 0; i < lanes; ++i) factors[4 * i + w] = f[i];
  }
}

// y = x times the factors of elements [first, first + n) of one sample.
inline void dropout_run(float* y, std::int64_t n, const float* x, std::int64_t first,
                        const std::uint32_t* counter, const std::uint32_t* key,
                        std::uint32_t threshold, float scale) {
  constexpr std::int64_t each = 4 * lanes;
  float factors[each];
  std::int64_t skip = first % 4;
  for (std::int64_t block = first / 4; n > 0; block += lanes, skip = 0) {
    dropout_factors(counter, key, static_cast<std::uint32_t>(block), threshold, scale, factors);
    const std::int64_t count = n < each - skip ? n : each - skip;
    zip(kept_product(), y, count, x, factors + skip);
    x += count, y += count, n -= count;
  }
}
