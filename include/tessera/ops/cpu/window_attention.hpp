#pragma once
// window_attention, decomposed_attention and their gradients (contract: ops/window_attention.hpp).
// What all samples add to (bias, tables of positions) is summed per head over a sixteenth of the
// samples each, then over these in their order.

#include "tessera/ops/cpu/attention.hpp"
#include "tessera/ops/reference/window_attention.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

inline constexpr std::int64_t attention_chunks = 16;

// y[i] = (accumulate ? y[i] : 0) + the sum of partial[k count + i] over k < parts.
inline void sum_parts(thread_pool* pool, const operand& y, const float* partial, std::int64_t parts,
                      isa set) {
  const auto add = TESSERA_CPU_PICK(set, add_run);
  auto* sums = static_cast<float*>(y.data);
  parallel(pool, y.count, 1'024, [&](std::int64_t first, std::int64_t last) {
    const std::int64_t n = last - first;
    if (!y.accumulate) clear(sums + first, n);
    for (std::int64_t k = 0; k < parts; ++k)
      add(sums + first, n, sums + first, partial + k * y.count + first);
  });
}

// Masks of windows below, beside and both: -100 between tokens of different bands, (3, T, T).
inline void write_masks(const attributes& t, std::int64_t tokens, float* masks) {
  for (int kind = 1; kind <= 3; ++kind) {
    detail::window_bands bands(t, 0, tokens);
    bands.down = (kind & 1) != 0;
    bands.across = (kind & 2) != 0;
    for (std::int64_t i = 0; i < tokens; ++i)
      for (std::int64_t j = 0; j < tokens; ++j)
        *masks++ = bands.of(i) == bands.of(j) ? 0.0f : -100.0f;
  }
}

// scale q . k + bias + mask; where `plain`, without both, it is left to be scaled.
struct window_logits {
  const arguments& a;
  std::int64_t tokens;
  float scale;
  bool plain;
  const float *bias, *masks;  // (H, T, T), (3, T, T); or null
  void (*mix)(float*, std::int64_t, const float*, float, float);
  void (*add)(float*, std::int64_t, const float*, const float*);
  void (*multiply)(float*, std::int64_t, const float*, float);

  float operator()(const logit_block& b) const {
    if (plain) return scale;
    const std::int64_t n = b.rows * tokens, all = tokens * tokens, at = b.first * tokens;
    if (bias != nullptr)
      mix(b.logits, n, bias + b.head * all + at, scale, 1);
    else
      multiply(b.logits, n, b.logits, scale);
    if (masks != nullptr) {
      const detail::window_bands bands(a.attr, b.sample, tokens);
      const int kind = (bands.down ? 1 : 0) + (bands.across ? 2 : 0);
      if (kind > 0) add(b.logits, n, b.logits, masks + (kind - 1) * all + at);
    }
    return 1;
  }
};

// Writes the masks, if there are shifts, at `room` (3 T^2 floats).
inline window_logits logits_of_windows(const arguments& a, std::int64_t tokens, float scale,
                                       const float* bias, float* room, isa set) {
  const bool shifted = a.attr.e > 0 || a.attr.f > 0;
  if (shifted) write_masks(a.attr, tokens, room);
  return {a,
          tokens,
          scale,
          bias == nullptr && !shifted,
          bias,
          shifted ? room : nullptr,
          TESSERA_CPU_PICK(set, ema_run),
          TESSERA_CPU_PICK(set, add_run),
          TESSERA_CPU_PICK(set, scale_run)};
}

// Operands of a gradient: inputs dy, qkv, .., then y and log-sum-exp from `last` on.
inline attention_operands operands_of_windows(const arguments& a, const attention_shape& s,
                                              int last) {
  const float* q = a.in<float>(1);
  float* dq = a.out<float>(0);
  const std::int64_t width = s.width();
  return {q, q + width, q + 2 * width, a.in<float>(0), a.in<float>(last), a.in<float>(last + 1),
          dq, dq + width, dq + 2 * width};
}

template <>
struct kernel<"window_attention"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t t = a.in_shape(0).dims[0];
    const attention_shape s =
        self_attention(a.inputs[0], t, a.in_shape(0).last() / 3, a.attr.a);
    const float* q = a.in<float>(0);
    const window_logits logits = logits_of_windows(a, t, s.scale(), a.in<float>(1),
                                                   scratch_floats(0, 3 * t * t), set);
    attend(a.pool, s, q, q + s.width(), q + 2 * s.width(), a.out<float>(0), a.out<float>(1),
           *TESSERA_CPU_PICK(set, gemm_set), TESSERA_CPU_PICK(set, softmax_rows), logits);
  }
};

template <>
struct kernel<"window_attention_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t t = a.in_shape(1).dims[0], all = t * t;
    const attention_shape s =
        self_attention(a.inputs[1], t, a.in_shape(1).last() / 3, a.attr.a);
    const bool wanted = a.out<float>(1) != nullptr;
    const std::int64_t each = ceil_div(s.samples, attention_chunks);
    const std::int64_t chunks = ceil_div(s.samples, each);
    float* masks = scratch_floats(0, (3 + (wanted ? chunks * s.heads : 0)) * all);
    float* partial = masks + 3 * all;
    window_logits logits = logits_of_windows(a, t, s.scale(), a.in<float>(2), masks, set);
    logits.plain = logits.plain && !wanted;
    attend_backward(
        a.pool, s, operands_of_windows(a, s, 3), each, *TESSERA_CPU_PICK(set, gemm_set),
        TESSERA_CPU_PICK(set, attention_gradient_rows), logits,
        [&](const logit_block& b, std::int64_t task) {
          if (logits.plain) return false;
          const std::int64_t n = b.rows * t;
          if (wanted) {
            float* mine = partial + task * all + b.first * t;
            if (b.sample % each == 0)
              copy(mine, b.logits, n);
            else
              logits.add(mine, n, mine, b.logits);
          }
          logits.multiply(b.logits, n, b.logits, logits.scale);
          return false;
        });
    if (wanted) sum_parts(a.pool, a.outputs[1], partial, chunks, set);
  }
};

template <>
struct kernel<"decomposed_attention"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto rows = TESSERA_CPU_PICK(set, decomposed_logit_rows);
    const std::int64_t t = a.in_shape(0).dims[0], height = a.attr.b;
    attention_shape s = self_attention(a.inputs[0], t, a.in_shape(0).last() / 3, a.attr.a);
    s.extra = height + t / height;
    const float *q = a.in<float>(0), *down = a.in<float>(1), *across = a.in<float>(2);
    attend(a.pool, s, q, q + s.width(), q + 2 * s.width(), a.out<float>(0), a.out<float>(1),
           *TESSERA_CPU_PICK(set, gemm_set), TESSERA_CPU_PICK(set, softmax_rows),
           [&](const logit_block& b) {
             rows({height, t / height, s.channels, down, across}, b.logits, b.rows, b.first,
                  q + b.query, s.q_row, s.scale(), b.extra);
             return 1.0f;
           });
  }
};

template <>
struct kernel<"decomposed_attention_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto logit_rows = TESSERA_CPU_PICK(set, decomposed_logit_rows);
    const auto slope_rows = TESSERA_CPU_PICK(set, decomposed_slope_rows);
    const std::int64_t t = a.in_shape(1).dims[0], height = a.attr.b, width = t / height;
    attention_shape s = self_attention(a.inputs[1], t, a.in_shape(1).last() / 3, a.attr.a);
    s.extra = height + width;
    const float *q = a.in<float>(1), *down = a.in<float>(2), *across = a.in<float>(3);
    const std::int64_t each = ceil_div(s.samples, attention_chunks);
    const std::int64_t parts = ceil_div(s.samples, each) * s.heads;
    const std::int64_t first = (2 * height - 1) * s.channels, second = (2 * width - 1) * s.channels;
    float* downs = scratch_floats(0, parts * (first + second));  // a task's each, then dacross
    float* acrosses = downs + parts * first;
    clear(downs, parts * (first + second));
    attend_backward(
        a.pool, s, operands_of_windows(a, s, 4), each, *TESSERA_CPU_PICK(set, gemm_set),
        TESSERA_CPU_PICK(set, attention_gradient_rows),
        [&](const logit_block& b) {
          logit_rows({height, width, s.channels, down, across}, b.logits, b.rows, b.first,
                     q + b.query, s.q_row, s.scale(), b.extra);
          return 1.0f;
        },
        [&](const logit_block& b, std::int64_t task) {
          slope_rows({height, width, s.channels, down, across}, b.logits, b.rows, b.first,
                     q + b.query, s.q_row, s.scale(), b.extra, a.out<float>(0) + b.query,
                     downs + task * first, acrosses + task * second);
          return true;
        });
    if (a.out<float>(1) != nullptr) sum_parts(a.pool, a.outputs[1], downs, parts, set);
    if (a.out<float>(2) != nullptr) sum_parts(a.pool, a.outputs[2], acrosses, parts, set);
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
