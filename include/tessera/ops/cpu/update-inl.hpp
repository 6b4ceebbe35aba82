// adamw, a run of a slice at a time (contract: ops/update.hpp).

template <>
struct kernel<"adamw"> {
  template <op_key>
  static void run(const arguments& a) {
    if (a.slice_count == 0) {
      slice_range whole;
      whole.size = a.out_count(0);
      return update(a, whole);
    }
    for (int i = 0; i < a.slice_count; ++i)
      if (a.slices[i].trained) update(a, a.slices[i]);
  }

 private:
  static void update(const arguments& a, const slice_range& s) {
    float* w = a.out<float>(0) + s.offset;
    const float* g = a.in<float>(1) + s.offset;
    float *m = static_cast<float*>(a.inputs[2].data) + s.offset,
          *v = static_cast<float*>(a.inputs[3].data) + s.offset;
    const double beta1 = a.settings[1], beta2 = a.settings[2], step = a.settings[5];
    const double rate = a.settings[0] * static_cast<double>(s.lr_scale);
    const auto b1 = static_cast<float>(beta1), b2 = static_cast<float>(beta2);
    const auto c1 = static_cast<float>(1 - beta1), c2 = static_cast<float>(1 - beta2);
    const auto shrink = static_cast<float>(s.decay ? 1 - rate * a.settings[4] : 1);
    const auto size = static_cast<float>(rate / (1 - __builtin_pow(beta1, step)));
    const auto root = static_cast<float>(1 / __builtin_sqrt(1 - __builtin_pow(beta2, step)));
    const auto eps = static_cast<float>(a.settings[3]);
    parallel(a.pool, s.size, elementwise_run,
             [&](std::int64_t first, std::int64_t last) TESSERA_TARGET {
      for (std::int64_t i = first; i < last; i += lanes) {
        const auto n = static_cast<std::size_t>(least(lanes, last - i));
        const bool whole = last - i >= lanes;
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
    });
  }
};
