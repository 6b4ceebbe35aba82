#pragma once
// Ops that move rows (contracts: ops/rows.hpp, ops/masking.hpp): copies of runs of D floats, a task
// per few samples, and the orders of random masking.

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/reference/support.hpp"
#include "tessera/tensor/philox.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <>
struct kernel<"slice_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t in = a.in_shape(0).per_sample(), out = a.out_shape(0).per_sample();
    const std::int64_t skip = std::int64_t(a.attr.a) * a.in_shape(0).last();
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      copy(a.out<float>(0) + s * out, a.in<float>(0) + s * in + skip, out);
    });
  }
};
template <>
struct kernel<"pad_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t in = a.in_shape(0).per_sample(), out = a.out_shape(0).per_sample();
    const std::int64_t skip = std::int64_t(a.attr.a) * a.in_shape(0).last();
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * out;
      clear(y, skip);
      copy(y + skip, a.in<float>(0) + s * in, in);
      clear(y + skip + in, out - skip - in);
    });
  }
};
template <>
struct kernel<"prepend_token"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t in = a.in_shape(0).per_sample(), first = a.in_shape(1).count(1);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * (first + in);
      copy(y, a.in<float>(1), first);
      copy(y + first, a.in<float>(0) + s * in, in);
    });
  }
};
template <>
struct kernel<"prepend_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t in = a.in_shape(0).per_sample(), head = a.in_shape(1).per_sample();
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * (in + head);
      copy(y, a.in<float>(1) + s * head, head);
      copy(y + head, a.in<float>(0) + s * in, in);
    });
  }
};
template <>
struct kernel<"add_position"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t in = a.in_shape(0).per_sample();
    const float* table = a.in<float>(1) + std::int64_t(a.attr.a) * a.in_shape(0).last();
    const auto add = TESSERA_CPU_PICK(set, add_run);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      add(a.out<float>(0) + s * in, in, a.in<float>(0) + s * in, table);
    });
  }
};
template <>
struct kernel<"batch_sum"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t d = a.in_shape(0).last(), in = a.in_shape(0).per_sample();
    const std::int64_t count = a.attr.b * d, samples = samples_in(a.inputs[0]);
    const float* x = a.in<float>(0) + a.attr.a * d;
    float* y = a.out<float>(0) + a.attr.c * d;
    if (!a.outputs[0].accumulate) clear(a.out<float>(0), a.out_count(0));
    const auto add = TESSERA_CPU_PICK(set, add_run);
    parallel(a.pool, count, 1'024, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t s = 0; s < samples; ++s)
        add(y + first, last - first, y + first, x + s * in + first);
    });
  }
};
template <>
struct kernel<"gather_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t d = a.in_shape(0).last(), rows = a.in_shape(0).dims[0];
    const std::int64_t kept = a.out_shape(0).dims[0];
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      const std::int32_t* index = a.in<std::int32_t>(1) + s * kept;
      for (std::int64_t i = 0; i < kept; ++i) {
        const std::int64_t from = s * rows + detail::checked("gather_rows", index[i], rows);
        copy(a.out<float>(0) + (s * kept + i) * d, a.in<float>(0) + from * d, d);
      }
    });
  }
};
template <>
struct kernel<"scatter_rows"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t d = a.in_shape(0).last(), kept = a.in_shape(0).dims[0];
    const std::int64_t rows = a.out_shape(0).dims[0];
    const auto add = TESSERA_CPU_PICK(set, add_run);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      const std::int32_t* index = a.in<std::int32_t>(1) + s * kept;
      float* y = a.out<float>(0) + s * rows * d;
      clear(y, rows * d);
      for (std::int64_t i = 0; i < kept; ++i) {
        float* at = y + detail::checked("scatter_rows", index[i], rows) * d;
        add(at, d, at, a.in<float>(0) + (s * kept + i) * d);
      }
    });
  }
};
template <>
struct kernel<"restore_rows"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t d = a.in_shape(0).last(), kept = a.in_shape(0).dims[0];
    const std::int64_t rows = a.out_shape(0).dims[0];
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      const std::int32_t* rank = a.in<std::int32_t>(2) + s * rows;
      for (std::int64_t i = 0; i < rows; ++i) {
        const bool there = detail::checked("restore_rows", rank[i], rows) < kept;
        copy(a.out<float>(0) + (s * rows + i) * d,
             there ? a.in<float>(0) + (s * kept + rank[i]) * d : a.in<float>(1), d);
      }
    });
  }
};

template <>
struct kernel<"restore_rows_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const std::int64_t d = a.in_shape(0).last(), tokens = a.in_shape(0).dims[0], kept = a.attr.a;
    const float* dy = a.in<float>(0);
    const std::int32_t* rank = a.in<std::int32_t>(1);
    if (float* dx = a.out<float>(0); dx != nullptr)
      over_samples(a, a.inputs[0], [&](std::int64_t s) {
        clear(dx + s * kept * d, kept * d);
        for (std::int64_t i = s * tokens; i < (s + 1) * tokens; ++i)
          if (detail::checked("restore_rows_gradient", rank[i], tokens) < kept)
            copy(dx + (s * kept + rank[i]) * d, dy + i * d, d);
      });
    float* dtoken = a.out<float>(1);
    if (dtoken == nullptr) return;
    const auto add = TESSERA_CPU_PICK(set, add_run);
    float* sums = scratch_floats(1, d);
    sum_rows(
        a.pool, rows_in(a.inputs[0]), d,
        [&](std::int64_t first, std::int64_t last, float* mine) {
          for (std::int64_t i = first; i < last; ++i)
            if (rank[i] >= kept) add(mine, d, mine, dy + i * d);
        },
        sums);
    for (std::int64_t i = 0; i < d; ++i)
      dtoken[i] = (a.outputs[1].accumulate ? dtoken[i] : 0) + sums[i];
  }
};
template <>
struct kernel<"mean_rows"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, add_rows);
    const auto scale = TESSERA_CPU_PICK(set, scale_run);
    const std::int64_t d = a.in_shape(0).last(), in = a.in_shape(0).per_sample();
    const std::int64_t rows = a.in_shape(0).dims[0] - a.attr.a;
    over_samples(a, a.inputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * d;
      clear(y, d);
      add(y, d, a.in<float>(0) + s * in + a.attr.a * d, rows);
      scale(y, d, y, 1.0f / static_cast<float>(rows));
    });
  }
};
template <>
struct kernel<"spread_rows"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto scale = TESSERA_CPU_PICK(set, scale_run);
    const std::int64_t d = a.in_shape(0).last(), first = a.attr.a, rows = a.attr.b;
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      float* y = a.out<float>(0) + s * rows * d;
      clear(y, first * d);
      if (first >= rows) return;
      scale(y + first * d, d, a.in<float>(0) + s * d, 1.0f / static_cast<float>(rows - first));
      for (std::int64_t n = first + 1; n < rows; ++n) copy(y + n * d, y + first * d, d);
    });
  }
};
template <>
struct kernel<"order_tokens"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto rank = TESSERA_CPU_PICK(set, rank_tokens);
    const std::int64_t tokens = a.in_shape(0).last(), kept = a.attr.a;
    over_rows(a.pool, rows_in(a.inputs[0]), tokens * tokens / 8 + 1,
              [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t r = first; r < last; ++r) {
                  std::int32_t* ranks = a.out<std::int32_t>(1) + r * tokens;
                  rank(a.in<float>(0) + r * tokens, tokens, scratch_floats(1, tokens), ranks);
                  for (std::int64_t i = 0; i < tokens; ++i) {
                    a.out<std::uint8_t>(2)[r * tokens + i] = ranks[i] >= kept;
                    if (ranks[i] < kept)
                      a.out<std::int32_t>(0)[r * kept + ranks[i]] = static_cast<std::int32_t>(i);
                  }
                }
              });
  }
};
template <>
struct kernel<"noise"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t tokens = a.attr.a;
    over_rows(a.pool, rows_in(a.outputs[0]), 4 * tokens,
              [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t r = first; r < last; ++r) {
                  const std::int64_t row = a.batch > 0 ? r % a.batch : r;
                  const auto from =
                      static_cast<std::uint64_t>((a.batch > 0 ? r / a.batch : 0) * tokens);
                  const std::int64_t sample = a.samples != nullptr ? a.samples[row] : row;
                  uniform_elements(a, static_cast<std::uint64_t>(sample), from, tokens,
                                   a.out<float>(0) + r * tokens);
                }
              });
  }

 private:
  // Elements [from, from + n) of what one sample draws, a block of Philox for four.
  static void uniform_elements(const arguments& a, std::uint64_t sample, std::uint64_t from,
                               std::int64_t n, float* y) {
    for (std::int64_t i = 0; i < n;) {
      const std::uint64_t element = from + static_cast<std::uint64_t>(i);
      const philox_block b = random_block(a.seed, a.step, a.site, sample, element / 4);
      for (std::uint64_t lane = element % 4; lane < 4 && i < n; ++lane, ++i)
        y[i] = static_cast<float>(b.word[lane] >> 8) * 0x1p-24f;
    }
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
