#pragma once
// Loops of the losses. Logits (R, K); the up gradient is a scalar.

#include <cmath>

#include "tessera/ops/losses.hpp"
#include "tessera/ops/reference/support.hpp"

namespace tessera::inline v0 {

namespace detail {

// log sum_k exp(x_k / temperature), the largest taken out first.
template <class T>
accumulator_t<T> log_sum_exp(const T* x, std::int64_t count, double temperature = 1) {
  using std::exp, std::log;
  using wide = accumulator_t<T>;
  wide largest(x[0]);
  for (std::int64_t k = 1; k < count; ++k)
    if (x[k] > largest) largest = wide(x[k]);
  wide sum(0);
  for (std::int64_t k = 0; k < count; ++k) sum += exp((x[k] - largest) / wide(temperature));
  return largest / wide(temperature) + log(sum);
}

inline double kl_divisor(const arguments& a, const operand& logits) {
  return static_cast<double>(a.attr.a == 1 ? logits.count : row_count(logits));
}

inline std::int64_t removed_rows(const std::uint8_t* mask, std::int64_t rows) {
  std::int64_t removed = 0;
  for (std::int64_t r = 0; r < rows; ++r) removed += mask[r] != 0;
  return removed;
}

}  // namespace detail

template <>
struct kernel<"cross_entropy", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T* logits = a.in<T>(0);
    const std::int32_t* labels = a.in<std::int32_t>(1);
    T* log_sums = a.out<T>(1);
    const double smoothing = a.settings[0];
    const std::int64_t rows = detail::row_count(a.inputs[0]), classes = a.in_shape(0).last();
    wide loss(0);
    for (std::int64_t r = 0; r < rows; ++r) {
      const T* x = logits + r * classes;
      const std::int64_t label = detail::checked("cross_entropy", labels[r], classes);
      const wide log_sum = detail::log_sum_exp(x, classes);
      wide uniform(0);  // sum_k log p_k
      for (std::int64_t k = 0; k < classes; ++k) uniform += x[k] - log_sum;
      loss -= wide(1 - smoothing) * (x[label] - log_sum) +
              wide(smoothing / static_cast<double>(classes)) * uniform;
      if (log_sums) log_sums[r] = static_cast<T>(log_sum);
    }
    *a.out<T>(0) = static_cast<T>(loss / wide(rows));
  }
};

// dlogits_k = up / R (p_k - (1 - s) [k = label] - s / K).
template <>
struct kernel<"cross_entropy_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const T *x = a.in<T>(1), *log_sums = a.in<T>(3);
    const std::int32_t* labels = a.in<std::int32_t>(2);
    T* dx = a.out<T>(0);
    const double smoothing = a.settings[0];
    const std::int64_t rows = detail::row_count(a.inputs[1]), classes = a.in_shape(1).last();
    const wide up = wide(*a.in<T>(0)) / wide(rows);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t k = 0; k < classes; ++k) {
        const double target =
            (k == labels[r] ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes);
        const wide p = exp(wide(x[r * classes + k]) - wide(log_sums[r]));
        dx[r * classes + k] = static_cast<T>(up * (p - wide(target)));
      }
  }
};

template <>
struct kernel<"soft_cross_entropy", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    T* log_sums = a.out<T>(1);
    const std::int64_t rows = detail::row_count(a.inputs[0]), classes = a.in_shape(0).last();
    wide loss(0);
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *x = a.in<T>(0) + r * classes, *t = a.in<T>(1) + r * classes;
      const wide log_sum = detail::log_sum_exp(x, classes);
      for (std::int64_t k = 0; k < classes; ++k) loss -= wide(t[k]) * (x[k] - log_sum);
      if (log_sums) log_sums[r] = static_cast<T>(log_sum);
    }
    *a.out<T>(0) = static_cast<T>(loss / wide(rows));
  }
};

// dlogits_k = up / R (p_k sum_j t_j - t_k).
template <>
struct kernel<"soft_cross_entropy_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const std::int64_t rows = detail::row_count(a.inputs[1]), classes = a.in_shape(1).last();
    const wide up = wide(*a.in<T>(0)) / wide(rows);
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *x = a.in<T>(1) + r * classes, *t = a.in<T>(2) + r * classes;
      T* dx = a.out<T>(0) + r * classes;
      wide mass(0);
      for (std::int64_t k = 0; k < classes; ++k) mass += t[k];
      for (std::int64_t k = 0; k < classes; ++k)
        dx[k] = static_cast<T>(up * (mass * exp(wide(x[k]) - wide(a.in<T>(3)[r])) - t[k]));
    }
  }
};

template <>
struct kernel<"kl_divergence", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const double temperature =
        detail::checked_positive("kl_divergence", "a temperature", a.settings[0]);
    const std::int64_t rows = detail::row_count(a.inputs[0]), classes = a.in_shape(0).last();
    wide loss(0);
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *student = a.in<T>(0) + r * classes, *teacher = a.in<T>(1) + r * classes;
      const wide student_sum = detail::log_sum_exp(student, classes, temperature);
      const wide teacher_sum = detail::log_sum_exp(teacher, classes, temperature);
      for (std::int64_t k = 0; k < classes; ++k) {
        const wide log_s = student[k] / wide(temperature) - student_sum;
        const wide log_t = teacher[k] / wide(temperature) - teacher_sum;
        loss += exp(log_t) * (log_t - log_s);
      }
    }
    *a.out<T>(0) =
        static_cast<T>(wide(temperature * temperature / detail::kl_divisor(a, a.inputs[0])) * loss);
  }
};

template <>
struct kernel<"kl_divergence_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    using wide = detail::accumulator_t<T>;
    const wide temperature(a.settings[0]);
    T* dx = a.out<T>(0);
    const std::int64_t rows = detail::row_count(a.inputs[1]), classes = a.in_shape(1).last();
    const wide up = *a.in<T>(0) * temperature / wide(detail::kl_divisor(a, a.inputs[1]));
    for (std::int64_t r = 0; r < rows; ++r) {
      const T *student = a.in<T>(1) + r * classes, *teacher = a.in<T>(2) + r * classes;
      const wide student_sum = detail::log_sum_exp(student, classes, a.settings[0]);
      const wide teacher_sum = detail::log_sum_exp(teacher, classes, a.settings[0]);
      for (std::int64_t k = 0; k < classes; ++k)
        dx[r * classes + k] = static_cast<T>(up * (exp(student[k] / temperature - student_sum) -
                                                   exp(teacher[k] / temperature - teacher_sum)));
    }
  }
};

// Without a removed row the loss is 0 / 0: NaN.
template <>
struct kernel<"masked_mse", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *prediction = a.in<T>(0), *target = a.in<T>(1);
    const std::uint8_t* mask = a.in<std::uint8_t>(2);
    const std::int64_t rows = detail::row_count(a.inputs[0]), width = a.in_shape(0).last();
    wide sum(0);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t i = r * width; mask[r] != 0 && i < (r + 1) * width; ++i) {
        const wide difference = wide(prediction[i]) - wide(target[i]);
        sum += difference * difference;
      }
    *a.out<T>(0) = static_cast<T>(sum / wide(width * detail::removed_rows(mask, rows)));
  }
};

template <>
struct kernel<"masked_mse_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *prediction = a.in<T>(1), *target = a.in<T>(2);
    const std::uint8_t* mask = a.in<std::uint8_t>(3);
    T* dx = a.out<T>(0);
    const std::int64_t rows = detail::row_count(a.inputs[1]), width = a.in_shape(1).last();
    const wide up = wide(2) * wide(*a.in<T>(0)) / wide(width * detail::removed_rows(mask, rows));
    for (std::int64_t i = 0; i < rows * width; ++i)
      dx[i] = mask[i / width] == 0 ? T(0)
                                   : static_cast<T>(up * (wide(prediction[i]) - wide(target[i])));
  }
};

template <>
struct kernel<"mse", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *x = a.in<T>(0), *y = a.in<T>(1);
    wide sum(0);
    for (std::int64_t i = 0; i < a.in_count(0); ++i)
      sum += (wide(x[i]) - wide(y[i])) * (wide(x[i]) - wide(y[i]));
    *a.out<T>(0) = static_cast<T>(sum / wide(a.in_count(0)));
  }
};

template <>
struct kernel<"mse_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *x = a.in<T>(1), *y = a.in<T>(2);
    T* dx = a.out<T>(0);
    const wide up = wide(2) * wide(*a.in<T>(0)) / wide(a.in_count(1));
    for (std::int64_t i = 0; i < a.in_count(1); ++i)
      dx[i] = static_cast<T>(up * (wide(x[i]) - wide(y[i])));
  }
};

template <>
struct kernel<"smooth_l1", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *x = a.in<T>(0), *y = a.in<T>(1);
    const wide beta(detail::checked_not_negative("smooth_l1", "a beta", a.settings[0]));
    wide sum(0);
    for (std::int64_t i = 0; i < a.in_count(0); ++i) {
      wide e = wide(x[i]) - wide(y[i]);
      if (e < wide(0)) e = -e;
      sum += e < beta ? wide(0.5) * e * e / beta : e - wide(0.5) * beta;
    }
    *a.out<T>(0) = static_cast<T>(sum / wide(a.in_count(0)));
  }
};

template <>
struct kernel<"smooth_l1_gradient", reference> {
  template <class T>
  static void run(const arguments& a) {
    using wide = detail::accumulator_t<T>;
    const T *x = a.in<T>(1), *y = a.in<T>(2);
    T* dx = a.out<T>(0);
    const wide beta(a.settings[0]);
    const wide up = wide(*a.in<T>(0)) / wide(a.in_count(1));
    for (std::int64_t i = 0; i < a.in_count(1); ++i) {
      const wide e = wide(x[i]) - wide(y[i]);
      const wide size = e < wide(0) ? -e : e;
      const wide sign = e > wide(0) ? wide(1) : e < wide(0) ? wide(-1) : wide(0);
      dx[i] = static_cast<T>(up * (size < beta ? e / beta : sign));
    }
  }
};

}  // namespace tessera::inline v0
