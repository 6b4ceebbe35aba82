#pragma once
// Loops of attention and its gradient, and what every softmax attention shares. Nothing of size
// T x T is stored: logits are computed again wherever they are needed. Channels of a head are
// summed in chunks that fit on the stack.

#include <cmath>

#include "tessera/ops/attention.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

namespace detail {

inline constexpr std::int64_t attention_chunk = 64;

// One head of one sample: where its first query, key and value lie and how far rows lie apart.
template <class T>
struct attention_head {
  using wide = accumulator_t<T>;
  const T *query, *key, *value;
  std::int64_t query_stride, key_stride;
  std::int64_t channels;  // D / H
  wide scale = wide(1 / std::sqrt(static_cast<double>(channels)));

  const T* q(std::int64_t i) const { return query + i * query_stride; }
  const T* k(std::int64_t j) const { return key + j * key_stride; }
  const T* v(std::int64_t j) const { return value + j * key_stride; }
  wide logit(std::int64_t i, std::int64_t j) const { return scale * dot(q(i), k(j), channels); }
};

// Of a fused projection: rows of q, k and v lie 3 D apart.
template <class T>
attention_head<T> head_of(const T* qkv, std::int64_t sample, std::int64_t tokens,
                          std::int64_t width, std::int64_t heads, std::int64_t head) {
  const T* q = qkv + sample * tokens * 3 * width + head * (width / heads);
  return {q, q + width, q + 2 * width, 3 * width, 3 * width, width / heads};
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

// y_i = sum_j p_ij v_j of one head, rows of y lie y_stride apart; log_sums may be null.
template <class Head, class T>
void attend(const Head& x, std::int64_t queries, std::int64_t keys, T* y, std::int64_t y_stride,
            T* log_sums) {
  using std::exp, std::log;
  using wide = accumulator_t<T>;
  for (std::int64_t i = 0; i < queries; ++i) {
    wide largest = x.logit(i, 0);
    for (std::int64_t j = 1; j < keys; ++j)
      if (const wide logit = x.logit(i, j); logit > largest) largest = logit;
    wide sum(0);
    for (std::int64_t j = 0; j < keys; ++j) sum += exp(x.logit(i, j) - largest);
    const wide log_sum = largest + log(sum);
    weighted_rows(
        y + i * y_stride, x.channels, keys,
        [&](std::int64_t j) { return exp(x.logit(i, j) - log_sum); },
        [&](std::int64_t j) { return x.v(j); });
    if (log_sums) log_sums[i] = static_cast<T>(log_sum);
  }
}

// What the gradient of one head starts from: p and ds.
template <class Head, class T>
struct attention_slopes {
  using wide = accumulator_t<T>;
  Head x;
  const T *dy, *y, *log_sums;
  std::int64_t y_stride;

  wide p(std::int64_t i, std::int64_t j) const {
    using std::exp;
    return exp(x.logit(i, j) - log_sums[i]);
  }
  wide dlogit(std::int64_t i, std::int64_t j) const {
    const T* d = dy + i * y_stride;
    const wide delta = dot(d, y + i * y_stride, x.channels);
    return p(i, j) * (dot(d, x.v(j), x.channels) - delta);
  }

  // dq_i where nothing but q . k / sqrt(D / H) depends on q; dk_j; dv_j.
  void query_gradient(std::int64_t i, std::int64_t keys, T* dq) const {
    weighted_rows(
        dq, x.channels, keys, [&](std::int64_t j) { return x.scale * dlogit(i, j); },
        [&](std::int64_t j) { return x.k(j); });
  }
  void key_gradient(std::int64_t j, std::int64_t queries, T* dk) const {
    weighted_rows(
        dk, x.channels, queries, [&](std::int64_t i) { return x.scale * dlogit(i, j); },
        [&](std::int64_t i) { return x.q(i); });
  }
  void value_gradient(std::int64_t j, std::int64_t queries, T* dv) const {
    weighted_rows(
        dv, x.channels, queries, [&](std::int64_t i) { return p(i, j); },
        [&](std::int64_t i) { return dy + i * y_stride; });
  }
};

}  // namespace detail

template <>
struct kernel<"attention", reference> {
  template <class T>
  static void run(const arguments& a) {
    T *y = a.out<T>(0), *log_sums = a.out<T>(1);
    const std::int64_t tokens = a.in_shape(0).dims[0], width = a.in_shape(0).last() / 3;
    const std::int64_t heads = a.attr.a, samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto x = detail::head_of(a.in<T>(0), s, tokens, width, heads, h);
        detail::attend(x, tokens, tokens, y + s * tokens * width + h * x.channels, width,
                       log_sums ? log_sums + (s * heads + h) * tokens : nullptr);
      }
  }
};

template <>
struct kernel<"attention_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t tokens = a.in_shape(1).dims[0], width = a.in_shape(1).last() / 3;
    const std::int64_t heads = a.attr.a, samples = detail::sample_count(a.inputs[1]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto x = detail::head_of(a.in<T>(1), s, tokens, width, heads, h);
        const std::int64_t at = s * tokens * width + h * x.channels;
        const detail::attention_slopes<detail::attention_head<T>, T> d{
            x, a.in<T>(0) + at, a.in<T>(2) + at, a.in<T>(3) + (s * heads + h) * tokens, width};
        T* dqkv = a.out<T>(0) + s * tokens * 3 * width + h * x.channels;
        for (std::int64_t t = 0; t < tokens; ++t, dqkv += 3 * width) {
          d.query_gradient(t, tokens, dqkv);
          d.key_gradient(t, tokens, dqkv + width);
          d.value_gradient(t, tokens, dqkv + 2 * width);
        }
      }
  }
};

}  // namespace tessera::inline v0
