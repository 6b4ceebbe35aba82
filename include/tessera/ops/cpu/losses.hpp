#pragma once
// Losses of logits and of features, and their gradients (contract: ops/losses.hpp; masked_mse:
// cpu/patches.hpp). Rows in parallel; their losses are summed in double, in the order of the rows.

#include "tessera/ops/cpu/kernel.hpp"
#include "tessera/ops/reference/losses.hpp"

namespace tessera::inline v0 {
namespace cpu_kernels TESSERA_CPU_AS_BUILT {

// A task of rows with an exp per element is a quarter of an elementwise one.
inline constexpr std::int64_t loss_weight = 4;

// The sum of losses[r], r < rows, after f(first, last, losses). Takes slot 0 of the scratch.
template <class F>
double sum_of_losses(thread_pool* pool, std::int64_t rows, std::int64_t width, const F& f) {
  auto* losses = static_cast<double*>(
      thread_scratch(0, static_cast<std::size_t>(rows) * sizeof(double)));
  over_rows(pool, rows, loss_weight * width,
            [&](std::int64_t first, std::int64_t last) { f(first, last, losses); });
  double sum = 0;
  for (std::int64_t r = 0; r < rows; ++r) sum += losses[r];
  return sum;
}

// Their mean, into output 0.
template <class F>
void mean_of_losses(const arguments& a, const F& f) {
  const std::int64_t rows = rows_in(a.inputs[0]);
  a.out<float>(0)[0] = static_cast<float>(
      sum_of_losses(a.pool, rows, a.in_shape(0).last(), f) / static_cast<double>(rows));
}

template <>
struct kernel<"cross_entropy"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, cross_entropy_rows);
    const std::int64_t n = a.in_shape(0).last();
    const std::int32_t* labels = a.in<std::int32_t>(1);
    float* log_sums = a.out<float>(1);
    mean_of_losses(a, [&](std::int64_t first, std::int64_t last, double* losses) {
      for (std::int64_t r = first; r < last; ++r) detail::checked("cross_entropy", labels[r], n);
      f(a.in<float>(0) + first * n, labels + first, last - first, n, a.settings[0],
        losses + first, log_sums == nullptr ? nullptr : log_sums + first);
    });
  }
};
template <>
struct kernel<"cross_entropy_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, cross_entropy_gradient_rows);
    const std::int64_t rows = rows_in(a.inputs[1]), n = a.in_shape(1).last();
    const float up = a.in<float>(0)[0] / static_cast<float>(rows);
    over_rows(a.pool, rows, loss_weight * n, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(1) + first * n, a.in<std::int32_t>(2) + first, a.in<float>(3) + first,
        last - first, n, a.settings[0], up, a.out<float>(0) + first * n);
    });
  }
};

template <>
struct kernel<"soft_cross_entropy"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, soft_cross_entropy_rows);
    const std::int64_t n = a.in_shape(0).last();
    float* log_sums = a.out<float>(1);
    mean_of_losses(a, [&](std::int64_t first, std::int64_t last, double* losses) {
      f(a.in<float>(0) + first * n, a.in<float>(1) + first * n, last - first, n, losses + first,
        log_sums == nullptr ? nullptr : log_sums + first);
    });
  }
};
template <>
struct kernel<"soft_cross_entropy_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, soft_cross_entropy_gradient_rows);
    const std::int64_t rows = rows_in(a.inputs[1]), n = a.in_shape(1).last();
    const float up = a.in<float>(0)[0] / static_cast<float>(rows);
    over_rows(a.pool, rows, loss_weight * n, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(1) + first * n, a.in<float>(2) + first * n, a.in<float>(3) + first,
        last - first, n, up, a.out<float>(0) + first * n);
    });
  }
};

template <>
struct kernel<"kl_divergence"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, kl_divergence_rows);
    const std::int64_t rows = rows_in(a.inputs[0]), n = a.in_shape(0).last();
    const double temperature =
        detail::checked_positive("kl_divergence", "a temperature", a.settings[0]);
    const double sum =
        sum_of_losses(a.pool, rows, n, [&](std::int64_t first, std::int64_t last, double* losses) {
          f(a.in<float>(0) + first * n, a.in<float>(1) + first * n, last - first, n,
            static_cast<float>(1 / temperature), losses + first);
        });
    a.out<float>(0)[0] = static_cast<float>(temperature * temperature * sum /
                                            detail::kl_divisor(a, a.inputs[0]));
  }
};
template <>
struct kernel<"kl_divergence_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, kl_divergence_gradient_rows);
    const std::int64_t rows = rows_in(a.inputs[1]), n = a.in_shape(1).last();
    const double temperature = a.settings[0];
    const auto up = static_cast<float>(static_cast<double>(a.in<float>(0)[0]) * temperature /
                                       detail::kl_divisor(a, a.inputs[1]));
    over_rows(a.pool, rows, loss_weight * n, [&](std::int64_t first, std::int64_t last) {
      f(a.in<float>(1) + first * n, a.in<float>(2) + first * n, last - first, n,
        static_cast<float>(1 / temperature), up, a.out<float>(0) + first * n);
    });
  }
};

// The mean of f(first, last) over all elements of input 0: sums of runs. Takes slot 0.
template <class F>
void mean_error(const arguments& a, const F& f) {
  const std::int64_t count = a.in_count(0), runs = ceil_div(count, elementwise_run);
  auto* sums = static_cast<double*>(
      thread_scratch(0, static_cast<std::size_t>(runs) * sizeof(double)));
  parallel(a.pool, count, elementwise_run, [&](std::int64_t first, std::int64_t last) {
    sums[first / elementwise_run] = f(first, last);
  });
  double sum = 0;
  for (std::int64_t i = 0; i < runs; ++i) sum += sums[i];
  a.out<float>(0)[0] = static_cast<float>(sum / static_cast<double>(count));
}

template <>
struct kernel<"mse"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, squared_errors_run);
    mean_error(a, [&](std::int64_t first, std::int64_t last) {
      return f(a.in<float>(0) + first, a.in<float>(1) + first, last - first);
    });
  }
};
template <>
struct kernel<"mse_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, difference_run);
    const auto up = static_cast<float>(2 * static_cast<double>(a.in<float>(0)[0]) /
                                       static_cast<double>(a.in_count(1)));
    parallel(a.pool, a.in_count(1), elementwise_run, [&](std::int64_t first, std::int64_t last) {
      f(a.out<float>(0) + first, last - first, a.in<float>(1) + first, a.in<float>(2) + first, up);
    });
  }
};
template <>
struct kernel<"smooth_l1"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, smooth_errors_run);
    const auto beta = static_cast<float>(
        detail::checked_not_negative("smooth_l1", "a beta", a.settings[0]));
    mean_error(a, [&](std::int64_t first, std::int64_t last) {
      return f(a.in<float>(0) + first, a.in<float>(1) + first, last - first, beta);
    });
  }
};
template <>
struct kernel<"smooth_l1_gradient"> {
  template <op_key>
  static void run(const arguments& a, isa set) {
    const auto f = TESSERA_CPU_PICK(set, smooth_gradient_run);
    const auto beta = static_cast<float>(a.settings[0]);
    const auto up = static_cast<float>(static_cast<double>(a.in<float>(0)[0]) /
                                       static_cast<double>(a.in_count(1)));
    parallel(a.pool, a.in_count(1), elementwise_run, [&](std::int64_t first, std::int64_t last) {
      f(a.out<float>(0) + first, last - first, a.in<float>(1) + first, a.in<float>(2) + first,
        beta, up);
    });
  }
};

}  // namespace cpu_kernels TESSERA_CPU_AS_BUILT
}  // namespace tessera::inline v0
