#pragma once
// attention and its gradient (contract: ops/attention.hpp), and what other softmax attention shares
// with them (cross_attention.hpp, window_attention.hpp): a task is one head of one sample. Logits
// of at most 128 queries are held at a time, so that long sequences need no T x T memory. Of
// attention T, D, H = key.a, key.b, key.c.

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

// Attention of S samples by heads: queries on keys, rows of each `..._row` floats apart, a sample's
// rows one after the other, a head's channels at head * channels.
struct attention_shape {
  std::int64_t samples, heads, queries, keys, channels, q_row, kv_row;
  std::int64_t extra = 0;  // floats that changing the logits of one query needs

  std::int64_t width() const { return heads * channels; }  // a row of y and of dy
  std::int64_t block() const { return least(queries, attention_rows); }
  float scale() const { return 1.0f / __builtin_sqrtf(static_cast<float>(channels)); }
  // Bytes of scratch of its products.
  std::size_t product_bytes() const {
    const std::int64_t r = block(), c = channels;
    const std::size_t x = gemm_scratch_bytes(r, keys, c), y = gemm_scratch_bytes(r, c, keys),
                      z = gemm_scratch_bytes(keys, c, r);
    const std::size_t most = x > y ? (x > z ? x : z) : (y > z ? y : z);
    return (most + 63) / 64 * 64;
  }
};
// Of a fused projection (T, 3 A).
inline attention_shape self_attention(const operand& qkv, std::int64_t t, std::int64_t width,
                                      std::int64_t heads) {
  return {samples_in(qkv), heads, t, t, width / heads, 3 * width, 3 * width};
}

// Rows of logits of one head: queries from `first` on, and where they lie in q and in dq.
struct logit_block {
  float *logits, *extra;
  std::int64_t rows, first, sample, head, query;
};
// Logits as the product leaves them, of softmax(scale logits).
struct plain_logits {
  float scale;
  float operator()(const logit_block&) const { return scale; }
};
struct plain_slopes {
  bool operator()(const logit_block&, std::int64_t) const { return false; }
};

using softmax_leaf = void(float* p, std::int64_t rows, std::int64_t t, float scale,
                          float* log_sums);

// q, k, v: where the first head of the first sample begins. logits(block) may change q . k and
// returns what they are still to be scaled by; log_sums may be null.
template <class Logits>
void attend(thread_pool* pool, const attention_shape& s, const float* all_q, const float* all_k,
            const float* all_v, float* y, float* log_sums, const gemm_leaves& set,
            softmax_leaf* softmax_rows, const Logits& logits) {
  const std::int64_t t = s.queries, keys = s.keys, heads = s.heads, channels = s.channels;
  const std::int64_t width = s.width(), block = s.block(), blocks = ceil_div(t, block);
  const std::size_t product = s.product_bytes();
  parallel(pool, s.samples * heads * blocks, 1, [&](std::int64_t task, std::int64_t) {
    const std::int64_t sample = task / (heads * blocks), head = task / blocks % heads;
    const std::int64_t first = task % blocks * block, rows = least(block, t - first);
    const std::int64_t key = sample * keys * s.kv_row + head * channels;
    const std::int64_t query = (sample * t + first) * s.q_row + head * channels;
    auto* scratch = static_cast<std::byte*>(thread_scratch(
        1, product + static_cast<std::size_t>(block * keys + s.extra) * sizeof(float)));
    float* p = reinterpret_cast<float*>(scratch + product);
    const head_products multiply{set, scratch};
    multiply(rows, keys, channels, {all_q + query, s.q_row}, false, {all_k + key, s.kv_row}, true,
             p, keys, false);
    const float scale = logits({p, p + block * keys, rows, first, sample, head, query});
    softmax_rows(p, rows, keys, scale,
                 log_sums == nullptr ? nullptr : log_sums + (sample * heads + head) * t + first);
    multiply(rows, channels, keys, {p, keys}, false, {all_v + key, s.kv_row}, false,
             y + (sample * t + first) * width + head * channels, width, false);
  });
}

using attention_gradient_leaf = void(float* p, float* ds, std::int64_t rows, std::int64_t t,
                                     float scale, const float* log_sums, const float* dy,
                                     const float* y, std::int64_t width, std::int64_t channels);

struct attention_operands {
  const float *q, *k, *v, *dy, *y, *log_sums;
  float *dq, *dk, *dv;  // laid out as q, k and v; dq, or dk and dv, may be null
};

// A task is one head of `each` samples; slopes(block of ds, task) may read and change the gradients
// of the logits that logits(block) left, and says whether it began dq.
template <class Logits, class Slopes>
void attend_backward(thread_pool* pool, const attention_shape& s, const attention_operands& x,
                     std::int64_t each, const gemm_leaves& set,
                     attention_gradient_leaf* gradient_rows, const Logits& logits,
                     const Slopes& slopes) {
  const std::int64_t t = s.queries, keys = s.keys, heads = s.heads, channels = s.channels;
  const std::int64_t width = s.width(), block = s.block();
  const std::size_t product = s.product_bytes();
  parallel(pool, ceil_div(s.samples, each) * heads, 1, [&](std::int64_t task, std::int64_t) {
    auto* scratch = static_cast<std::byte*>(thread_scratch(
        1, product + static_cast<std::size_t>(2 * block * keys + s.extra) * sizeof(float)));
    float* p = reinterpret_cast<float*>(scratch + product);
    float *ds = p + block * keys, *extra = ds + block * keys;
    const head_products multiply{set, scratch};
    const std::int64_t head = task % heads, start = task / heads * each;
    for (std::int64_t sample = start; sample < least(s.samples, start + each); ++sample) {
      const std::int64_t key = sample * keys * s.kv_row + head * channels;
      const strided k_rows{x.k + key, s.kv_row}, v_rows{x.v + key, s.kv_row};
      for (std::int64_t first = 0; first < t; first += block) {
        const std::int64_t rows = least(block, t - first);
        const std::int64_t at = (sample * t + first) * width + head * channels;
        const std::int64_t query = (sample * t + first) * s.q_row + head * channels;
        const strided q_rows{x.q + query, s.q_row}, dy_rows{x.dy + at, width};
        multiply(rows, keys, channels, q_rows, false, k_rows, true, p, keys, false);
        multiply(rows, keys, channels, dy_rows, false, v_rows, true, ds, keys, false);
        const float scale = logits({p, extra, rows, first, sample, head, query});
        gradient_rows(p, ds, rows, keys, scale, x.log_sums + (sample * heads + head) * t + first,
                      x.dy + at, x.y + at, width, channels);
        const bool begun = slopes({ds, extra, rows, first, sample, head, query}, task);
        if (x.dv != nullptr)
          multiply(keys, channels, rows, {p, keys}, true, dy_rows, false, x.dv + key, s.kv_row,
                   first > 0);
        if (x.dq != nullptr)
          multiply(rows, channels, keys, {ds, keys}, false, k_rows, false,
                   x.dq + query, s.q_row, begun);
        if (x.dk != nullptr)
          multiply(keys, channels, rows, {ds, keys}, true, q_rows, false, x.dk + key, s.kv_row,
                   first > 0);
      }
    }
  });
}

inline void attention(const arguments& a, const attention_shape& s, const gemm_leaves& set,
                      softmax_leaf* softmax_rows) {
  const float* q = a.in<float>(0);
  attend(a.pool, s, q, q + s.width(), q + 2 * s.width(), a.out<float>(0), a.out<float>(1), set,
         softmax_rows, plain_logits{s.scale()});
}
inline void attention_gradient(const arguments& a, const attention_shape& s,
                               const gemm_leaves& set, attention_gradient_leaf* gradient_rows) {
  const float* q = a.in<float>(1);
  float* dq = a.out<float>(0);
  const std::int64_t width = s.width();
  const attention_operands x{q,  q + width,  q + 2 * width, a.in<float>(0), a.in<float>(2),
                             a.in<float>(3), dq, dq + width, dq + 2 * width};
  attend_backward(a.pool, s, x, 1, set, gradient_rows, plain_logits{s.scale()},
                  plain_slopes());
}

template <>
struct kernel<"attention"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    attention(a, self_attention(a.inputs[0], Key.a, Key.b, Key.c),
              *TESSERA_CPU_PICK(set, gemm_set), TESSERA_CPU_PICK(set, softmax_rows));
  }
};
template <>
struct kernel<"attention_gradient"> {
  template <op_key Key>
  static void run(const arguments& a, isa set) {
    attention_gradient(a, self_attention(a.inputs[1], Key.a, Key.b, Key.c),
                       *TESSERA_CPU_PICK(set, gemm_set),
                       TESSERA_CPU_PICK(set, attention_gradient_rows));
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
