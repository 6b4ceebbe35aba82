#pragma once
// unfold, fold, normalise_patches, and the masked mean squared error (contracts: ops/patches.hpp,
// ops/losses.hpp).

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// Runs as long as a patch is wide: in plain steps where they are short, because a call and a masked
// rest cost more than these.
inline constexpr std::int64_t short_run = 16;

inline void copy_run(float* y, const float* x, std::int64_t n) {
  if (n >= short_run) return copy(y, x, n);
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) __builtin_memcpy(y + i, x + i, 4 * sizeof(float));
  if ((n & 2) != 0) __builtin_memcpy(y + i, x + i, 2 * sizeof(float)), i += 2;
  if ((n & 1) != 0) y[i] = x[i];
}

// The patches of one image (C, H, W), as the attributes of unfold say.
inline void unfold_sample(const shape& x, const shape& y, const attributes& attr, const float* in,
                          float* out) {
  const std::int64_t channels = x.dims[0], height = x.dims[1], width = x.dims[2];
  const std::int64_t p = attr.a, step = attr.b, pad = attr.c;
  const std::int64_t columns = (width + 2 * pad - p) / step + 1;
  const bool channel_last = attr.d == 1;
  for (std::int64_t n = 0; n < y.dims[0]; ++n) {
    const std::int64_t top = n / columns * step - pad, left = n % columns * step - pad;
    const std::int64_t each = channel_last ? channels : 1;
    const bool inside = left >= 0 && left + p <= width;
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t i = 0; i < p; ++i) {
        const std::int64_t row = top + i, at = (c * height + row) * width + left;
        float* to = out + n * y.dims[1] + (channel_last ? i * p * channels + c : (c * p + i) * p);
        const bool there = row >= 0 && row < height;
        if (each == 1 && there && inside) {
          copy_run(to, in + at, p);
          continue;
        }
        for (std::int64_t j = 0; j < p; ++j)
          to[j * each] = there && left + j >= 0 && left + j < width ? in[at + j] : 0.0f;
      }
  }
}

template <>
struct kernel<"unfold"> {
  template <op_key>
  static void run(const arguments& a, isa) {
    const shape &x = a.in_shape(0), &y = a.out_shape(0);
    over_samples(a, a.outputs[0], [&](std::int64_t s) {
      unfold_sample(x, y, a.attr, a.in<float>(0) + s * x.per_sample(),
                    a.out<float>(0) + s * y.per_sample());
    });
  }
};

// Patches are added in their order; a task is a channel of an image.
template <>
struct kernel<"fold"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto add = TESSERA_CPU_PICK(set, add_run);
    const shape &x = a.in_shape(0), &y = a.out_shape(0);
    const std::int64_t channels = y.dims[0], height = y.dims[1], width = y.dims[2];
    const std::int64_t p = a.attr.a, step = a.attr.b, pad = a.attr.c, patches = x.dims[0];
    const std::int64_t columns = (width + 2 * pad - p) / step + 1;
    const bool channel_last = a.attr.d == 1;
    parallel(a.pool, samples_in(a.inputs[0]) * channels, 1, [&](std::int64_t task, std::int64_t) {
      const std::int64_t c = task % channels;
      float* image = a.out<float>(0) + task * height * width;
      clear(image, height * width);
      for (std::int64_t n = 0; n < patches; ++n) {
        const float* patch = a.in<float>(0) + (task / channels * patches + n) * x.dims[1];
        const std::int64_t left = n % columns * step - pad, top = n / columns * step - pad;
        const std::int64_t first = left < 0 ? -left : 0, last = least(p, width - left);
        for (std::int64_t i = top < 0 ? -top : 0; i < least(p, height - top); ++i) {
          float* to = image + (top + i) * width + left + first;
          const float* from =
              patch + (channel_last ? (i * p + first) * channels + c : (c * p + i) * p + first);
          const std::int64_t count = last - first;
          if (!channel_last && count >= short_run)
            add(to, count, to, from);
          else
            for (std::int64_t j = 0; j < count; ++j)
              to[j] += from[channel_last ? j * channels : j];
        }
      }
    });
  }
};

template <>
struct kernel<"normalise_patches"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, normalise_patch_rows);
    const std::int64_t n = a.in_shape(0).last();
    const auto eps = static_cast<float>(a.settings[0]);
    over_rows(a.pool, rows_in(a.inputs[0]), n, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(0) + first * n, last - first, n, eps, a.out<float>(0) + first * n);
    });
  }
};

inline double masked_rows(const std::uint8_t* mask, std::int64_t rows) {
  double masked = 0;
  for (std::int64_t r = 0; r < rows; ++r) masked += mask[r];
  return masked;
}

template <>
struct kernel<"masked_mse"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, masked_squares);
    const std::int64_t n = a.in_shape(0).last(), rows = rows_in(a.inputs[0]), each = 256;
    const std::uint8_t* mask = a.in<std::uint8_t>(2);
    const std::int64_t chunks = ceil_div(rows, each);
    auto* partial = static_cast<double*>(
        thread_scratch(0, static_cast<std::size_t>(chunks) * sizeof(double)));
    parallel(a.pool, chunks, 1, [&](std::int64_t chunk, std::int64_t) {
      const std::int64_t first = chunk * each;
      partial[chunk] = f(a.in<float>(0) + first * n, a.in<float>(1) + first * n, mask + first,
                         least(each, rows - first), n);
    });
    double sum = 0;
    for (std::int64_t k = 0; k < chunks; ++k) sum += partial[k];
    a.out<float>(0)[0] = static_cast<float>(sum / static_cast<double>(n) / masked_rows(mask, rows));
  }
};

template <>
struct kernel<"masked_mse_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, masked_difference_rows);
    const std::int64_t n = a.in_shape(1).last(), rows = rows_in(a.inputs[1]);
    const std::uint8_t* mask = a.in<std::uint8_t>(3);
    const auto scale = static_cast<float>(2.0 * static_cast<double>(a.in<float>(0)[0]) /
                                          (static_cast<double>(n) * masked_rows(mask, rows)));
    over_rows(a.pool, rows, n, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(1) + first * n, a.in<float>(2) + first * n, mask + first, last - first, n,
        scale, a.out<float>(0) + first * n);
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
