// Loops over runs of floats, by vectors and the rest of one; part of leaves-inl.hpp.

// y[i] = f(i-th vectors of the inputs), i < n.
template <class F, class... X>
TESSERA_CPU_INLINE void zip(const F& f, float* y, std::int64_t n, const X*... x) {
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) store(f(load(x + i)...), y + i);
  if (i < n) {
    const auto rest = static_cast<std::size_t>(n - i);
    store_n(f(load_n(x + i, rest)...), y + i, rest);
  }
}

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

struct add_vectors {
  TESSERA_CPU_INLINE vec operator()(vec a, vec b) const { return a + b; }
};
struct scale_vector {
  float s;
  TESSERA_CPU_INLINE vec operator()(vec a) const { return set(s) * a; }
};
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
