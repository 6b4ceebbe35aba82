// Loops over the tasks of a pool; part of kernels-inl.hpp.

constexpr std::int64_t least(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

// f(first, last) over [0, count) in runs of `each`. The loop is compiled once, not for every body.
__attribute__((noinline)) inline void parallel_runs(
    thread_pool* pool, std::int64_t count, std::int64_t each,
    void (*body)(const void*, std::int64_t, std::int64_t), const void* f) {
  const std::int64_t tasks = (count + each - 1) / each;
  const auto run = [&](int t) TESSERA_TARGET { body(f, t * each, least(count, t * each + each)); };
  if (pool != nullptr && tasks > 1) return pool->run(static_cast<int>(tasks), run);
  for (std::int64_t t = 0; t < tasks; ++t) body(f, t * each, least(count, t * each + each));
}
template <class F>
void parallel(thread_pool* pool, std::int64_t count, std::int64_t each, const F& f) {
  parallel_runs(
      pool, count, each,
      [](const void* g, std::int64_t first, std::int64_t last)
          TESSERA_TARGET { (*static_cast<const F*>(g))(first, last); },
      &f);
}
