// Optimizers, clips and averages over a run of parameters; part of leaves-inl.hpp.

// settings: lr, beta1, beta2, eps, weight decay, step (ops/update.hpp).
inline void adamw_run(const double* settings, double lr_scale, bool decay, float* w, const float* g,
                      float* m, float* v, std::int64_t count) {
  const double beta1 = settings[1], beta2 = settings[2], step = settings[5];
  const double rate = settings[0] * lr_scale;
  const auto b1 = static_cast<float>(beta1), b2 = static_cast<float>(beta2);
  const auto c1 = static_cast<float>(1 - beta1), c2 = static_cast<float>(1 - beta2);
  const auto shrink = static_cast<float>(decay ? 1 - rate * settings[4] : 1);
  const auto size = static_cast<float>(rate / (1 - __builtin_pow(beta1, step)));
  const auto root = static_cast<float>(1 / __builtin_sqrt(1 - __builtin_pow(beta2, step)));
  const auto eps = static_cast<float>(settings[3]);
  for (std::int64_t i = 0; i < count; i += lanes) {
    const bool whole = count - i >= lanes;
    const auto n = static_cast<std::size_t>(whole ? lanes : count - i);
    const auto get = [&](const float* p) TESSERA_TARGET {
      return whole ? load(p + i) : load_n(p + i, n);
    };
    const vec gradient = get(g);
    const vec m1 = fma(set(b1), get(m), set(c1) * gradient);
    const vec v1 = fma(set(b2), get(v), set(c2) * gradient * gradient);
    const vec below = fma(sqrt(v1), set(root), set(eps));
    const vec w1 = fnma(set(size), m1 / below, set(shrink) * get(w));
    if (whole) {
      store(m1, m + i), store(v1, v + i), store(w1, w + i);
    } else {
      store_n(m1, m + i, n), store_n(v1, v + i, n), store_n(w1, w + i, n);
    }
  }
}

struct square_vector {
  TESSERA_CPU_INLINE vec operator()(vec x) const { return x * x; }
};
struct clamp_vector {
  float limit;
  TESSERA_CPU_INLINE vec operator()(vec x) const {
    return max(set(-limit), min(set(limit), x));  // what is no number stays none
  }
};
struct mean_vectors {
  float first, second;
  TESSERA_CPU_INLINE vec operator()(vec a, vec b) const {
    return fma(set(first), a, set(second) * b);
  }
};
struct decayed_square {
  float decay;
  TESSERA_CPU_INLINE vec operator()(vec g, vec w) const {
    const vec d = fma(set(decay), w, g);
    return d * d;
  }
};

inline float squares_run(const float* x, std::int64_t n) { return reduce(square_vector(), n, x); }
inline void clamp_run(float* x, std::int64_t n, float limit) { zip(clamp_vector{limit}, x, n, x); }
inline void ema_run(float* average, std::int64_t n, const float* w, float keep, float take) {
  zip(mean_vectors{keep, take}, average, n, average, w);
}
// ||g + decay w||^2
inline float decayed_squares_run(const float* g, const float* w, std::int64_t n, float decay) {
  return reduce(decayed_square{decay}, n, g, w);
}
// settings: lr, momentum, weight decay.  d = size (g + decay w);  v = momentum v + d;
// w -= lr v, or lr (d + momentum v).
inline void momentum_run(const double* settings, double lr_scale, bool decays, bool nesterov,
                         float size, float* w, const float* g, float* v, std::int64_t count) {
  const auto rate = static_cast<float>(settings[0] * lr_scale);
  const auto momentum = static_cast<float>(settings[1]);
  const auto decay = static_cast<float>(decays ? settings[2] : 0);
  const float ahead = nesterov ? momentum : 1, own = nesterov ? 1 : 0;
  for (std::int64_t i = 0; i < count; i += lanes) {
    const bool whole = count - i >= lanes;
    const auto n = static_cast<std::size_t>(whole ? lanes : count - i);
    const auto get = [&](const float* p) TESSERA_TARGET {
      return whole ? load(p + i) : load_n(p + i, n);
    };
    const vec w0 = get(w), d = set(size) * fma(set(decay), w0, get(g));
    const vec v1 = fma(set(momentum), get(v), d);
    const vec w1 = fnma(set(rate), fma(set(ahead), v1, set(own) * d), w0);
    if (whole)
      store(v1, v + i), store(w1, w + i);
    else
      store_n(v1, v + i, n), store_n(w1, w + i, n);
  }
}
