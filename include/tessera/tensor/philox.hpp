#pragma once
// Counter-based random numbers: every value is a pure function of (seed, step, site, sample,
// element), so masks and noise do not depend on backend, thread count, batch split or on what else
// a program draws. There is no state to advance and nothing to restore after recomputation.
//
//   philox4x32    the bijection Philox4x32-10: four words from a counter of four and a key of two
//   random_block  the four words of one counter
//   bits, bits64, below, uniform, uniform_double, normal, truncated_normal   one element each
//   shuffle       Fisher-Yates
//
// Packing. `site` says who draws (a hash of the node's name, site_hash("blocks.3.drop")), `sample`
// is the global id of the example, `element` counts inside it, `draw` numbers the attempts of a
// rejection sampler. With block = element / 4 (element / 2 for 64-bit draws), the lane is the rest:
//   key     = mix(mix(seed) + site)     low word first; a bijection of site for a fixed seed
//   counter = {block, sample, step, [block 32..39 | sample 32..39 | step 32..39 | draw 0..7]}
// so block, sample and step are told apart below 2^40 and draw below 2^8. One site should use one
// of the functions only: they read the same words.
//
// Integers and uniform values are equal on every machine; normal and truncated_normal go through
// log, sqrt, cos and erfc and agree to a few units in the last place.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

#include "tessera/config.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tessera::inline v0 {

struct random_key {
  std::uint64_t seed = 0;

  constexpr random_key() = default;
  TESSERA_HD constexpr random_key(std::uint64_t s) : seed(s) {}  // a plain seed is a key

  friend constexpr bool operator==(const random_key&, const random_key&) = default;
};

struct philox_block {
  std::uint32_t word[4];

  friend constexpr bool operator==(const philox_block&, const philox_block&) = default;
};

// Ten rounds of x <- (hi(M1 x2) ^ x1 ^ k0, lo(M1 x2), hi(M0 x0) ^ x3 ^ k1, lo(M0 x0)), the key
// growing by the Weyl constants between rounds.
TESSERA_HD constexpr philox_block philox4x32(const std::uint32_t (&counter)[4],
                                             const std::uint32_t (&key)[2]) {
  std::uint32_t a = counter[0], b = counter[1], c = counter[2], d = counter[3];
  std::uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p = std::uint64_t{0xD2511F53u} * a;
    const std::uint64_t q = std::uint64_t{0xCD9E8D57u} * c;
    a = static_cast<std::uint32_t>(q >> 32) ^ b ^ k0;
    b = static_cast<std::uint32_t>(q);
    c = static_cast<std::uint32_t>(p >> 32) ^ d ^ k1;
    d = static_cast<std::uint32_t>(p);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{a, b, c, d}};
}

// FNV-1a, 64 bits: the site of a name.
constexpr std::uint64_t site_hash(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
  return hash;
}

namespace detail {

// Bijective finaliser of 64 bits (Stafford's mix 13), so that seeds 0, 1, 2... give unlike keys.
TESSERA_HD constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// (0, 1): never an end point, since callers take logarithms.
TESSERA_HD constexpr double open_unit(std::uint64_t bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

template <class T>
struct normal_pair {
  T first, second;
};

// Box-Muller: r = sqrt(-2 log u), (r cos 2 pi v, r sin 2 pi v). u has 32 bits: |z| <= 6.8.
template <class T>
TESSERA_HD normal_pair<T> box_muller(std::uint32_t x, std::uint32_t y) {
  const T u = static_cast<T>(x) * T(0x1p-32) + T(0x1p-33);
  const T angle = static_cast<T>(y) * T(0x1p-32 * 6.283185307179586477);
  const T r = std::sqrt(T(-2) * std::log(u));
  return {r * std::cos(angle), r * std::sin(angle)};
}

// c[0] x^(N-1) + ... + c[N-1].
template <int N>
TESSERA_HD constexpr double polynomial(const double (&c)[N], double x) {
  double sum = c[0];
  for (int i = 1; i < N; ++i) sum = sum * x + c[i];
  return sum;
}

// Quantile of N(0, 1) for 0 < p <= 1/2 (the caller mirrors the other half). Rational
// approximations of P. J. Acklam, relative error below 1.2e-9; p below 1e-300 is taken as 1e-300.
TESSERA_HD inline double lower_quantile(double p) {
  if (p > 0.02425) {
    const double up[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                         1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    const double down[] = {-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                           6.680131188771972e+01,  -1.328068155288572e+01, 1.0};
    const double q = p - 0.5;
    return q * polynomial(up, q * q) / polynomial(down, q * q);
  }
  const double up[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                       -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  const double down[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                         3.754408661907416e+00, 1.0};
  const double q = std::sqrt(-2.0 * std::log(p < 1e-300 ? 1e-300 : p));
  return polynomial(up, q) / polynomial(down, q);
}

}  // namespace detail

// What the bijection sees of a place: the packing above.
struct philox_input {
  std::uint32_t counter[4];
  std::uint32_t key[2];
};
TESSERA_HD constexpr philox_input philox_input_of(random_key key, std::uint64_t step,
                                                  std::uint64_t site, std::uint64_t sample,
                                                  std::uint64_t block, std::uint32_t draw = 0) {
  const std::uint64_t k = detail::mix64(detail::mix64(key.seed) + site);
  const auto high =
      static_cast<std::uint32_t>(((block >> 32) & 0xFF) << 24 | ((sample >> 32) & 0xFF) << 16 |
                                 ((step >> 32) & 0xFF) << 8 | (draw & 0xFF));
  return {{static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(sample),
           static_cast<std::uint32_t>(step), high},
          {static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(k >> 32)}};
}

// The four words of one counter; bulk code calls this once per four elements.
TESSERA_HD constexpr philox_block random_block(random_key key, std::uint64_t step,
                                               std::uint64_t site, std::uint64_t sample,
                                               std::uint64_t block, std::uint32_t draw = 0) {
  const philox_input in = philox_input_of(key, step, site, sample, block, draw);
  return philox4x32(in.counter, in.key);
}

// 32 random bits.
TESSERA_HD constexpr std::uint32_t bits(random_key key, std::uint64_t step, std::uint64_t site,
                                        std::uint64_t sample, std::uint64_t element,
                                        std::uint32_t draw = 0) {
  return random_block(key, step, site, sample, element / 4, draw).word[element % 4];
}

// 64 random bits: two elements per block.
TESSERA_HD constexpr std::uint64_t bits64(random_key key, std::uint64_t step, std::uint64_t site,
                                          std::uint64_t sample, std::uint64_t element,
                                          std::uint32_t draw = 0) {
  const philox_block b = random_block(key, step, site, sample, element / 2, draw);
  const std::uint64_t lane = element % 2 * 2;
  return std::uint64_t{b.word[lane + 1]} << 32 | b.word[lane];
}

// An integer in [0, n) for n > 0; the bias of the remainder is below n / 2^64. 0 for n = 0.
TESSERA_HD constexpr std::uint64_t below(std::uint64_t n, random_key key, std::uint64_t step,
                                         std::uint64_t site, std::uint64_t sample,
                                         std::uint64_t element) {
  return n == 0 ? 0 : bits64(key, step, site, sample, element) % n;
}

// [0, 1), a multiple of 2^-24.
TESSERA_HD constexpr float uniform(random_key key, std::uint64_t step, std::uint64_t site,
                                   std::uint64_t sample, std::uint64_t element,
                                   std::uint32_t draw = 0) {
  return static_cast<float>(bits(key, step, site, sample, element, draw) >> 8) * 0x1p-24f;
}

// [0, 1), a multiple of 2^-53.
TESSERA_HD constexpr double uniform_double(random_key key, std::uint64_t step, std::uint64_t site,
                                           std::uint64_t sample, std::uint64_t element,
                                           std::uint32_t draw = 0) {
  return static_cast<double>(bits64(key, step, site, sample, element, draw) >> 11) * 0x1p-53;
}

// N(0, 1), computed in T (float or double). Elements 2h and 2h + 1 share a Box-Muller pair.
template <class T = float>
TESSERA_HD T normal(random_key key, std::uint64_t step, std::uint64_t site, std::uint64_t sample,
                    std::uint64_t element, std::uint32_t draw = 0) {
  const philox_block b = random_block(key, step, site, sample, element / 4, draw);
  const std::uint64_t lane = element % 4 / 2 * 2;
  const auto pair = detail::box_muller<T>(b.word[lane], b.word[lane + 1]);
  return element % 2 == 0 ? pair.first : pair.second;
}

// N(mean, stddev^2) conditioned on [low, high] (absolute bounds, as timm's trunc_normal_), by the
// inverse of the distribution function: one draw per element, also when the interval lies far in a
// tail. The result is always in [low, high]. stddev <= 0 gives mean moved into the interval.
TESSERA_HD inline float truncated_normal(random_key key, std::uint64_t step, std::uint64_t site,
                                         std::uint64_t sample, std::uint64_t element, double mean,
                                         double stddev, double low, double high) {
  double x = mean;
  if (stddev > 0) {
    double a = (low - mean) / stddev, b = (high - mean) / stddev;
    // The lower tail is where small probabilities are exact, so an upper interval is mirrored.
    const bool mirrored = a + b > 0;
    if (mirrored) {
      const double swap = a;
      a = -b;
      b = -swap;
    }
    const double root_half = 0.70710678118654752440;
    const double pa = 0.5 * std::erfc(-a * root_half), pb = 0.5 * std::erfc(-b * root_half);
    const std::uint64_t word = bits(key, step, site, sample, element);
    const double p = pa + (pb - pa) * (static_cast<double>(word) + 0.5) * 0x1p-32;
    double z = p <= 0.5 ? detail::lower_quantile(p) : -detail::lower_quantile(1.0 - p);
    z = z < a ? a : z > b ? b : z;
    x = mean + stddev * (mirrored ? -z : z);
  }
  // Compared as float: rounding must not step outside.
  const auto result = static_cast<float>(x);
  const auto least = static_cast<float>(low), most = static_cast<float>(high);
  return result < least ? least : result > most ? most : result;
}

// Permutes values[0, count) uniformly; depends on the arguments and the initial order only.
template <class T>
TESSERA_HD constexpr void shuffle(T* values, std::size_t count, random_key key, std::uint64_t step,
                                  std::uint64_t site, std::uint64_t sample) {
  for (std::size_t i = count; i > 1; --i) {
    const auto j = static_cast<std::size_t>(below(i, key, step, site, sample, i));
    const T moved = values[i - 1];
    values[i - 1] = values[j];
    values[j] = moved;
  }
}

}  // namespace tessera::inline v0
