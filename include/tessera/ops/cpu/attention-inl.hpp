// attention and its gradient: a task is one head of one sample. Logits of at most 128 queries are
// held at a time, so that long sequences need no T x T memory; T, D, H = key.a, key.b, key.c.

inline constexpr std::int64_t attention_rows = 128;

struct shifted_exp {  // exp(scale s - shift)
  float scale, shift;
  TESSERA_CPU_INLINE vec operator()(vec s) const {
    return vector_exp(fma(s, set(scale), set(-shift)));
  }
};
struct logit_gradient {  // p (dp - delta) scale
  float delta, scale;
  TESSERA_CPU_INLINE vec operator()(vec p, vec dp) const {
    return p * (dp - set(delta)) * set(scale);
  }
};

// C (m x n) (+)= A B^T or A B or A^T B; rows of A, B, C lie a, b, c floats apart.
struct strided {
  const float* data;
  std::int64_t row;
};
inline void multiply(std::int64_t m, std::int64_t n, std::int64_t k, strided a, bool a_turned,
                     strided b, bool b_turned, float* c, std::int64_t c_row, bool accumulate,
                     void* scratch) {
  gemm_call g;
  g.m = m, g.n = n, g.k = k;
  g.a = a.data, g.a_row = a_turned ? 1 : a.row, g.a_col = a_turned ? a.row : 1;
  g.b = b.data, g.b_row = b_turned ? 1 : b.row, g.b_col = b_turned ? b.row : 1;
  g.c = c, g.c_row = c_row;
  g.accumulate = accumulate;
  gemm_core(g, scratch);
}

constexpr std::size_t attention_product_bytes(std::int64_t t, std::int64_t channels) {
  const std::int64_t r = t < attention_rows ? t : attention_rows;
  const std::size_t x = gemm_scratch_bytes(r, t, channels), y = gemm_scratch_bytes(r, channels, t),
                    z = gemm_scratch_bytes(t, channels, r);
  const std::size_t most = x > y ? (x > z ? x : z) : (y > z ? y : z);
  return (most + 63) / 64 * 64;
}

inline void attention(const arguments& a, std::int64_t t, std::int64_t width, std::int64_t heads) {
  const std::int64_t channels = width / heads;
  const std::int64_t block = t < attention_rows ? t : attention_rows;
  const std::size_t product = attention_product_bytes(t, channels);
  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(channels));
  float *out = a.out<float>(0), *log_sums = a.out<float>(1);
  const float* in = a.in<float>(0);
  const std::int64_t blocks = (t + block - 1) / block;
  parallel(a.pool, samples_in(a.inputs[0]) * heads * blocks, 1,
           [&](std::int64_t task, std::int64_t) TESSERA_TARGET {
             const std::int64_t sample = task / (heads * blocks), head = task / blocks % heads;
             const std::int64_t first = task % blocks * block, rows = least(block, t - first);
             const float* q = in + sample * t * 3 * width + head * channels;
             auto* scratch = static_cast<std::byte*>(
                 thread_scratch(1, product + static_cast<std::size_t>(block * t) * sizeof(float)));
             float* p = reinterpret_cast<float*>(scratch + product);
             multiply(rows, t, channels, {q + first * 3 * width, 3 * width}, false,
                      {q + width, 3 * width}, true, p, t, false, scratch);
             float* y = out + (sample * t + first) * width + head * channels;
             for (std::int64_t i = 0; i < rows; ++i) {
               float* row = p + i * t;
               const float most = scale * array_max(row, static_cast<std::size_t>(t));
               zip(shifted_exp{scale, most}, row, t, row);
               const float sum = reduce(identity_vector(), t, row);
               zip(scale_vector{1.0f / sum}, row, t, row);
               if (log_sums != nullptr)
                 log_sums[(sample * heads + head) * t + first + i] = most + __builtin_logf(sum);
             }
             multiply(rows, channels, t, {p, t}, false, {q + 2 * width, 3 * width}, false, y, width,
                      false, scratch);
           });
}
template <>
struct kernel<"attention"> {
  template <op_key Key>
  static void run(const arguments& a) {
    attention(a, Key.a, Key.b, Key.c);
  }
};

inline void attention_gradient(const arguments& a, std::int64_t t, std::int64_t width,
                               std::int64_t heads) {
  const std::int64_t channels = width / heads;
  const std::int64_t block = t < attention_rows ? t : attention_rows;
  const std::size_t product = attention_product_bytes(t, channels);
  const float scale = 1.0f / __builtin_sqrtf(static_cast<float>(channels));
  const float *all_dy = a.in<float>(0), *in = a.in<float>(1), *all_y = a.in<float>(2);
  const float* log_sums = a.in<float>(3);
  float* out = a.out<float>(0);
  parallel(a.pool, samples_in(a.inputs[1]) * heads, 1,
           [&](std::int64_t task, std::int64_t) TESSERA_TARGET {
             const std::int64_t sample = task / heads, head = task % heads;
             const float* q = in + sample * t * 3 * width + head * channels;
             float* dq = out + sample * t * 3 * width + head * channels;
             const std::int64_t at = sample * t * width + head * channels;
             const float *dy = all_dy + at, *y = all_y + at;
             auto* scratch = static_cast<std::byte*>(thread_scratch(
                 1, product + static_cast<std::size_t>(2 * block * t) * sizeof(float)));
             float* p = reinterpret_cast<float*>(scratch + product);
             float* ds = p + block * t;
             for (std::int64_t first = 0; first < t; first += block) {
               const std::int64_t rows = least(block, t - first);
               const strided q_rows{q + first * 3 * width, 3 * width},
                   dy_rows{dy + first * width, width};
               multiply(rows, t, channels, q_rows, false, {q + width, 3 * width}, true, p, t, false,
                        scratch);
               multiply(rows, t, channels, dy_rows, false, {q + 2 * width, 3 * width}, true, ds, t,
                        false, scratch);
               for (std::int64_t i = 0; i < rows; ++i) {
                 float *p_row = p + i * t, *ds_row = ds + i * t;
                 const float log_sum = log_sums[(sample * heads + head) * t + first + i];
                 const std::int64_t row = (first + i) * width;
                 const float delta = reduce(product_vectors(), channels, dy + row, y + row);
                 zip(shifted_exp{scale, log_sum}, p_row, t, p_row);
                 zip(logit_gradient{delta, scale}, ds_row, t, p_row, ds_row);
               }
               multiply(t, channels, rows, {p, t}, true, dy_rows, false, dq + 2 * width, 3 * width,
                        first > 0, scratch);
               multiply(rows, channels, t, {ds, t}, false, {q + width, 3 * width}, false,
                        dq + first * 3 * width, 3 * width, false, scratch);
               multiply(t, channels, rows, {ds, t}, true, q_rows, false, dq + width, 3 * width,
                        first > 0, scratch);
             }
           });
}
template <>
struct kernel<"attention_gradient"> {
  template <op_key Key>
  static void run(const arguments& a) {
    attention_gradient(a, Key.a, Key.b, Key.c);
  }
};
