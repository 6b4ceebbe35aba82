#include <doctest/doctest.h>

#include "support/gradient_check.hpp"

// What a user adds from outside, in one file: an op with its gradient, a loss over all pairs of a
// batch, and an op whose result has as many rows as the data ask for.

namespace ts = tessera;

// swish  y = x / (1 + exp(-a x)), a the setting; dx = dy (s + a x s (1 - s)), s = 1 / (1 + exp(-a
// x)).
template <>
struct tessera::op<"test.swish_gradient"> {  // (dy, x) -> dx
  static constexpr void infer(graph& g, const node& n) { g.set(n, 0, shape(g.in_shape(n, 1))); }
};
template <>
struct tessera::op<"test.swish"> {
  static constexpr void infer(graph& g, const node& n) { g.set(n, 0, shape(g.in_shape(n, 0))); }
  static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"test.swish_gradient">(g, {d.of(n), g.in(n, 0)}, {}, n.settings));
  }
};
template <>
struct tessera::kernel<"test.swish", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    for (std::int64_t i = 0; i < a.in_count(0); ++i) {
      const T x = a.in<T>(0)[i];
      a.out<T>(0)[i] = x / (T(1) + exp(T(-a.settings[0]) * x));
    }
  }
};
template <>
struct tessera::kernel<"test.swish_gradient", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    for (std::int64_t i = 0; i < a.in_count(1); ++i) {
      const T x = a.in<T>(1)[i], beta = T(a.settings[0]), s = T(1) / (T(1) + exp(-beta * x));
      a.out<T>(0)[i] = a.in<T>(0)[i] * (s + beta * x * s * (T(1) - s));
    }
  }
};

// contrastive  x, z (D) -> loss, logits (B x B): logits_ij = x_i . z_j / t, t the setting;
//     loss = mean_i (log sum_j exp logits_ij - logits_ii)        (InfoNCE, van den Oord et al.
//     2018)
// Gradient, p_i = softmax of row i, r = p - I: dx_i = sum_j r_ij z_j / (B t), dz_j likewise.
template <>
struct tessera::op<"test.contrastive_gradient"> {  // (up, x, z, logits) -> dx, dz
  static constexpr int outputs = 2;
  static constexpr void infer(graph& g, const node& n) {
    g.set(n, 0, shape(g.in_shape(n, 1)));
    g.set(n, 1, shape(g.in_shape(n, 2)));
  }
};
template <>
struct tessera::op<"test.contrastive"> {
  static constexpr int outputs = 2;
  static constexpr void infer(graph& g, const node& n) {
    must_equal(g, g.in_shape(n, 0).last(), g.in_shape(n, 1).last());
    g.set(n, 0, {1, 0, 0, {}});
    g.set(n, 1, {1, 2, 0, {}});
  }
  static constexpr void gradient(graph& g, const node& n, backward& d) {
    const value_id dx = emit<"test.contrastive_gradient">(
        g, {d.of(n), g.in(n, 0), g.in(n, 1), n.output + 1}, {}, n.settings);
    d.add(n, 0, dx);
    d.add(n, 1, dx + 1);
  }
};
template <>
struct tessera::kernel<"test.contrastive", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp, std::log;
    const std::int64_t b = a.batch, d = a.in_shape(0).last();
    T loss(0);
    for (std::int64_t i = 0; i < b; ++i) {
      T* row = a.out<T>(1) + i * b;
      T sum(0);
      for (std::int64_t j = 0; j < b; ++j) {
        row[j] = T(0);
        for (std::int64_t c = 0; c < d; ++c)
          row[j] += a.in<T>(0)[i * d + c] * a.in<T>(1)[j * d + c];
        row[j] = row[j] / T(a.settings[0]);
        sum += exp(row[j]);
      }
      loss += log(sum) - row[i];
    }
    *a.out<T>(0) = loss / T(static_cast<double>(b));
  }
};
template <>
struct tessera::kernel<"test.contrastive_gradient", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    using std::exp;
    const std::int64_t b = a.batch, d = a.in_shape(1).last();
    T *dx = a.out<T>(0), *dz = a.out<T>(1);
    for (std::int64_t i = 0; i < b * d; ++i) dx[i] = dz[i] = T(0);
    const T scale = *a.in<T>(0) / T(static_cast<double>(b) * a.settings[0]);
    for (std::int64_t i = 0; i < b; ++i) {
      const T* row = a.in<T>(3) + i * b;
      T sum(0);
      for (std::int64_t j = 0; j < b; ++j) sum += exp(row[j]);
      for (std::int64_t j = 0; j < b; ++j) {
        const T r = scale * (exp(row[j]) / sum - T(i == j ? 1 : 0));
        for (std::int64_t c = 0; c < d; ++c) {
          dx[i * d + c] += r * a.in<T>(2)[j * d + c];
          dz[j * d + c] += r * a.in<T>(1)[i * d + c];
        }
      }
    }
  }
};

// within        x (N, D), query (D) -> rows (N, D), count (): the rows of x nearer to the query
// than
//               r, in order, r the setting; value::rows says how many of the N are there.
// mean_present  (rows, count) -> (D): the mean of the rows that are there; 0 of none.
template <>
struct tessera::op<"test.within"> {
  static constexpr int outputs = 2;
  static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    g.set(n, 0, x);
    g.set(n, 1, {x.k, x.power, 0, {}}, role::index);
    g.values[n.output].rows = n.output + 1;
  }
};
template <>
struct tessera::op<"test.mean_present"> {
  static constexpr void infer(graph& g, const node& n) {
    const shape x = g.in_shape(n, 0);
    if (g.values[g.in(n, 0)].rows != g.in(n, 1)) g.fail(issue::shapes_differ);
    g.set(n, 0, {x.k, x.power, 1, {x.last()}});
  }
};
template <>
struct tessera::kernel<"test.within", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t rows = a.in_shape(0).dims[0], d = a.in_shape(0).last();
    for (std::int64_t s = 0; s < a.batch; ++s) {
      std::int32_t& count = a.out<std::int32_t>(1)[s];
      count = 0;
      for (std::int64_t r = 0; r < rows; ++r) {
        const T* x = a.in<T>(0) + (s * rows + r) * d;
        T far(0);
        for (std::int64_t c = 0; c < d; ++c)
          far += (x[c] - a.in<T>(1)[s * d + c]) * (x[c] - a.in<T>(1)[s * d + c]);
        if (!(far < T(a.settings[0] * a.settings[0]))) continue;
        for (std::int64_t c = 0; c < d; ++c) a.out<T>(0)[(s * rows + count) * d + c] = x[c];
        ++count;
      }
    }
  }
};
template <>
struct tessera::kernel<"test.mean_present", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t rows = a.in_shape(0).dims[0], d = a.in_shape(0).last();
    for (std::int64_t s = 0; s < a.batch; ++s)
      for (std::int64_t c = 0; c < d; ++c) {
        const std::int32_t count = a.in<std::int32_t>(1)[s];
        T sum(0);
        for (std::int64_t r = 0; r < count; ++r) sum += a.in<T>(0)[(s * rows + r) * d + c];
        a.out<T>(0)[s * d + c] = count == 0 ? T(0) : sum / T(count);
      }
  }
};

namespace {

using support::operands;
using ts::emit, ts::graph, ts::value_id;

struct swished {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id y = emit<"test.swish">(g, {o.sample("x", {5, 3})}, {}, g.add_setting("a", 1.5));
    return emit<"linear">(g, {y, o.weight("weight", {2, 3}), ts::absent});
  }
};
struct contrasted {  // both towers share one matrix
  static constexpr value_id build(graph& g, operands& o) {
    const value_id w = o.weight("weight", {3, 5});
    const value_id x = emit<"linear">(g, {o.sample("x", {5}), w, ts::absent});
    const value_id z = emit<"linear">(g, {o.sample("z", {5}), w, ts::absent});
    return emit<"test.contrastive">(g, {x, z}, {}, g.add_setting("temperature", 0.5));
  }
};

struct neighbours {
  static constexpr graph build() {
    graph g;
    const value_id x = g.add_input("x", {1, 1, 2, {4, 2}}), q = g.add_input("q", {1, 1, 1, {2}});
    const value_id near = emit<"test.within">(g, {x, q}, {}, g.add_setting("radius", 1.0));
    g.add_tap("output", emit<"test.mean_present">(g, {near, near + 1}));
    g.add_tap("count", near + 1);
    return g;
  }
};

}  // namespace

TEST_CASE("an op from outside joins a graph, and its gradient is its derivative") {
  support::gradient_is_derivative<swished>();
}

TEST_CASE("a loss over all pairs of a batch has extents B x B and a gradient") {
  static_assert(ts::shape{1, 2, 0, {}}.count(3) == 9);
  support::check_gradient_at<contrasted, 3>();
  support::check_gradient_at<contrasted, 5>();
}

TEST_CASE("a consumer of up to N rows reads as many as there are in each sample") {
  auto program = ts::compile<neighbours, ts::reference, double>({"output", "count"});
  ts::workspace space(*program, {}, 3);
  const double x[] = {0, 0, 0.5, 0, 9, 9, 0, 0.5,  // three of four near (0, 0)
                      9, 9, 8,   8, 7, 7, 6, 6,    // none
                      5, 5, 1,   0, 5, 4, 9, 1};   // one near (1, 0)
  const double q[] = {0, 0, 0, 0, 1, 0};
  const void* inputs[] = {x, q};
  ts::run_context c;
  c.inputs = inputs;

  space.run(c);

  const auto* count = static_cast<const std::int32_t*>(space.result(1));
  CHECK(std::vector<int>(count, count + 3) == std::vector<int>{3, 0, 1});
  const double* mean = static_cast<const double*>(space.result(0));
  const std::vector<double> expected{0.5 / 3, 0.5 / 3, 0, 0, 1, 0};
  CHECK(std::vector<double>(mean, mean + 6) == expected);
  space.set("radius", 0.1);
  space.run(c);
  CHECK(std::vector<int>(count, count + 3) == std::vector<int>{1, 0, 1});
}
