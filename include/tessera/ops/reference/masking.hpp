#pragma once
// Loops of random masking: noise, token orders, and rows gathered, scattered and restored by them.

#include "tessera/ops/masking.hpp"
#include "tessera/ops/reference/support.hpp"
#include "tessera/tensor/philox.hpp"

namespace tessera::inline v0 {

// Copies beyond the batch (k > 1) continue the elements of their sample.
template <>
struct kernel<"noise", reference> {
  template <class T>
  static void run(const arguments& a) {
    T* y = a.out<T>(0);
    const std::int64_t tokens = a.attr.a, rows = detail::row_count(a.outputs[0]);
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t row = a.batch > 0 ? r % a.batch : r, copy = a.batch > 0 ? r / a.batch : 0;
      const std::int64_t sample = a.samples ? a.samples[row] : row;
      for (std::int64_t i = 0; i < tokens; ++i)
        y[r * tokens + i] = T(uniform(a.seed, a.step, a.site, static_cast<std::uint64_t>(sample),
                                      static_cast<std::uint64_t>(copy * tokens + i)));
    }
  }
};

// The rank of a token is the number of tokens before it: smaller, or equal and earlier. NaN comes
// last, so that ranks are a permutation whatever the noise.
template <>
struct kernel<"order_tokens", reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t tokens = a.in_shape(0).last(), kept_end = a.attr.a;
    const std::int64_t rows = detail::row_count(a.inputs[0]);
    for (std::int64_t r = 0; r < rows; ++r) {
      const T* noise = a.in<T>(0) + r * tokens;
      std::int32_t* kept = a.out<std::int32_t>(0) + r * kept_end;
      std::int32_t* restore = a.out<std::int32_t>(1) + r * tokens;
      std::uint8_t* mask = a.out<std::uint8_t>(2) + r * tokens;
      for (std::int64_t i = 0; i < tokens; ++i) {
        std::int32_t rank = 0;
        for (std::int64_t j = 0; j < tokens; ++j)
          rank += less(noise[j], noise[i]) || (j < i && !less(noise[i], noise[j]));
        restore[i] = rank;
        mask[i] = rank >= kept_end;
        if (rank < kept_end) kept[rank] = static_cast<std::int32_t>(i);
      }
    }
  }

 private:
  template <class T>
  static bool less(const T& x, const T& y) {
    return x < y || (x == x && !(y == y));
  }
};

template <>
struct kernel<"gather_rows", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    const std::int32_t* index = a.in<std::int32_t>(1);
    T* y = a.out<T>(0);
    const std::int64_t from = a.in_shape(0).dims[0], to = a.out_shape(0).dims[0];
    const std::int64_t width = a.in_shape(0).last(), samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t i = 0; i < to; ++i) {
        const std::int64_t row = detail::checked("gather_rows", index[s * to + i], from);
        for (std::int64_t c = 0; c < width; ++c)
          y[(s * to + i) * width + c] = x[(s * from + row) * width + c];
      }
  }
};

template <>
struct kernel<"scatter_rows", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* x = a.in<T>(0);
    const std::int32_t* index = a.in<std::int32_t>(1);
    T* y = a.out<T>(0);
    const std::int64_t from = a.in_shape(0).dims[0], to = a.out_shape(0).dims[0];
    const std::int64_t width = a.in_shape(0).last(), samples = detail::sample_count(a.inputs[0]);
    detail::fill(y, a.out_count(0), T(0));
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t i = 0; i < from; ++i) {
        const std::int64_t row = detail::checked("scatter_rows", index[s * from + i], to);
        for (std::int64_t c = 0; c < width; ++c)
          y[(s * to + row) * width + c] += x[(s * from + i) * width + c];
      }
  }
};

template <>
struct kernel<"restore_rows", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T *x = a.in<T>(0), *token = a.in<T>(1);
    const std::int32_t* restore = a.in<std::int32_t>(2);
    T* y = a.out<T>(0);
    const std::int64_t kept = a.in_shape(0).dims[0], tokens = a.out_shape(0).dims[0];
    const std::int64_t width = a.in_shape(0).last(), samples = detail::sample_count(a.inputs[0]);
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t i = 0; i < tokens; ++i) {
        const std::int64_t rank = detail::checked("restore_rows", restore[s * tokens + i], tokens);
        const T* row = rank < kept ? x + (s * kept + rank) * width : token;
        for (std::int64_t c = 0; c < width; ++c) y[(s * tokens + i) * width + c] = row[c];
      }
  }
};

template <>
struct kernel<"restore_rows_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    const T* dy = a.in<T>(0);
    const std::int32_t* restore = a.in<std::int32_t>(1);
    const std::int64_t kept = a.attr.a, tokens = a.in_shape(0).dims[0];
    const std::int64_t width = a.in_shape(0).last(), samples = detail::sample_count(a.inputs[0]);
    if (T* dx = a.out<T>(0)) {
      detail::fill(dx, a.out_count(0), T(0));
      for (std::int64_t s = 0; s < samples; ++s)
        for (std::int64_t i = 0; i < tokens; ++i) {
          const std::int64_t rank =
              detail::checked("restore_rows_gradient", restore[s * tokens + i], tokens);
          if (rank >= kept) continue;
          for (std::int64_t c = 0; c < width; ++c)
            dx[(s * kept + rank) * width + c] = dy[(s * tokens + i) * width + c];
        }
    }
    if (a.out<T>(1) == nullptr) return;
    for (std::int64_t c = 0; c < width; ++c) {
      detail::accumulator_t<T> sum(0);
      for (std::int64_t i = 0; i < samples * tokens; ++i)
        if (restore[i] >= kept) sum += dy[i * width + c];
      detail::put<T>(a.outputs[1], c, sum);
    }
  }
};

}  // namespace tessera::inline v0
