// How is an op added from outside, with its gradient?
//     cmake --build build --target example_add_op && build/examples/example_add_op
// The op is swish, y = x s(x) with s(x) = 1 / (1 + e^-x); dx = dy s (1 + x (1 - s)).
#include <tessera/tessera.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace ts = tessera;

template <> struct tessera::op<"mylib.swish_gradient"> {  // (dy, x) -> dx
  static constexpr void infer(graph& g, const node& n) { g.set(n, 0, shape(g.in_shape(n, 1))); }
};
template <> struct tessera::op<"mylib.swish"> {
  static constexpr void infer(graph& g, const node& n) { g.set(n, 0, shape(g.in_shape(n, 0))); }
  static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"mylib.swish_gradient">(g, {d.of(n), g.in(n, 0)}));
  }
};

// One kernel each, generic in the scalar; the backend cpu runs it too, until it has its own.
template <>
struct tessera::kernel<"mylib.swish", ts::reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    const T* x = a.in<T>(0);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) a.out<T>(0)[i] = x[i] / (T(1) + exp(-x[i]));
  }
};
template <>
struct tessera::kernel<"mylib.swish_gradient", ts::reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    const T *dy = a.in<T>(0), *x = a.in<T>(1);
    for (std::int64_t i = 0; i < a.out_count(0); ++i) {
      const T s = T(1) / (T(1) + exp(-x[i]));
      a.out<T>(0)[i] = dy[i] * s * (T(1) + x[i] * (T(1) - s));
    }
  }
};

// An architecture is a type with these three members: here a perceptron with one hidden layer.
struct perceptron {
  static constexpr ts::vit_settings settings() { return {}; }
  static constexpr ts::shape input_shape() { return {1, 1, 3, {1, 4, 4}}; }
  static constexpr ts::value_id build(ts::graph& g, ts::value_id images) {
    ts::value_id x = g.view(images, {1, 1, 1, {16}});
    x = ts::build_linear(g, "hidden", x, 8, ts::init_scheme::mae);
    x = ts::emit<"mylib.swish">(g, {x});
    return ts::build_linear(g, "head", x, 3, ts::init_scheme::mae);
  }
};
using step = ts::train<perceptron, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;

int main() {
  const std::vector<double> image(16, 0.5);
  const std::vector<std::int32_t> label{2};
  ts::trainer<step, ts::reference, double> run;
  run.gradient(image, label);
  const double derivative = run.gradients()[0];  // of hidden.weight[0]
  double& w = run.parameters().values[0];
  w += 1e-5;
  const double above = run.gradient(image, label);
  w -= 2e-5;
  const double difference = (above - run.gradient(image, label)) / 2e-5;
  std::printf("gradient %.6f, difference quotient %.6f\n", derivative, difference);

  ts::model<perceptron> net;  // backend cpu
  std::vector<float> pixels(16, 0.5f), logits(3);
  net.forward(pixels, logits);
  std::printf("logits %.3f %.3f %.3f\n", double(logits[0]), double(logits[1]), double(logits[2]));
  return std::abs(derivative - difference) < 1e-8 ? 0 : 1;
}

//     gradient -0.103783, difference quotient -0.103783
//     logits -0.007 -0.133 0.117
