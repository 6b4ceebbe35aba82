#pragma once
// Loops of window_attention, decomposed_attention and their gradients. qkv (S, T, 3 A), where S
// counts the windows of all samples, those of a sample one after the other.

#include "tessera/ops/reference/attention.hpp"
#include "tessera/ops/window_attention.hpp"

namespace tessera::inline v0 {

namespace detail {

// The bands of a shifted window: 0 to 3, bit 0 of the rows and bit 1 of the columns beyond the edge
// that the roll made. Windows before the last row and column have one band.
struct window_bands {
  std::int64_t width = 1, row = 0, column = 0;  // of the window; where new bands begin
  bool down = false, across = false;            // whether they do

  window_bands(const attributes& a, std::int64_t window, std::int64_t tokens) {
    if (a.e <= 0 && a.f <= 0) return;
    width = tokens / a.d;
    row = a.d - a.e;
    column = width - a.f;
    down = a.e > 0 && window / a.c % a.b == a.b - 1;
    across = a.f > 0 && window % a.c == a.c - 1;
  }
  int of(std::int64_t token) const {
    return (down && token / width >= row) + 2 * (across && token % width >= column);
  }
};

template <class T>
struct window_head : attention_head<T> {
  const T* bias;  // (T, T) of this head, or null
  std::int64_t tokens;
  window_bands bands;

  accumulator_t<T> logit(std::int64_t i, std::int64_t j) const {
    accumulator_t<T> z = attention_head<T>::logit(i, j);
    if (bias) z += bias[i * tokens + j];
    if (bands.of(i) != bands.of(j)) z += accumulator_t<T>(-100);
    return z;
  }
};

template <class T>
window_head<T> window_head_of(const arguments& a, const operand& qkv, const T* bias,
                              std::int64_t window, std::int64_t head) {
  const std::int64_t tokens = qkv.extent.dims[0], width = qkv.extent.last() / 3;
  return {head_of(static_cast<const T*>(qkv.data), window, tokens, width, a.attr.a, head),
          bias ? bias + head * tokens * tokens : nullptr, tokens,
          window_bands(a.attr, window, tokens)};
}

// Token t lies at (t / width, t % width).
template <class T>
struct decomposed_head : attention_head<T> {
  const T *down, *across;  // (2 h - 1, A / H), (2 w - 1, A / H)
  std::int64_t height, width;

  std::int64_t row(std::int64_t i, std::int64_t j) const {
    return i / width - j / width + height - 1;
  }
  std::int64_t column(std::int64_t i, std::int64_t j) const {
    return i % width - j % width + width - 1;
  }
  const T* down_row(std::int64_t i, std::int64_t j) const {
    return down + row(i, j) * this->channels;
  }
  const T* across_row(std::int64_t i, std::int64_t j) const {
    return across + column(i, j) * this->channels;
  }
  accumulator_t<T> logit(std::int64_t i, std::int64_t j) const {
    return attention_head<T>::logit(i, j) + dot(this->q(i), down_row(i, j), this->channels) +
           dot(this->q(i), across_row(i, j), this->channels);
  }
};

template <class T>
decomposed_head<T> decomposed_head_of(const arguments& a, int first, std::int64_t sample,
                                      std::int64_t head) {  // first: the input that is qkv
  const shape& x = a.in_shape(first);
  return {head_of(a.in<T>(first), sample, x.dims[0], x.last() / 3, a.attr.a, head),
          a.in<T>(first + 1), a.in<T>(first + 2), a.attr.b, x.dims[0] / a.attr.b};
}

// Self-attention by heads that head(s, h) makes.
template <class T, class Head>
void attend_windows(const arguments& a, Head head) {
  const std::int64_t tokens = a.in_shape(0).dims[0], width = a.in_shape(0).last() / 3;
  const std::int64_t heads = a.attr.a, samples = sample_count(a.inputs[0]);
  T *y = a.out<T>(0), *log_sums = a.out<T>(1);
  for (std::int64_t s = 0; s < samples; ++s)
    for (std::int64_t h = 0; h < heads; ++h) {
      const auto x = head(s, h);
      attend(x, tokens, tokens, y + s * tokens * width + h * x.channels, width,
             log_sums ? log_sums + (s * heads + h) * tokens : nullptr);
    }
}

// Slopes of such a head; inputs: dy at 0, y and log-sum-exp at `last` and after it.
template <class T, class Head>
attention_slopes<Head, T> slopes_of(const arguments& a, const Head& x, int last, std::int64_t s,
                                    std::int64_t h) {
  const std::int64_t tokens = a.in_shape(0).dims[0], width = a.in_shape(0).last();
  const std::int64_t at = s * tokens * width + h * x.channels;
  return {x, a.in<T>(0) + at, a.in<T>(last) + at,
          a.in<T>(last + 1) + (s * a.attr.a + h) * tokens, width};
}

}  // namespace detail

template <>
struct kernel<"window_attention", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::attend_windows<T>(a, [&](std::int64_t s, std::int64_t h) {
      return detail::window_head_of(a, a.inputs[0], a.in<T>(1), s, h);
    });
  }
};

template <>
struct kernel<"window_attention_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t tokens = a.in_shape(0).dims[0], width = a.in_shape(0).last();
    const std::int64_t heads = a.attr.a, samples = detail::sample_count(a.inputs[1]);
    const auto slopes = [&](std::int64_t s, std::int64_t h) {
      return detail::slopes_of<T>(
          a, detail::window_head_of(a, a.inputs[1], a.in<T>(2), s, h), 3, s, h);
    };
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto d = slopes(s, h);
        T* dqkv = a.out<T>(0) + s * tokens * 3 * width + h * d.x.channels;
        for (std::int64_t t = 0; t < tokens; ++t, dqkv += 3 * width) {
          d.query_gradient(t, tokens, dqkv);
          d.key_gradient(t, tokens, dqkv + width);
          d.value_gradient(t, tokens, dqkv + 2 * width);
        }
      }
    if (a.out<T>(1) == nullptr) return;
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t i = 0; i < tokens; ++i)
        for (std::int64_t j = 0; j < tokens; ++j) {
          detail::accumulator_t<T> sum(0);
          for (std::int64_t s = 0; s < samples; ++s) sum += slopes(s, h).dlogit(i, j);
          detail::put<T>(a.outputs[1], (h * tokens + i) * tokens + j, sum);
        }
  }
};

template <>
struct kernel<"decomposed_attention", reference> {
  template <class T>
  static void run(const arguments& a) {
    detail::attend_windows<T>(a, [&](std::int64_t s, std::int64_t h) {
      return detail::decomposed_head_of<T>(a, 0, s, h);
    });
  }
};

template <>
struct kernel<"decomposed_attention_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t tokens = a.in_shape(0).dims[0], width = a.in_shape(0).last();
    const std::int64_t heads = a.attr.a, samples = detail::sample_count(a.inputs[1]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t h = 0; h < heads; ++h) {
        const auto d = slopes<T>(a, s, h);
        T* dqkv = a.out<T>(0) + s * tokens * 3 * width + h * d.x.channels;
        for (std::int64_t t = 0; t < tokens; ++t, dqkv += 3 * width) {
          // dq_i = sum_j ds_ij (k_j / sqrt(A / H) + down_ij + across_ij): three terms for each key.
          detail::weighted_rows(
              dqkv, d.x.channels, 3 * tokens,
              [&](std::int64_t m) {
                const auto ds = d.dlogit(t, m / 3);
                return m % 3 == 0 ? d.x.scale * ds : ds;
              },
              [&](std::int64_t m) {
                const std::int64_t j = m / 3;
                if (m % 3 == 0) return d.x.k(j);
                return m % 3 == 1 ? d.x.down_row(t, j) : d.x.across_row(t, j);
              });
          d.key_gradient(t, tokens, dqkv + width);
          d.value_gradient(t, tokens, dqkv + 2 * width);
        }
      }
    using head = detail::decomposed_head<T>;
    if (a.out<T>(1)) table_gradient<T>(a, 1, &head::row);
    if (a.out<T>(2)) table_gradient<T>(a, 2, &head::column);
  }

 private:
  template <class T>
  static auto slopes(const arguments& a, std::int64_t s, std::int64_t h) {
    return detail::slopes_of<T>(a, detail::decomposed_head_of<T>(a, 1, s, h), 4, s, h);
  }
  // Row r of a table sums ds_ij q_i over samples, heads and the pairs whose row it is.
  template <class T, class Row>
  static void table_gradient(const arguments& a, int output, Row row) {
    using wide = detail::accumulator_t<T>;
    const std::int64_t tokens = a.in_shape(0).dims[0], heads = a.attr.a;
    const std::int64_t samples = detail::sample_count(a.inputs[1]);
    const std::int64_t channels = a.in_shape(0).last() / heads;
    const std::int64_t chunk = detail::attention_chunk;
    for (std::int64_t r = 0; r < a.out_count(output) / channels; ++r)
      for (std::int64_t first = 0; first < channels; first += chunk) {
        const std::int64_t size = channels - first < chunk ? channels - first : chunk;
        wide sum[detail::attention_chunk] = {};
        for (std::int64_t s = 0; s < samples; ++s)
          for (std::int64_t h = 0; h < heads; ++h) {
            const auto d = slopes<T>(a, s, h);
            for (std::int64_t i = 0; i < tokens; ++i)
              for (std::int64_t j = 0; j < tokens; ++j) {
                if ((d.x.*row)(i, j) != r) continue;
                const wide ds = d.dlogit(i, j);
                for (std::int64_t c = 0; c < size; ++c) sum[c] += ds * wide(d.x.q(i)[first + c]);
              }
          }
        for (std::int64_t c = 0; c < size; ++c)
          detail::put<T>(a.outputs[output], r * channels + first + c, sum[c]);
      }
  }
};

}  // namespace tessera::inline v0
