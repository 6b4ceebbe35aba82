#pragma once
// Loops of attention and its gradient. Nothing of size T x T is stored: logits are computed again
// wherever they are needed. Channels of a head are summed in chunks that fit on the stack.

#include <cmath>

#include "tessera/ops/attention.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

namespace detail {

inline constexpr std::int64_t attention_chunk = 64;

// One head of one sample: rows of q, k and v lie 3 D apart, rows of y and dy lie D apart.
template <class T>
struct attention_head {
  using wide = accumulator_t<T>;
  const T* qkv;
  std::int64_t width, channels;  // D, D / H
  wide scale;                    // 1 / sqrt(D / H)

  const T* q(std::int64_t i) const { return qkv + i * 3 * width; }
  const T* k(std::int64_t j) const { return q(j) + width; }
  const T* v(std::int64_t j) const { return q(j) + 2 * width; }
  wide logit(std::int64_t i, std::int64_t j) const { return scale * dot(q(i), k(j), channels); }
};

template <class T>
attention_head<T> head_of(const T* qkv, std::int64_t sample, std::int64_t tokens,
                          std::int64_t width, std::int64_t heads, std::int64_t head) {
  using std::sqrt;
  const std::int64_t channels = width / heads;
  return {qkv + sample * tokens * 3 * width + head * channels, width, channels,
          accumulator_t<T>(1 / sqrt(static_cast<double>(channels)))};
}

// y[c] = sum over t in [0, terms) of weight(t) * row(t)[c], for c in [0, channels).
template <class T, class Weight, class Row>
void weighted_rows(T* y, std::int64_t channels, std::int64_t terms, Weight weight, Row row) {
  using wide = accumulator_t<T>;
  for (std::int64_t first = 0; first < channels; first += attention_chunk) {
    const std::int64_t size =
        channels - first < attention_chunk ? channels - first : attention_chunk;
    wide sum[attention_chunk] = {};
    for (std::int64_t t = 0; t < terms; ++t) {
      const wide w = weight(t);
      for (std::int64_t c = 0; c < size; ++c) sum[c] += w * wide(row(t)[first + c]);
    }
    for (std::int64_t c = 0; c < size; ++c) y[first + c] = static_cast<T>(sum[c]);
  }
}

}  // namespace detail

template <>
struct kernel<"attention", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp, std::log;
    using wide = detail::accumulator_t<T>;
    T *y = a.out<T>(0), *log_sums = a.out<T>(1);
    const std::int64_t tokens = a.in_shape(0).dims[0], width = a.in_shape(0).last() / 3;
    const std::int64_t heads = a.attr.a, samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto x = detail::head_of(a.in<T>(0), s, tokens, width, heads, h);
        for (std::int64_t i = 0; i < tokens; ++i) {
          wide largest = x.logit(i, 0);
          for (std::int64_t j = 1; j < tokens; ++j)
            if (const wide logit = x.logit(i, j); logit > largest) largest = logit;
          wide sum(0);
          for (std::int64_t j = 0; j < tokens; ++j) sum += exp(x.logit(i, j) - largest);
          const wide log_sum = largest + log(sum);
          detail::weighted_rows(
              y + (s * tokens + i) * width + h * x.channels, x.channels, tokens,
              [&](std::int64_t j) { return exp(x.logit(i, j) - log_sum); },
              [&](std::int64_t j) { return x.v(j); });
          if (log_sums) log_sums[(s * heads + h) * tokens + i] = static_cast<T>(log_sum);
        }
      }
  }
};

template <>
struct kernel<"attention_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const std::int64_t tokens = a.in_shape(1).dims[0], width = a.in_shape(1).last() / 3;
    const std::int64_t heads = a.attr.a, samples = detail::sample_count(a.inputs[1]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto x = detail::head_of(a.in<T>(1), s, tokens, width, heads, h);
        const std::int64_t at = s * tokens * width + h * x.channels;
        const T *dy = a.in<T>(0) + at, *y = a.in<T>(2) + at;
        const T* log_sums = a.in<T>(3) + (s * heads + h) * tokens;
        T* dqkv = a.out<T>(0) + s * tokens * 3 * width + h * x.channels;
        const auto p = [&](std::int64_t i, std::int64_t j) {
          return exp(x.logit(i, j) - log_sums[i]);
        };
        const auto dlogit = [&](std::int64_t i, std::int64_t j) {
          const wide delta = detail::dot(dy + i * width, y + i * width, x.channels);
          return p(i, j) * (detail::dot(dy + i * width, x.v(j), x.channels) - delta);
        };
        for (std::int64_t t = 0; t < tokens; ++t) {
          T* dq = dqkv + t * 3 * width;
          detail::weighted_rows(
              dq, x.channels, tokens, [&](std::int64_t j) { return x.scale * dlogit(t, j); },
              [&](std::int64_t j) { return x.k(j); });
          detail::weighted_rows(
              dq + width, x.channels, tokens,
              [&](std::int64_t i) { return x.scale * dlogit(i, t); },
              [&](std::int64_t i) { return x.q(i); });
          detail::weighted_rows(
              dq + 2 * width, x.channels, tokens, [&](std::int64_t i) { return p(i, t); },
              [&](std::int64_t i) { return dy + i * width; });
        }
      }
  }
};

}  // namespace tessera::inline v0
