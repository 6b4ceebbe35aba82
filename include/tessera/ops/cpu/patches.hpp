#pragma once
// unfold, normalise_patches, and the masked mean squared error (contracts: ops/patches.hpp,
// ops/losses.hpp).

#include "tessera/ops/cpu/kernel.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// The patches of one image (C, H, W), as the attributes of unfold say.
inline void unfold_sample(const shape& x, const shape& y, const attributes& attr, const float* in,
                          float* out) {
  const std::int64_t channels = x.dims[0], height = x.dims[1], width = x.dims[2];
  const std::int64_t p = attr.a, step = attr.b, pad = attr.c;
  const std::int64_t columns = (width + 2 * pad - p) / step + 1;
  const bool channel_last = attr.d == 1;
  for (std::int64_t n = 0; n < y.dims[0]; ++n)
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t i = 0; i < p; ++i) {
        const std::int64_t row = n / columns * step + i - pad, left = n % columns * step - pad;
        float* to = out + n * y.dims[1] + (channel_last ? i * p * channels + c : (c * p + i) * p);
        const std::int64_t each = channel_last ? channels : 1;
        const float* from = in + (c * height + row) * width + left;
        if (each == 1 && row >= 0 && row < height && left >= 0 && left + p <= width) {
          copy(to, from, p);
          continue;
        }
        for (std::int64_t j = 0; j < p; ++j)
          to[j * each] =
              row >= 0 && row < height && left + j >= 0 && left + j < width ? from[j] : 0.0f;
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
