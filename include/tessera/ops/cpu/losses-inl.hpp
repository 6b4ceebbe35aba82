// Rows of the losses (ops/losses.hpp), n floats each, and runs of mean errors; part of
// leaves-inl.hpp. Runs are summed in blocks of 1024, blocks in double.

struct loss_exp {  // exp(scale (x - most))
  float most, scale;
  TESSERA_CPU_INLINE vec operator()(vec x) const {
    return vector_exp((x - set(most)) * set(scale));
  }
};
struct loss_probability {  // up (mass exp(x - log_sum) - even)
  float log_sum, up, mass, even;
  TESSERA_CPU_INLINE vec operator()(vec x) const {
    return set(up) * fma(set(mass), vector_exp(x - set(log_sum)), set(-even));
  }
};
struct loss_soft {  // t (log_sum - x)
  float log_sum;
  TESSERA_CPU_INLINE vec operator()(vec x, vec t) const { return t * (set(log_sum) - x); }
};
struct loss_soft_gradient {  // up (mass exp(x - log_sum) - t)
  float log_sum, up, mass;
  TESSERA_CPU_INLINE vec operator()(vec x, vec t) const {
    return set(up) * fma(set(mass), vector_exp(x - set(log_sum)), -t);
  }
};
struct loss_divergence {  // p_t (log p_t - log p_s), log p = scale x - log-sum
  float scale, student_sum, teacher_sum;
  TESSERA_CPU_INLINE vec operator()(vec student, vec teacher) const {
    const vec log_s = fma(student, set(scale), set(-student_sum));
    const vec log_t = fma(teacher, set(scale), set(-teacher_sum));
    return vector_exp(log_t) * (log_t - log_s);
  }
};
struct loss_divergence_gradient {  // up (p_s - p_t)
  float scale, student_sum, teacher_sum, up;
  TESSERA_CPU_INLINE vec operator()(vec student, vec teacher) const {
    return set(up) * (vector_exp(fma(student, set(scale), set(-student_sum))) -
                      vector_exp(fma(teacher, set(scale), set(-teacher_sum))));
  }
};
struct loss_smooth {  // e^2 / (2 beta) where e = |x - y| < beta, else e - beta / 2
  float beta, half_inverse;
  TESSERA_CPU_INLINE vec operator()(vec x, vec y) const {
    const vec e = abs(x - y);
    return select(e < set(beta), e * e * set(half_inverse), e - set(0.5f * beta));
  }
};
struct loss_smooth_gradient {  // up e / beta where |e| < beta, else up times the sign of e
  float beta, inner, up;
  TESSERA_CPU_INLINE vec operator()(vec x, vec y) const {
    const vec e = x - y;
    const vec sign = select(e > zero(), set(up), select(e < zero(), set(-up), zero()));
    return select(abs(e) < set(beta), e * set(inner), sign);
  }
};

// log sum_k exp(scale x_k)
TESSERA_CPU_INLINE double log_sum_exp(const float* x, std::int64_t n, float scale) {
  const float most = array_max(x, static_cast<std::size_t>(n));
  const float sum = reduce(loss_exp{most, scale}, n, x);
  return static_cast<double>(most) * static_cast<double>(scale) +
         __builtin_log(static_cast<double>(sum));
}

// log_sums may be null.
inline void cross_entropy_rows(const float* x, const std::int32_t* labels, std::int64_t rows,
                               std::int64_t n, double smoothing, double* losses, float* log_sums) {
  for (std::int64_t r = 0; r < rows; ++r, x += n) {
    const double log_sum = log_sum_exp(x, n, 1);
    const double mean =
        static_cast<double>(reduce(identity_vector(), n, x)) / static_cast<double>(n);
    losses[r] = log_sum - (1 - smoothing) * static_cast<double>(x[labels[r]]) - smoothing * mean;
    if (log_sums != nullptr) log_sums[r] = static_cast<float>(log_sum);
  }
}
inline void cross_entropy_gradient_rows(const float* x, const std::int32_t* labels,
                                        const float* log_sums, std::int64_t rows, std::int64_t n,
                                        double smoothing, float up, float* dx) {
  const auto even = static_cast<float>(smoothing / static_cast<double>(n));
  const auto own = static_cast<float>(1 - smoothing);
  for (std::int64_t r = 0; r < rows; ++r, x += n, dx += n) {
    zip(loss_probability{log_sums[r], up, 1, even}, dx, n, x);
    const std::int64_t label = labels[r];
    if (label >= 0 && label < n) dx[label] -= up * own;
  }
}

inline void soft_cross_entropy_rows(const float* x, const float* t, std::int64_t rows,
                                    std::int64_t n, double* losses, float* log_sums) {
  for (std::int64_t r = 0; r < rows; ++r, x += n, t += n) {
    const auto log_sum = static_cast<float>(log_sum_exp(x, n, 1));
    losses[r] = static_cast<double>(reduce(loss_soft{log_sum}, n, x, t));
    if (log_sums != nullptr) log_sums[r] = log_sum;
  }
}
inline void soft_cross_entropy_gradient_rows(const float* x, const float* t, const float* log_sums,
                                             std::int64_t rows, std::int64_t n, float up,
                                             float* dx) {
  for (std::int64_t r = 0; r < rows; ++r, x += n, t += n, dx += n)
    zip(loss_soft_gradient{log_sums[r], up, reduce(identity_vector(), n, t)}, dx, n, x, t);
}

inline void kl_divergence_rows(const float* student, const float* teacher, std::int64_t rows,
                               std::int64_t n, float scale, double* losses) {
  for (std::int64_t r = 0; r < rows; ++r, student += n, teacher += n) {
    const auto s = static_cast<float>(log_sum_exp(student, n, scale));
    const auto t = static_cast<float>(log_sum_exp(teacher, n, scale));
    losses[r] = static_cast<double>(reduce(loss_divergence{scale, s, t}, n, student, teacher));
  }
}
inline void kl_divergence_gradient_rows(const float* student, const float* teacher,
                                        std::int64_t rows, std::int64_t n, float scale, float up,
                                        float* dx) {
  for (std::int64_t r = 0; r < rows; ++r, student += n, teacher += n, dx += n) {
    const auto s = static_cast<float>(log_sum_exp(student, n, scale));
    const auto t = static_cast<float>(log_sum_exp(teacher, n, scale));
    zip(loss_divergence_gradient{scale, s, t, up}, dx, n, student, teacher);
  }
}

template <class F>
TESSERA_CPU_INLINE double sum_of_blocks(const F& f, const float* x, const float* y,
                                        std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; i += 1024)
    sum += static_cast<double>(reduce(f, n - i < 1024 ? n - i : 1024, x + i, y + i));
  return sum;
}
inline double squared_errors_run(const float* x, const float* y, std::int64_t n) {
  return sum_of_blocks(squared_difference(), x, y, n);
}
inline double smooth_errors_run(const float* x, const float* y, std::int64_t n, float beta) {
  return sum_of_blocks(loss_smooth{beta, beta > 0 ? 0.5f / beta : 0.0f}, x, y, n);
}
inline void difference_run(float* dx, std::int64_t n, const float* x, const float* y, float up) {
  zip(scaled_error{up}, dx, n, x, y);
}
inline void smooth_gradient_run(float* dx, std::int64_t n, const float* x, const float* y,
                                float beta, float up) {
  zip(loss_smooth_gradient{beta, beta > 0 ? up / beta : 0.0f, up}, dx, n, x, y);
}
