#pragma once
// attention and its gradient (contract: ops/attention.hpp): a task is one head of one sample.
// Logits of at most 128 queries are held at a time, so that long sequences need no T x T
// memory; T, D, H = key.a, key.b, key.c.

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

inline constexpr std::int64_t attention_rows = 128;

// Rows of a matrix, `row` floats apart.
struct strided {
  const float* data;
  std::int64_t row;
};
// C (m x n) (+)= A B^T or A B or A^T B; on this thread alone.
struct head_products {
  const gemm_leaves& set;
  void* scratch;

  void operator()(std::int64_t m, std::int64_t n, std::int64_t k, strided a, bool a_turned,
                  strided b, bool b_turned, float* c, std::int64_t c_row, bool accumulate) const {
    gemm_call g;
    g.m = m, g.n = n, g.k = k;
    g.a = a.data, g.a_row = a_turned ? 1 : a.row, g.a_col = a_turned ? a.row : 1;
    g.b = b.data, g.b_row = b_turned ? 1 : b.row, g.b_col = b_turned ? b.row : 1;
    g.c = c, g.c_row = c_row;
    g.accumulate = accumulate;
    gemm_core(g, set, scratch);
  }
};

// What both directions share. Matrices of a head: (T, channels), rows `width` apart, or 3 `width`
// in the fused projection.
struct attention_shape {
  std::int64_t t, width, heads;

  std::int64_t channels() const { return width / heads; }
  std::int64_t block() const { return least(t, attention_rows); }
  float scale() const { return 1.0f / __builtin_sqrtf(static_cast<float>(channels())); }
  // Bytes of scratch of its products.
  std::size_t product_bytes() const {
    const std::int64_t r = block(), c = channels();
    const std::size_t x = gemm_scratch_bytes(r, t, c), y = gemm_scratch_bytes(r, c, t),
                      z = gemm_scratch_bytes(t, c, r);
    const std::size_t most = x > y ? (x > z ? x : z) : (y > z ? y : z);
    return (most + 63) / 64 * 64;
  }
};

using softmax_leaf = void(float* p, std::int64_t rows, std::int64_t t, float scale,
                          float* log_sums);

inline void attention(const arguments& a, const attention_shape& s, const gemm_leaves& set,
                      softmax_leaf* softmax_rows) {
  const std::int64_t t = s.t, width = s.width, heads = s.heads;
  const std::int64_t channels = s.channels(), block = s.block(), blocks = ceil_div(t, block);
  const std::size_t product = s.product_bytes();
  const float scale = s.scale();
  float *out = a.out<float>(0), *log_sums = a.out<float>(1);
  const float* in = a.in<float>(0);
  parallel(a.pool, samples_in(a.inputs[0]) * heads * blocks, 1, [&](std::int64_t task,
                                                                    std::int64_t) {
    const std::int64_t sample = task / (heads * blocks), head = task / blocks % heads;
    const std::int64_t first = task % blocks * block, rows = least(block, t - first);
    const float* q = in + sample * t * 3 * width + head * channels;
    auto* scratch = static_cast<std::byte*>(
        thread_scratch(1, product + static_cast<std::size_t>(block * t) * sizeof(float)));
    float* p = reinterpret_cast<float*>(scratch + product);
    const head_products multiply{set, scratch};
    multiply(rows, t, channels, {q + first * 3 * width, 3 * width}, false, {q + width, 3 * width},
             true, p, t, false);
    softmax_rows(p, rows, t, scale,
                 log_sums == nullptr ? nullptr : log_sums + (sample * heads + head) * t + first);
    multiply(rows, channels, t, {p, t}, false, {q + 2 * width, 3 * width}, false,
             out + (sample * t + first) * width + head * channels, width, false);
  });
}

using attention_gradient_leaf = void(float* p, float* ds, std::int64_t rows, std::int64_t t,
                                     float scale, const float* log_sums, const float* dy,
                                     const float* y, std::int64_t width, std::int64_t channels);

inline void attention_gradient(const arguments& a, const attention_shape& s,
                               const gemm_leaves& set, attention_gradient_leaf* gradient_rows) {
  const std::int64_t t = s.t, width = s.width, heads = s.heads;
  const std::int64_t channels = s.channels(), block = s.block();
  const std::size_t product = s.product_bytes();
  const float scale = s.scale();
  const float *all_dy = a.in<float>(0), *in = a.in<float>(1), *all_y = a.in<float>(2);
  const float* log_sums = a.in<float>(3);
  float* out = a.out<float>(0);
  parallel(a.pool, samples_in(a.inputs[1]) * heads, 1, [&](std::int64_t task, std::int64_t) {
    const std::int64_t sample = task / heads, head = task % heads;
    const float* q = in + sample * t * 3 * width + head * channels;
    float* dq = out + sample * t * 3 * width + head * channels;
    const std::int64_t at = sample * t * width + head * channels;
    const float *dy = all_dy + at, *y = all_y + at;
    auto* scratch = static_cast<std::byte*>(
        thread_scratch(1, product + static_cast<std::size_t>(2 * block * t) * sizeof(float)));
    float* p = reinterpret_cast<float*>(scratch + product);
    float* ds = p + block * t;
    const head_products multiply{set, scratch};
    const strided k_rows{q + width, 3 * width}, v_rows{q + 2 * width, 3 * width};
    for (std::int64_t first = 0; first < t; first += block) {
      const std::int64_t rows = least(block, t - first);
      const strided q_rows{q + first * 3 * width, 3 * width}, dy_rows{dy + first * width, width};
      multiply(rows, t, channels, q_rows, false, k_rows, true, p, t, false);
      multiply(rows, t, channels, dy_rows, false, v_rows, true, ds, t, false);
      gradient_rows(p, ds, rows, t, scale, log_sums + (sample * heads + head) * t + first,
                    dy + first * width, y + first * width, width, channels);
      multiply(t, channels, rows, {p, t}, true, dy_rows, false, dq + 2 * width, 3 * width,
               first > 0);
      multiply(rows, channels, t, {ds, t}, false, k_rows, false, dq + first * 3 * width, 3 * width,
               false);
      multiply(t, channels, rows, {ds, t}, true, q_rows, false, dq + width, 3 * width, first > 0);
    }
  });
}

template <>
struct kernel<"attention"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    attention(a, {Key.a, Key.b, Key.c}, *TESSERA_CPU_PICK(set, gemm_set),
              TESSERA_CPU_PICK(set, softmax_rows));
  }
};
template <>
struct kernel<"attention_gradient"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    attention_gradient(a, {Key.a, Key.b, Key.c}, *TESSERA_CPU_PICK(set, gemm_set),
                       TESSERA_CPU_PICK(set, attention_gradient_rows));
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
