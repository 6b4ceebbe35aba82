#include <doctest/doctest.h>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "tessera/model/compile.hpp"
#include "tessera/model/weights.hpp"
#include "tessera/model/workspace.hpp"
#include "tessera/ops/fused.hpp"
#include "tessera/tensor/thread_pool.hpp"

// Fused kernels against their parts, bit for bit, at shapes that take each way through the matrix
// product: one pass over k and several, few rows, a long k split over threads, no bias.

namespace ts = tessera;
using ts::emit, ts::graph, ts::value_id;

namespace {

template <int Rows, int K, int N, bool Bias, bool Fused>
struct linear_gelu {
  static constexpr graph build() {
    graph g;
    const value_id x = g.add_input("x", {1, 1, 2, {Rows, K}});
    const value_id w = g.add_parameter("w", {N, K}, ts::initialiser::zeros);
    const value_id b = Bias ? g.add_parameter("b", {N}, ts::initialiser::zeros) : ts::absent;
    g.add_tap("y", Fused ? emit<"linear_gelu">(g, {x, w, b})
                         : emit<"gelu">(g, {emit<"linear">(g, {x, w, b})}));
    return g;
  }
};
template <int Rows, int C, bool Fused>
struct add_layer_norm {
  static constexpr graph build() {
    graph g;
    const ts::shape s{1, 1, 2, {Rows, C}};
    const value_id a = g.add_input("a", s), b = g.add_input("b", s);
    const value_id gamma = g.add_parameter("gamma", {C}, ts::initialiser::ones);
    const value_id beta = g.add_parameter("beta", {C}, ts::initialiser::zeros);
    const int eps = g.add_setting("eps", 1e-6);
    value_id sum, y;
    if (Fused) {
      sum = emit<"add_layer_norm">(g, {a, b, gamma, beta}, {}, eps);
      y = sum + 1;
    } else {
      sum = emit<"add">(g, {a, b});
      y = emit<"layer_norm">(g, {sum, gamma, beta}, {}, eps);
    }
    const ts::label names[] = {"sum", "y", "mean", "rstd"};
    for (int i = 0; i < 4; ++i) g.add_tap(names[i], i == 0 ? sum : y + i - 1);
    return g;
  }
};

template <class Builder, class Backend, class T>
std::vector<T> run(const std::vector<std::string>& results, int threads) {
  const auto p = ts::compile<Builder, Backend, T>(results);
  auto w = ts::make_weights<T>(p->g, 0);
  golden::fill_weights(w);
  ts::workspace space(*p, w.table, 2);
  std::vector<std::vector<T>> x;
  for (const ts::input& i : p->g.inputs)
    x.push_back(golden::filled<T>(p->g.text_at(i.text),
                                  {static_cast<int>(p->g.shape_of(i.value).count(2))}));
  std::vector<const void*> inputs;
  for (const auto& v : x) inputs.push_back(v.data());
  ts::thread_pool pool(threads);
  ts::run_context c;
  c.weights = w.values.data();
  c.inputs = inputs;
  c.pool = &pool;
  space.run(c);
  std::vector<T> all;
  for (int i = 0; i < static_cast<int>(results.size()); ++i) {
    const T* y = static_cast<const T*>(space.result(i));
    all.insert(all.end(), y, y + space.result_count(i));
  }
  return all;
}

template <class Parts, class Fused>
void same_bits(const std::vector<std::string>& results) {
  const auto exact = run<Parts, ts::reference, double>(results, 1);
  CHECK(golden::largest(exact) > 1e-3);
  CHECK(run<Fused, ts::reference, double>(results, 1) == exact);
  CHECK(run<Fused, ts::reference, float>(results, 1) ==
        run<Parts, ts::reference, float>(results, 1));
  const auto fast = run<Parts, ts::cpu, float>(results, 1);
  for (const int threads : {1, 3}) CHECK(run<Fused, ts::cpu, float>(results, threads) == fast);
  CHECK(golden::relative(fast, exact) < 1e-5);
}
template <int Rows, int K, int N, bool Bias = true>
void same_bits_of_linear() {
  same_bits<linear_gelu<Rows, K, N, Bias, false>, linear_gelu<Rows, K, N, Bias, true>>({"y"});
}

}  // namespace

TEST_CASE("linear_gelu is gelu after linear, bit for bit") {
  same_bits_of_linear<1, 5, 3>();
  same_bits_of_linear<65, 100, 150>();
  same_bits_of_linear<40, 300, 67, false>();
  same_bits_of_linear<4, 1100, 17>();
  same_bits_of_linear<3, 64, 1100>();
}

TEST_CASE("add_layer_norm is add and then layer_norm, bit for bit, with its statistics") {
  using two = add_layer_norm<70, 75, true>;
  same_bits<add_layer_norm<70, 75, false>, two>({"sum", "y", "mean", "rstd"});
  same_bits<add_layer_norm<3, 2000, false>, add_layer_norm<3, 2000, true>>({"y", "sum"});
}
