// adamw over a run of parameters; part of leaves-inl.hpp.

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
