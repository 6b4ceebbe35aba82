// linear and its gradients on the blocked matrix product; N = key.a, K = key.b.

inline void linear(const arguments& a, std::int64_t n, std::int64_t k) {
  gemm_call c;
  c.m = rows_in(a.inputs[0]), c.n = n, c.k = k;
  c.a = a.in<float>(0), c.a_row = k, c.a_col = 1;
  c.b = a.in<float>(1), c.b_row = 1, c.b_col = k;
  c.c = a.out<float>(0), c.c_row = n;
  c.bias = a.in<float>(2);
  c.pool = a.pool;
  gemm(c);
}

inline void linear_input_gradient(const arguments& a, std::int64_t n, std::int64_t k) {
  gemm_call c;
  c.m = rows_in(a.inputs[0]), c.n = k, c.k = n;
  c.a = a.in<float>(0), c.a_row = n, c.a_col = 1;
  c.b = a.in<float>(1), c.b_row = k, c.b_col = 1;
  c.c = a.out<float>(0), c.c_row = k;
  c.pool = a.pool;
  gemm(c);
}

inline void linear_weight_gradient(const arguments& a, std::int64_t n, std::int64_t k) {
  const std::int64_t rows = rows_in(a.inputs[0]);
  const float* dy = a.in<float>(0);
  if (a.out<float>(0) != nullptr) {
    gemm_call c;
    c.m = n, c.n = k, c.k = rows;
    c.a = dy, c.a_row = 1, c.a_col = n;
    c.b = a.in<float>(1), c.b_row = k, c.b_col = 1;
    c.c = a.out<float>(0), c.c_row = k;
    c.accumulate = a.outputs[0].accumulate;
    c.pool = a.pool;
    gemm(c);
  }
  float* db = a.out<float>(1);
  if (db == nullptr) return;
  auto* sums = static_cast<float*>(thread_scratch(1, static_cast<std::size_t>(n) * sizeof(float)));
  sum_rows(
      a.pool, rows, n,
      [&](std::int64_t r, float* mine)
          TESSERA_TARGET { zip(add_vectors(), mine, n, mine, dy + r * n); },
      sums);
  const bool add = a.outputs[1].accumulate;
  for (std::int64_t c = 0; c < n; ++c) db[c] = add ? db[c] + sums[c] : sums[c];
}

template <>
struct kernel<"linear"> {
  template <op_key Key>
  static void run(const arguments& a) {
    linear(a, Key.a, Key.b);
  }
};
template <>
struct kernel<"linear_input_gradient"> {
  template <op_key Key>
  static void run(const arguments& a) {
    linear_input_gradient(a, Key.a, Key.b);
  }
};
template <>
struct kernel<"linear_weight_gradient"> {
  template <op_key Key>
  static void run(const arguments& a) {
    linear_weight_gradient(a, Key.a, Key.b);
  }
};
