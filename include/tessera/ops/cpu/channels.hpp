#pragma once
// Ops along channels (contract: ops/channels.hpp).

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

template <>
struct kernel<"scale_channels"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, multiply_rows);
    const std::int64_t c = a.in_shape(0).last();
    over_rows(a.pool, rows_in(a.inputs[0]), c, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(0) + first * c, last - first, c, a.in<float>(1), a.out<float>(0) + first * c);
    });
  }
};
template <>
struct kernel<"scale_channels_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, add_product_rows);
    const std::int64_t c = a.in_shape(0).last();
    float *sums = scratch_floats(1, c), *y = a.out<float>(0);
    sum_rows(
        a.pool, rows_in(a.inputs[0]), c,
        [&](std::int64_t first, std::int64_t last, float* mine) {
          f(mine, c, a.in<float>(0) + first * c, a.in<float>(1) + first * c, last - first);
        },
        sums);
    for (std::int64_t i = 0; i < c; ++i) y[i] = (a.outputs[0].accumulate ? y[i] : 0) + sums[i];
  }
};

// f(row of y, row of x) over the rows of input 0; row widths are those of their operands.
template <class F>
void over_both_rows(const arguments& a, const F& f) {
  const std::int64_t in = a.in_shape(0).last(), out = a.out_shape(0).last();
  over_rows(a.pool, rows_in(a.inputs[0]), in + out, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r)
      f(a.out<float>(0) + r * out, a.in<float>(0) + r * in, r);
  });
}

template <>
struct kernel<"slice_channels"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t c = a.out_shape(0).last();
    over_both_rows(a, [&](float* y, const float* x, std::int64_t) { copy(y, x + a.attr.a, c); });
  }
};
template <>
struct kernel<"pad_channels"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t c = a.in_shape(0).last(), first = a.attr.a;
    const std::int64_t after = a.out_shape(0).last() - first - c;
    over_both_rows(a, [&](float* y, const float* x, std::int64_t) {
      clear(y, first);
      copy(y + first, x, c);
      clear(y + first + c, after);
    });
  }
};
template <>
struct kernel<"concat_channels"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const std::int64_t c = a.in_shape(0).last(), more = a.in_shape(1).last();
    over_both_rows(a, [&](float* y, const float* x, std::int64_t r) {
      copy(y, x, c);
      copy(y + c, a.in<float>(1) + r * more, more);
    });
  }
};

// f(first, count, mean, 1 / deviation) over images (S, C, pixels), a channel at a time.
template <class F>
void over_image_channels(const arguments& a, const F& f) {
  const std::int64_t channels = a.in_shape(0).dims[0];
  const std::int64_t pixels = a.in_shape(0).per_sample() / channels;
  over_rows(a.pool, a.in_count(0) / pixels, pixels, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t r = first; r < last; ++r) {
      const double* setting = a.settings + r % channels % a.attr.a * 2;
      f(r * pixels, pixels, static_cast<float>(setting[0]), static_cast<float>(1 / setting[1]));
    }
  });
}

template <>
struct kernel<"normalise_channels"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, normalise_run);
    over_image_channels(a, [&](std::int64_t at, std::int64_t n, float mean, float scale) {
      f(a.out<float>(0) + at, n, a.in<float>(0) + at, mean, scale);
    });
  }
};
template <>
struct kernel<"normalise_channels_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, scale_run);
    over_image_channels(a, [&](std::int64_t at, std::int64_t n, float, float scale) {
      f(a.out<float>(0) + at, n, a.in<float>(0) + at, scale);
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
