// Elementwise ops: add, accumulate, scale, constant, gelu and its gradient.

struct add_vectors {
  TESSERA_CPU_INLINE vec operator()(vec a, vec b) const { return a + b; }
};
struct same_vector {
  TESSERA_CPU_INLINE vec operator()(vec a) const { return a; }
};
struct scale_vector {
  float s;
  TESSERA_CPU_INLINE vec operator()(vec a) const { return set(s) * a; }
};
struct gelu_gradient_vectors {
  TESSERA_CPU_INLINE vec operator()(vec dy, vec x) const { return dy * vector_gelu_derivative(x); }
};

template <>
struct kernel<"add"> {
  template <op_key>
  static void run(const arguments& a) {
    parallel_zip(a.pool, add_vectors(), a.out<float>(0), a.out_count(0), a.in<float>(0),
                 a.in<float>(1));
  }
};
template <>
struct kernel<"accumulate"> {
  template <op_key>
  static void run(const arguments& a) {
    float* y = a.out<float>(0);
    if (a.outputs[0].accumulate)
      parallel_zip(a.pool, add_vectors(), y, a.out_count(0), y, a.in<float>(0));
    else
      parallel_zip(a.pool, same_vector(), y, a.out_count(0), a.in<float>(0));
  }
};
template <>
struct kernel<"scale"> {
  template <op_key>
  static void run(const arguments& a) {
    parallel_zip(a.pool, scale_vector{static_cast<float>(a.settings[0])}, a.out<float>(0),
                 a.out_count(0), a.in<float>(0));
  }
};
template <>
struct kernel<"gelu"> {
  template <op_key>
  static void run(const arguments& a) {
    parallel_zip(a.pool, gelu_function(), a.out<float>(0), a.out_count(0), a.in<float>(0));
  }
};
template <>
struct kernel<"gelu_gradient"> {
  template <op_key>
  static void run(const arguments& a) {
    parallel_zip(a.pool, gelu_gradient_vectors(), a.out<float>(0), a.out_count(0), a.in<float>(0),
                 a.in<float>(1));
  }
};
