// The CPU reading of an op: kernel<"name">::run<key> in the namespace of each target, float only.
// Work is split by shape alone, so results do not depend on the number of threads.

template <name Op>
struct kernel;

// Elements that a task of an elementwise op takes: enough to pay for handing it over.
inline constexpr std::int64_t elementwise_run = 16'384;

inline std::int64_t rows_in(const operand& x) { return x.count / x.extent.last(); }
inline std::int64_t samples_in(const operand& x) { return x.count / x.extent.per_sample(); }

// y[c] (+)= the sum over `rows` rows of row(r)[c], c < columns, where `term` adds row r into sums:
// rows are summed in chunks of 256, chunks in their order.
template <class Term>
void sum_rows(thread_pool* pool, std::int64_t rows, std::int64_t width, const Term& term,
              float* sums) {
  constexpr std::int64_t each = 256;
  const std::int64_t chunks = (rows + each - 1) / each;
  float* partial = static_cast<float*>(
      thread_scratch(0, static_cast<std::size_t>(chunks * width) * sizeof(float)));
  parallel(pool, chunks, 1, [&](std::int64_t chunk, std::int64_t) TESSERA_TARGET {
    float* mine = partial + chunk * width;
    std::memset(mine, 0, static_cast<std::size_t>(width) * sizeof(float));
    for (std::int64_t r = chunk * each; r < least(rows, (chunk + 1) * each); ++r) term(r, mine);
  });
  for (std::int64_t c = 0; c < width; ++c) sums[c] = 0;
  for (std::int64_t k = 0; k < chunks; ++k)
    for (std::int64_t c = 0; c < width; ++c) sums[c] += partial[k * width + c];
}

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
template <class F, class... X>
void parallel_zip(thread_pool* pool, const F& f, float* y, std::int64_t n, const X*... x) {
  parallel(pool, n, elementwise_run, [&](std::int64_t first, std::int64_t last) TESSERA_TARGET {
    zip(f, y + first, last - first, (x + first)...);
  });
}
