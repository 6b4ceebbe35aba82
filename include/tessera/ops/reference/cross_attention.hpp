#pragma once
// Loops of cross_attention and its gradient. q (S, T, A), kv (S, M, 2 A).

#include "tessera/ops/cross_attention.hpp"
#include "tessera/ops/reference/attention.hpp"

namespace tessera::inline v0 {

namespace detail {

template <class T>
attention_head<T> cross_head(const operand& q, const operand& kv, std::int64_t heads,
                             std::int64_t sample, std::int64_t head) {
  const std::int64_t width = q.extent.last(), channels = width / heads;
  const T* query = static_cast<const T*>(q.data) + sample * q.extent.per_sample() + head * channels;
  const T* key = static_cast<const T*>(kv.data) + sample * kv.extent.per_sample() + head * channels;
  return {query, key, key + width, width, 2 * width, channels};
}

}  // namespace detail

template <>
struct kernel<"cross_attention", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t queries = a.in_shape(0).dims[0], keys = a.in_shape(1).dims[0];
    const std::int64_t width = a.in_shape(0).last(), heads = a.attr.a;
    const std::int64_t samples = detail::sample_count(a.inputs[0]);
    T *y = a.out<T>(0), *log_sums = a.out<T>(1);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto x = detail::cross_head<T>(a.inputs[0], a.inputs[1], heads, s, h);
        detail::attend(x, queries, keys, y + s * queries * width + h * x.channels, width,
                       log_sums ? log_sums + (s * heads + h) * queries : nullptr);
      }
  }
};

template <>
struct kernel<"cross_attention_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t queries = a.in_shape(1).dims[0], keys = a.in_shape(2).dims[0];
    const std::int64_t width = a.in_shape(1).last(), heads = a.attr.a;
    const std::int64_t samples = detail::sample_count(a.inputs[1]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto x = detail::cross_head<T>(a.inputs[1], a.inputs[2], heads, s, h);
        const std::int64_t at = s * queries * width + h * x.channels;
        const detail::attention_slopes<detail::attention_head<T>, T> d{
            x, a.in<T>(0) + at, a.in<T>(3) + at, a.in<T>(4) + (s * heads + h) * queries, width};
        if (T* dq = a.out<T>(0))
          for (std::int64_t i = 0; i < queries; ++i) d.query_gradient(i, keys, dq + at + i * width);
        if (T* dkv = a.out<T>(1))
          for (std::int64_t j = 0; j < keys; ++j) {
            T* dk = dkv + (s * keys + j) * 2 * width + h * x.channels;
            d.key_gradient(j, queries, dk);
            d.value_gradient(j, queries, dk + width);
          }
      }
  }
};

}  // namespace tessera::inline v0
