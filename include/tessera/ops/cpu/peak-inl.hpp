// What the processor can do at most: multiply-adds on registers alone; part of leaves-inl.hpp.
// Divides measured products into percent of peak (benchmark/ops).

// Twelve independent chains: at most two starts per cycle times a latency of six cycles. Returns
// the floating-point operations done, a multiply-add counted as two. values: 16 vectors in and out.
inline double register_multiply_adds(std::int64_t repeats, float* values) {
  constexpr std::int64_t chains = 12;
  vec sum[chains];
  TESSERA_CPU_UNROLL
  for (std::int64_t i = 0; i < chains; ++i) sum[i] = load(values + i * lanes);
  const vec x = load(values + chains * lanes), y = load(values + (chains + 1) * lanes);
  for (std::int64_t r = 0; r < repeats; ++r) {
    TESSERA_CPU_UNROLL
    for (std::int64_t i = 0; i < chains; ++i) sum[i] = fma(sum[i], x, y);
  }
  TESSERA_CPU_UNROLL
  for (std::int64_t i = 0; i < chains; ++i) store(sum[i], values + i * lanes);
  return static_cast<double>(repeats) * static_cast<double>(2 * chains * lanes);
}
