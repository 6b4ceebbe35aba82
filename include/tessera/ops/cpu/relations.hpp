#pragma once
// Losses of directions and of relations, and their gradients (contracts: ops/gram.hpp,
// ops/contrast.hpp): gram and info_nce on the blocked matrix product, cosine_distance by rows.

#include "tessera/ops/cpu/losses.hpp"
#include "tessera/ops/cpu/pack.hpp"
#include "tessera/ops/cpu/softmax.hpp"
#include "tessera/ops/reference/contrast.hpp"
#include "tessera/ops/reference/gram.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// out[k][i] = in[i * lane + k], i < width, k < depth.
inline void transpose(std::int64_t width, std::int64_t depth, const float* in, std::int64_t lane,
                      float* out) {
  width % 2 == 0 ? pack_rows(width, depth, in, lane, out)
                 : pack_any(width, depth, in, lane, 1, width, out);
}

// Rows of G that a task makes: few panels of the product, which then packs the other operand late.
inline constexpr std::int64_t gram_stripe = 96;

// f(sample, first row of G, rows).
template <class F>
void over_stripes(thread_pool* pool, const detail::gram_layout& l, const F& f) {
  const std::int64_t stripes = ceil_div(l.side, gram_stripe);
  parallel(pool, l.samples * stripes, 1, [&](std::int64_t t, std::int64_t) {
    const std::int64_t first = t % stripes * gram_stripe;
    f(t / stripes, first, least(gram_stripe, l.side - first));
  });
}

// A stripe from the diagonal on; what lies below it is the same, turned.
template <>
struct kernel<"gram"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const gemm_leaves& leaves = *TESSERA_CPU_PICK(set, gemm_set);
    const detail::gram_layout l(a.inputs[0], a.attr.a == 1);
    over_stripes(a.pool, l, [&](std::int64_t s, std::int64_t first, std::int64_t rows) {
      float* y = a.out<float>(0) + s * l.side * l.side + first * l.side;
      gemm_call c;
      c.m = rows, c.n = l.side - first, c.k = l.summed;
      c.a = c.b = a.in<float>(0) + s * l.size + first * l.side_step;
      c.a_row = c.b_col = l.side_step, c.a_col = c.b_row = l.sum_step;
      c.c = y + first, c.c_row = l.side;
      gemm_core(c, leaves, thread_scratch(1, gemm_scratch_bytes(c.m, c.n, c.k)));
      for (std::int64_t q = rows; q < c.n; ++q)
        for (std::int64_t p = 0; p < rows; ++p)
          y[q * l.side + first + p] = y[p * l.side + first + q];
    });
  }
};

// Rows of the symmetric g = dG + dG^T are its columns, so a stripe gives as many rows of g x or
// columns of x g.
template <>
struct kernel<"gram_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const gemm_leaves& leaves = *TESSERA_CPU_PICK(set, gemm_set);
    const auto add = TESSERA_CPU_PICK(set, add_run);
    const bool tokens = a.attr.a == 1;
    const detail::gram_layout l(a.inputs[1], tokens);
    over_stripes(a.pool, l, [&](std::int64_t s, std::int64_t first, std::int64_t rows) {
      const float* x = a.in<float>(1) + s * l.size;
      const float* dy = a.in<float>(0) + s * l.side * l.side;
      gemm_call c;
      c.m = tokens ? rows : l.summed, c.n = tokens ? l.summed : rows, c.k = l.side;
      const std::size_t product = (gemm_scratch_bytes(c.m, c.n, c.k) + 63) / 64 * 64;
      auto* scratch = static_cast<std::byte*>(thread_scratch(
          1, product + static_cast<std::size_t>(rows * l.side) * sizeof(float)));
      float* g = reinterpret_cast<float*>(scratch + product);
      transpose(l.side, rows, dy + first, l.side, g);
      add(g, rows * l.side, g, dy + first * l.side);
      c.a = tokens ? g : x, c.a_row = l.side, c.a_col = 1;
      c.b = tokens ? x : g, c.b_row = tokens ? l.summed : 1, c.b_col = tokens ? 1 : l.side;
      c.c = a.out<float>(0) + s * l.size + first * l.side_step;
      c.c_row = tokens ? l.summed : l.side;
      gemm_core(c, leaves, scratch);
    });
  }
};

// Two rows: x . y, and 1 / max(||.||, eps) of each.
struct directions {
  double dot, x_inverse, y_inverse;

  directions(float (*f)(const float*, const float*, std::int64_t), const float* x, const float* y,
             std::int64_t n, double eps)
      : dot(f(x, y, n)), x_inverse(inverse(f(x, x, n), eps)), y_inverse(inverse(f(y, y, n), eps)) {}

 private:
  static double inverse(double squares, double eps) {
    return squares > eps * eps ? 1 / __builtin_sqrt(squares) : 1 / eps;
  }
};

template <>
struct kernel<"cosine_distance"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, dot_run);
    const std::int64_t n = a.in_shape(0).last();
    const double eps = detail::checked_positive("cosine_distance", "an eps", a.settings[0]);
    mean_of_losses(a, [&](std::int64_t first, std::int64_t last, double* losses) {
      for (std::int64_t r = first; r < last; ++r) {
        const directions d(f, a.in<float>(0) + r * n, a.in<float>(1) + r * n, n, eps);
        losses[r] = 1 - d.dot * d.x_inverse * d.y_inverse;
      }
    });
  }
};
template <>
struct kernel<"cosine_distance_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, dot_run);
    const auto mix = TESSERA_CPU_PICK(set, ema_run);
    const std::int64_t rows = rows_in(a.inputs[1]), n = a.in_shape(1).last();
    const double up = static_cast<double>(a.in<float>(0)[0]) / static_cast<double>(rows);
    over_rows(a.pool, rows, n, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t r = first; r < last; ++r) {
        const float *x = a.in<float>(1) + r * n, *y = a.in<float>(2) + r * n;
        float* dx = a.out<float>(0) + r * n;
        const directions d(f, x, y, n, a.settings[0]);
        const double out = up * d.x_inverse * d.y_inverse;
        const bool is_short = d.x_inverse >= 1 / a.settings[0];
        const double along = is_short ? 0 : out * d.dot * d.x_inverse * d.x_inverse;
        copy(dx, x, n);
        mix(dx, n, y, static_cast<float>(along), static_cast<float>(-out));
      }
    });
  }
};

template <>
struct kernel<"info_nce"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const float scale = softmax_scale(a, "info_nce");
    const bool both = a.attr.a == 1;
    const std::int64_t n = rows_in(a.inputs[0]), width = a.in_shape(0).last();
    float *l = a.out<float>(1), *sums = a.out<float>(2);
    gemm_call c;
    c.m = c.n = n, c.k = width;
    c.a = a.in<float>(0), c.a_row = width, c.a_col = 1;
    c.b = a.in<float>(1), c.b_row = 1, c.b_col = width;
    c.c = l, c.c_row = n;
    c.pool = a.pool;
    gemm(c, *TESSERA_CPU_PICK(set, gemm_set));

    // Losses and log-sum-exps of rows, then of columns; which pair is a row's own.
    auto* losses = static_cast<double*>(thread_scratch(
        0, static_cast<std::size_t>(n) *
               (2 * sizeof(double) + 2 * sizeof(float) + sizeof(std::int32_t))));
    auto* log_sums = reinterpret_cast<float*>(losses + 2 * n);
    auto* own = reinterpret_cast<std::int32_t*>(log_sums + 2 * n);
    for (std::int64_t i = 0; i < n; ++i) own[i] = static_cast<std::int32_t>(i);
    const auto scale_logits = TESSERA_CPU_PICK(set, scale_run);
    const auto lose = TESSERA_CPU_PICK(set, cross_entropy_rows);
    over_rows(a.pool, n, loss_weight * n, [&](std::int64_t first, std::int64_t last) {
      float* rows = l + first * n;
      scale_logits(rows, (last - first) * n, rows, scale);
      lose(rows, own + first, last - first, n, 0, losses + first, log_sums + first);
    });
    constexpr std::int64_t strip = 16;  // columns that share a line of the cache
    if (both)
      parallel(a.pool, n, strip, [&](std::int64_t first, std::int64_t last) {
        float* columns = scratch_floats(1, (last - first) * n);
        transpose(n, last - first, l + first, n, columns);
        lose(columns, own + first, last - first, n, 0, losses + n + first, log_sums + n + first);
      });

    double loss = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      loss += both ? (losses[i] + losses[n + i]) / 2 : losses[i];
      sums[2 * i] = log_sums[i];
      sums[2 * i + 1] = both ? log_sums[n + i] : 0.0f;
    }
    a.out<float>(0)[0] = static_cast<float>(loss / static_cast<double>(n));
    const auto slopes = TESSERA_CPU_PICK(set, pair_slopes_run);
    const float share = 1.0f / static_cast<float>(n);
    over_rows(a.pool, n, loss_weight * n, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) {
        slopes(l + i * n, n, log_sums[i], both ? log_sums + n : nullptr,
               both ? 0.5f * share : share);
        l[i * n + i] -= share;
      }
    });
  }
};

template <>
struct kernel<"info_nce_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto scale_run = TESSERA_CPU_PICK(set, scale_run);
    const std::int64_t n = rows_in(a.inputs[1]), width = a.in_shape(1).last();
    const auto up =
        static_cast<float>(static_cast<double>(a.in<float>(0)[0]) / a.settings[0]);
    for (const int side : {0, 1}) {  // dl k, then dl^T q
      float* dx = a.out<float>(side);
      if (dx == nullptr) continue;
      gemm_call c;
      c.m = n, c.n = width, c.k = n;
      c.a = a.in<float>(3), c.a_row = side == 0 ? n : 1, c.a_col = side == 0 ? 1 : n;
      c.b = a.in<float>(2 - side), c.b_row = width, c.b_col = 1;
      c.c = dx, c.c_row = width;
      c.pool = a.pool;
      gemm(c, *TESSERA_CPU_PICK(set, gemm_set));
      parallel(a.pool, n * width, elementwise_run, [&](std::int64_t first, std::int64_t last) {
        scale_run(dx + first, last - first, dx + first, up);
      });
    }
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
