// Sums of runs that lie `stride` apart; part of leaves-inl.hpp.

// y[i] (+)= sum over k < count of w[k] x[k stride + i], i < n, in rising k.
inline void mix_few(float* y, std::int64_t n, const float* x, std::int64_t stride, const float* w,
                    std::int64_t count, bool onto) {
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    vec sum = onto ? load(y + i) : zero(), more = onto ? load(y + i + lanes) : zero();
    for (std::int64_t k = 0; k < count; ++k) {
      const float* run = x + k * stride + i;
      sum = fma(set(w[k]), load(run), sum);
      more = fma(set(w[k]), load(run + lanes), more);
    }
    store(sum, y + i);
    store(more, y + i + lanes);
  }
  for (; i < n; i += lanes) {
    const auto rest = static_cast<std::size_t>(n - i < lanes ? n - i : lanes);
    vec sum = onto ? load_n(y + i, rest) : zero();
    for (std::int64_t k = 0; k < count; ++k)
      sum = fma(set(w[k]), load_n(x + k * stride + i, rest), sum);
    store_n(sum, y + i, rest);
  }
}

// Four runs at a time, on a part of y that stays in the first cache: long strides meet the same few
// places of the caches.
inline void mix_runs(float* y, std::int64_t n, const float* x, std::int64_t stride, const float* w,
                     std::int64_t count) {
  constexpr std::int64_t part = 1024, few = 4;
  if (count <= few) return mix_few(y, n, x, stride, w, count, false);
  for (std::int64_t i = 0; i < n; i += part)
    for (std::int64_t k = 0; k < count; k += few)
      mix_few(y + i, n - i < part ? n - i : part, x + k * stride + i, stride, w + k,
              count - k < few ? count - k : few, k > 0);
}
