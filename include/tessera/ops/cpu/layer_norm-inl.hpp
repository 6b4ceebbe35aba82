// layer_norm and its gradient, a row at a time; C = key.a.

// The sum over i < n of f(i-th vectors), lanes added in a fixed order.
template <class F, class... X>
TESSERA_CPU_INLINE float reduce(const F& f, std::int64_t n, const X*... x) {
  vec sum = zero(), more = zero();
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    sum += f(load(x + i)...);
    more += f(load(x + i + lanes)...);
  }
  for (; i + lanes <= n; i += lanes) sum += f(load(x + i)...);
  float total = sum_of(sum + more);
  if (i < n) {
    const auto rest = static_cast<std::size_t>(n - i);
    const vec last = f(load_n(x + i, rest)...);
    float lane[lanes];
    store(last, lane);
    for (std::size_t j = 0; j < rest; ++j) total += lane[j];
  }
  return total;
}

struct identity_vector {
  TESSERA_CPU_INLINE vec operator()(vec x) const { return x; }
};
struct product_vectors {
  TESSERA_CPU_INLINE vec operator()(vec x, vec y) const { return x * y; }
};
struct squared_distance {
  float mean;
  TESSERA_CPU_INLINE vec operator()(vec x) const {
    const vec e = x - set(mean);
    return e * e;
  }
};
struct normalise_vectors {
  float mean, rstd;
  TESSERA_CPU_INLINE vec operator()(vec x, vec gamma, vec beta) const {
    const vec h = (x - set(mean)) * set(rstd);
    return fma(h, gamma, beta);
  }
};
// g = dy gamma; then rstd (g - mean(g) - h mean(g h)), h = (x - mean) rstd.
struct upstream_product {
  float mean, rstd;
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x, vec gamma) const {
    const vec h = (x - set(mean)) * set(rstd);
    return dy * gamma * h;
  }
};
struct input_gradient_vectors {
  float mean, rstd, mean_g, mean_gh;
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x, vec gamma) const {
    const vec h = (x - set(mean)) * set(rstd);
    const vec g = dy * gamma - set(mean_g);
    return set(rstd) * fnma(h, set(mean_gh), g);
  }
};
struct gamma_gradient_vectors {  // sum + dy h
  float mean, rstd;
  TESSERA_CPU_INLINE vec operator()(vec sum, vec dy, vec x) const {
    const vec h = (x - set(mean)) * set(rstd);
    return fma(dy, h, sum);
  }
};

inline void layer_norm(const arguments& a, std::int64_t c) {
  const float *x = a.in<float>(0), *gamma = a.in<float>(1), *beta = a.in<float>(2);
  float *y = a.out<float>(0), *means = a.out<float>(1), *rstds = a.out<float>(2);
  const auto eps = static_cast<float>(a.settings[0]);
  parallel(a.pool, rows_in(a.inputs[0]), 1 + elementwise_run / c,
           [&](std::int64_t first, std::int64_t last) TESSERA_TARGET {
             for (std::int64_t r = first; r < last; ++r) {
               const float* row = x + r * c;
               const float mean = reduce(identity_vector(), c, row) / static_cast<float>(c);
               const float var = reduce(squared_distance{mean}, c, row) / static_cast<float>(c);
               const float rstd = 1.0f / __builtin_sqrtf(var + eps);
               zip(normalise_vectors{mean, rstd}, y + r * c, c, row, gamma, beta);
               if (means != nullptr) means[r] = mean;
               if (rstds != nullptr) rstds[r] = rstd;
             }
           });
}
template <>
struct kernel<"layer_norm"> {
  template <op_key Key>
  static void run(const arguments& a) {
    layer_norm(a, Key.a);
  }
};

inline void layer_norm_gradient(const arguments& a, std::int64_t c) {
  const float *dy = a.in<float>(0), *x = a.in<float>(1), *gamma = a.in<float>(2);
  const float *means = a.in<float>(3), *rstds = a.in<float>(4);
  const std::int64_t rows = rows_in(a.inputs[0]);
  if (float* dx = a.out<float>(0); dx != nullptr)
    parallel(
        a.pool, rows, 1 + elementwise_run / c,
        [&](std::int64_t first, std::int64_t last) TESSERA_TARGET {
          for (std::int64_t r = first; r < last; ++r) {
            const float *g = dy + r * c, *row = x + r * c;
            const float mean = means[r], rstd = rstds[r];
            const float mean_g = reduce(product_vectors(), c, g, gamma) / static_cast<float>(c);
            const float mean_gh =
                reduce(upstream_product{mean, rstd}, c, g, row, gamma) / static_cast<float>(c);
            zip(input_gradient_vectors{mean, rstd, mean_g, mean_gh}, dx + r * c, c, g, row, gamma);
          }
        });
  float *dgamma = a.out<float>(1), *dbeta = a.out<float>(2);
  if (dgamma == nullptr && dbeta == nullptr) return;
  auto* sums =
      static_cast<float*>(thread_scratch(1, static_cast<std::size_t>(2 * c) * sizeof(float)));
  sum_rows(
      a.pool, rows, 2 * c,
      [&](std::int64_t r, float* mine) TESSERA_TARGET {
        zip(gamma_gradient_vectors{means[r], rstds[r]}, mine, c, mine, dy + r * c, x + r * c);
        zip(add_vectors(), mine + c, c, mine + c, dy + r * c);
      },
      sums);
  for (std::int64_t i = 0; i < c; ++i) {
    if (dgamma != nullptr) dgamma[i] = sums[i] + (a.outputs[1].accumulate ? dgamma[i] : 0);
    if (dbeta != nullptr) dbeta[i] = sums[c + i] + (a.outputs[2].accumulate ? dbeta[i] : 0);
  }
}
template <>
struct kernel<"layer_norm_gradient"> {
  template <op_key Key>
  static void run(const arguments& a) {
    layer_norm_gradient(a, Key.a);
  }
};
