#include <doctest/doctest.h>

#include "support/golden.hpp"
#include "support/gradient_check.hpp"
#include "support/inner_product.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/arch/mae.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

// Laws of the passes, on both backends: what a pass changes is where and when, never what.

namespace ts = tessera;
using support::operands;
using ts::emit, ts::graph, ts::label, ts::value_id;

// jitter  y = x u, u ~ U[0, 1) from Philox (step, site, sample, element); dx = dy u, drawn again.
template <>
struct tessera::op<"test.jitter"> {
  static constexpr void infer(graph& g, const node& n) { g.set(n, 0, shape(g.in_shape(n, 0))); }
  static constexpr void gradient(graph& g, const node& n, backward& d) {
    d.add(n, 0, emit<"test.jitter">(g, {d.of(n)}));
  }
};
template <>
struct tessera::kernel<"test.jitter", tessera::reference> {
  template <class T>
  static void run(const arguments& a) {
    const std::int64_t each = a.in_shape(0).per_sample();
    for (std::int64_t i = 0; i < a.in_count(0); ++i) {
      const std::int64_t row = i / each;
      const auto id = static_cast<std::uint64_t>(a.samples == nullptr ? row : a.samples[row]);
      const auto u = uniform(a.seed, a.step, a.site, id, static_cast<std::uint64_t>(i % each));
      a.out<T>(0)[i] = a.in<T>(0)[i] * T(u);
    }
  }
};

namespace {

using plain = ts::vit<ts::image<8, 8, 1>, ts::patch<4>, ts::width<8>, ts::heads<2>, ts::depth<3>,
                      ts::classes<5>>;
using to_end = ts::term<ts::weight<1>, ts::loss::cross_entropy<>>;
using to_exit = ts::term<ts::weight<1, 2>, ts::loss::cross_entropy<ts::on<"exits.0">>>;

// Blocks with noise in them: "noisy.i" holds a norm, noise, and a linear around a residual.
template <int Depth>
struct noisy {
  static constexpr ts::vit_settings settings() { return plain::settings(); }
  static constexpr ts::shape input_shape() { return {1, 1, 3, {1, 8, 8}}; }
  static constexpr value_id build(graph& g, value_id images) {
    value_id x =
        ts::build_linear(g, "embed", g.view(images, {1, 1, 2, {4, 16}}), 8, ts::init_scheme::timm);
    for (int i = 0; i < Depth; ++i) {
      const graph::scope here(g, label("noisy"), i);
      value_id y = ts::build_layer_norm(g, "norm", x);
      y = emit<"gelu">(g, {emit<"test.jitter">(g, {y})});
      x = emit<"add">(g, {x, ts::build_linear(g, "fc", y, 8, ts::init_scheme::timm)});
    }
    x = ts::build_layer_norm(g, "norm", emit<"mean_rows">(g, {x}, {0}));
    return ts::build_linear(g, "head", x, 5, ts::init_scheme::timm);
  }
};

struct run_of_steps {
  std::vector<double> losses;
  std::vector<double> gradients, weights;  // after the last step, bit by bit
  long long arena = 0;
};
template <class Step, class Backend, class T>
run_of_steps run_steps(int steps) {
  constexpr int batch = 3;
  ts::thread_pool pool(2);
  ts::trainer<Step, Backend, T> run(7, &pool);
  golden::fill_weights(run.parameters());
  const auto images = golden::filled<T>("images", {batch, 1, 8, 8});
  const auto labels = golden::labels(batch, 5);
  run_of_steps r;
  for (int i = 0; i < steps; ++i) {
    r.losses.push_back(run.gradient(images, run.compiled().g.inputs.size() > 1
                                                ? std::span<const std::int32_t>(labels)
                                                : std::span<const std::int32_t>()));
    r.gradients.assign(run.gradients().begin(), run.gradients().end());
    run.update();
  }
  r.weights.assign(run.parameters().values.begin(), run.parameters().values.end());
  r.arena = ts::workspace(run.compiled(), run.parameters().table, batch).arena_bytes();
  return r;
}

template <class Once, class Again, class Backend, class T>
void recomputation_changes_no_value() {
  const run_of_steps once = run_steps<Once, Backend, T>(3), again = run_steps<Again, Backend, T>(3);
  CHECK(golden::largest(once.gradients) > 1e-6);
  CHECK(once.losses == again.losses);
  CHECK(once.gradients == again.gradients);
  CHECK(once.weights == again.weights);  // running statistics too
  CHECK(again.arena < once.arena);
}
template <class Once, class Again>
void recomputation_changes_no_value() {
  recomputation_changes_no_value<Once, Again, ts::reference, double>();
  recomputation_changes_no_value<Once, Again, ts::cpu, float>();
}

}  // namespace

TEST_CASE("recomputed blocks train to the same bits in less memory") {
  recomputation_changes_no_value<ts::train<plain, to_end, ts::adamw>,
                                 ts::train<plain, to_end, ts::adamw, ts::recompute<"blocks.*">>>();
}

TEST_CASE("recomputed noise is the noise that was drawn") {
  recomputation_changes_no_value<
      ts::train<noisy<4>, to_end, ts::adamw>,
      ts::train<noisy<4>, to_end, ts::adamw, ts::recompute<"noisy.*">>>();
}

TEST_CASE("running statistics follow a recomputed scope once") {
  using net = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::local_perception<3>>>;
  recomputation_changes_no_value<ts::train<net, to_end, to_exit, ts::adamw>,
                                 ts::train<net, to_end, to_exit, ts::adamw, ts::recompute<"*">>>();
}

TEST_CASE("a masked auto-encoder is recomputed under the same mask") {
  using net =
      ts::mae<plain, ts::decoder<ts::width<8>, ts::depth<2>, ts::heads<2>>, ts::mask::random<1, 2>>;
  using term = ts::term<ts::weight<1>, ts::loss::masked_reconstruction>;
  recomputation_changes_no_value<ts::train<net, term, ts::adamw>,
                                 ts::train<net, term, ts::adamw, ts::recompute<"*">>>();
}

// ---- switches ----

TEST_CASE("a detached tower trains as it does alone, a frozen one passes gradients on") {
  using at_exit = ts::early_exit<plain, ts::exit_at<2, ts::exit_head::linear>>;
  using all = ts::train<at_exit, to_end, to_exit, ts::adamw>;
  using detached = ts::train<at_exit, to_end, to_exit, ts::detach<"exits.*">, ts::adamw>;
  using without = ts::train<plain, to_end, ts::adamw>;
  using frozen = ts::train<at_exit, to_end, to_exit, ts::freeze<"exits">, ts::adamw>;
  const auto gradient = [](auto& run) {
    for (const ts::slice& s : run.parameters().table)  // frozen ones too
      golden::golden_fill<double>(s.name, s.shape, run.parameters()[s.name]);
    run.gradient(golden::filled<double>("images", {2, 1, 8, 8}), golden::labels(2, 5));
  };
  ts::trainer<all, ts::reference, double> a;
  ts::trainer<detached, ts::reference, double> d;
  ts::trainer<without, ts::reference, double> w;
  ts::trainer<frozen, ts::reference, double> f;
  gradient(a), gradient(d), gradient(w), gradient(f);
  const auto part = [](auto& run, const ts::slice& s) {
    const auto g = run.gradients();
    const ts::slice& mine = run.parameters().require(s.name);
    return std::vector<double>(g.begin() + mine.offset, g.begin() + mine.offset + mine.size);
  };

  int backbone = 0, head = 0;
  for (const ts::slice& s : a.parameters().table) {
    const bool of_exit = s.name.starts_with("exits.");
    const auto everything = part(a, s);
    CHECK((part(f, s) == everything) != of_exit);
    CHECK((golden::largest(part(f, s)) == 0) == of_exit);
    CHECK(part(d, s) == (of_exit ? everything : part(w, s)));
    ++(of_exit ? head : backbone);
  }
  CHECK(part(d, a.parameters().require("blocks.1.mlp.fc2.weight")) !=
        part(a, a.parameters().require("blocks.1.mlp.fc2.weight")));
  CHECK(head == 4);
  CHECK(backbone == 44);
}

TEST_CASE("batch norm in evaluation mode inside a step keeps its statistics and trains its scale") {
  using net = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::local_perception<3>>>;
  using step = ts::train<net, to_exit, ts::eval_mode<"exits">, ts::adamw>;
  ts::trainer<step, ts::reference, double> run;
  golden::fill_weights(run.parameters());
  for (double& v : run.parameters()["exits.0.bn1.running_var"]) v = 1 + v * v;
  const auto copy = [](std::span<const double> x) {
    return std::vector<double>(x.begin(), x.end());
  };
  const auto mean = copy(run.parameters()["exits.0.bn1.running_mean"]),
             scale = copy(run.parameters()["exits.0.bn1.weight"]);

  run.step(golden::filled<double>("images", {2, 1, 8, 8}), golden::labels(2, 5));

  CHECK(copy(run.parameters()["exits.0.bn1.running_mean"]) == mean);
  CHECK(copy(run.parameters()["exits.0.bn1.weight"]) != scale);
}

// ---- differentiation ----

namespace {

// x -> two losses of one hidden value, together or one of them.
template <bool First, bool Second>
struct two_losses {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = o.sample("x", {4, 6});
    const value_id h =
        emit<"gelu">(g, {emit<"linear">(g, {x, o.weight("w", {6, 6}), o.weight("b", {6})})});
    value_id a = absent, b = absent;
    if (First) a = emit<"mse">(g, {h, g.add_input("a", ts::shape(g.shape_of(h)))});
    if (Second) {
      const value_id y = emit<"layer_norm">(g, {h, o.weight("gamma", {6}), o.weight("beta", {6})},
                                            {}, g.add_setting("eps", 1e-6));
      b = emit<"mse">(g, {y, g.add_input("b_target", ts::shape(g.shape_of(y)))});
    }
    const int s = g.add_setting("s", First ? 0.75 : 1.5);
    g.add_setting("t", 1.5);
    return First && Second ? emit<"weighted_sum">(g, {a, b}, {}, s)
                           : emit<"weighted_sum">(g, {First ? a : b}, {}, s);
  }
  static constexpr value_id absent = ts::absent;
};
template <bool First, bool Second>
support::filled_program<double> gradient_of_losses() {
  using builder = support::checked_graph<two_losses<First, Second>, 3, true>;
  support::filled_program<double> p(ts::compile<builder, ts::reference, double>({"loss"}), 3, 1);
  p.run();
  return p;
}

// Everything here is linear in x: a copy, a pooled mean, a linear, and an inner product with u.
struct linear_graph {
  static constexpr value_id build(graph& g, operands& o) {
    const value_id x = o.sample("x", {4, 6});
    value_id y = emit<"linear">(g, {x, g.stop_gradient(o.weight("w", {5, 6})), ts::absent});
    y = emit<"scale">(g, {emit<"add">(g, {y, y})}, {}, g.add_setting("s", 0.25));
    y = emit<"pool_average">(g, {y}, {2, 2, 2});
    return emit<"test.inner_product">(g, {y, g.add_input("u", ts::shape(g.shape_of(y)))});
  }
};

}  // namespace

TEST_CASE("the gradient of a sum is the sum of the gradients") {
  const auto both = gradient_of_losses<true, true>(), first = gradient_of_losses<true, false>(),
             second = gradient_of_losses<false, true>();
  for (const char* name : {"x", "w", "b"}) {
    const auto sum = both.gradient(name), a = first.gradient(name), b = second.gradient(name);
    CHECK(golden::largest(a) > 1e-4);
    CHECK(golden::largest(b) > 1e-4);
    for (std::size_t i = 0; i < sum.size(); ++i)
      CHECK(sum[i] == doctest::Approx(a[i] + b[i]).epsilon(1e-12));
  }
  CHECK(both.gradient("gamma") == second.gradient("gamma"));
}

TEST_CASE("the gradient of a linear graph does not depend on its input") {
  using builder = support::checked_graph<linear_graph, 3, true>;
  support::filled_program<double> p(ts::compile<builder, ts::reference, double>({"loss"}), 3, 1);
  const double before = p.run();
  const auto at_one_place = p.gradient("x");
  for (const ts::slice& s : p.table())
    if (s.name == "x")
      for (std::int64_t i = 0; i < s.size; ++i)
        p.weights()[static_cast<std::size_t>(s.offset + i)] *= -3;
  const double after = p.run();

  CHECK(after == doctest::Approx(-3 * before));
  CHECK(golden::largest(at_one_place) > 1e-3);
  CHECK(p.gradient("x") == at_one_place);
}

TEST_CASE("a slice of the network has the gradient that the whole has for its loss") {
  using net = ts::early_exit<plain, ts::exit_at<2, ts::exit_head::linear>>;
  using shallow = ts::vit<ts::image<8, 8, 1>, ts::patch<4>, ts::width<8>, ts::heads<2>,
                          ts::depth<2>, ts::classes<5>>;
  // The exit of a block reads what the end of a network of that depth reads: norm, token, head.
  ts::trainer<ts::train<net, ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>>,
              ts::reference, double>
      whole;
  ts::trainer<ts::train<shallow, to_end>, ts::reference, double> slice;
  golden::fill_weights(whole.parameters());
  golden::fill_weights(slice.parameters());
  for (const char* name : {"norm.weight", "norm.bias", "head.weight", "head.bias"}) {
    const auto from = slice.parameters()[name];
    std::copy(from.begin(), from.end(), whole.parameters()["exits.0." + std::string(name)].begin());
  }
  const auto images = golden::filled<double>("images", {3, 1, 8, 8});
  const double a = whole.gradient(images, golden::labels(3, 5)),
               b = slice.gradient(images, golden::labels(3, 5));

  CHECK(a == b);
  for (const ts::slice& s : slice.parameters().table) {
    const bool end = s.name.starts_with("norm") || s.name.starts_with("head");
    const ts::slice& t = whole.parameters().require((end ? "exits.0." : "") + s.name);
    CHECK(std::equal(slice.gradients().begin() + s.offset,
                     slice.gradients().begin() + s.offset + s.size,
                     whole.gradients().begin() + t.offset));
  }
}

// ---- fusion ----

namespace {

template <class A, bool Fused>
struct with_fusion {
  static constexpr graph build() {
    graph g = ts::build_graph<A>();
    if (Fused) ts::fuse(g, {ts::cpu_fusions, 2});
    return g;
  }
};

template <class T>
std::vector<std::vector<T>> run_once(const ts::program& p, ts::weights<T>& w, std::int64_t batch) {
  ts::workspace space(p, w.table, batch);
  const ts::shape& in = p.g.shape_of(p.g.inputs[0].value);
  const auto x = golden::filled<T>("images", {static_cast<int>(in.count(batch))});
  const void* inputs[] = {x.data()};
  ts::thread_pool pool(2);
  ts::run_context c;
  c.weights = w.values.data();
  c.inputs = inputs;
  c.pool = &pool;
  space.run(c);
  std::vector<std::vector<T>> results;
  for (int i = 0; i < p.results.size(); ++i) {
    const T* y = static_cast<const T*>(space.result(i));
    results.emplace_back(y, y + space.result_count(i));
  }
  return results;
}
template <class A, class Backend, class T>
void fusion_changes_no_value(const std::vector<std::string>& results) {
  const auto once = ts::compile<with_fusion<A, false>, Backend, T>(results),
             fused = ts::compile<with_fusion<A, true>, Backend, T>(results);
  CHECK(fused->g.nodes.size() < once->g.nodes.size());
  auto w = ts::make_weights<T>(once->g, 0);
  golden::fill_weights(w);
  for (const std::int64_t batch : {1, 5}) {
    const auto y = run_once(*once, w, batch);
    CHECK(y == run_once(*fused, w, batch));
    for (const auto& r : y) CHECK(golden::largest({r.begin(), r.end()}) > 1e-3);
  }
}
template <class A>
void fusion_changes_no_value(const std::vector<std::string>& results) {
  fusion_changes_no_value<A, ts::reference, double>(results);
  fusion_changes_no_value<A, ts::reference, float>(results);
  fusion_changes_no_value<A, ts::cpu, float>(results);
}

}  // namespace

TEST_CASE("a fused program gives what its parts give, bit for bit, and every tap") {
  fusion_changes_no_value<plain>({"output", "blocks.0", "blocks.2"});
  // Widths that fill no vector and depths beyond one pass of the matrix product.
  using wide = ts::vit<ts::image<20, 12, 1>, ts::patch<4>, ts::width<75>, ts::heads<5>,
                       ts::depth<2>, ts::mlp_ratio<4>, ts::classes<7>>;
  fusion_changes_no_value<wide>({"output", "blocks.0"});
  using deep = ts::vit<ts::image<20, 12, 1>, ts::patch<4>, ts::width<324>, ts::heads<4>,
                       ts::depth<1>, ts::classes<3>>;
  fusion_changes_no_value<deep>({"output"});
  using exits = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::local_perception<3>>>;
  fusion_changes_no_value<exits>({"output", "exits.0"});
}

TEST_CASE("a report says in words what was fused") {
  graph g = ts::build_graph<plain>();
  ts::fusion_report r;
  const graph before = g;
  ts::fuse(g, {ts::cpu_fusions, 2}, &r);
  const std::string said = r.text(before);

  CHECK(said.find("blocks.0.mlp: linear + gelu -> linear_gelu\n") != std::string::npos);
  CHECK(said.find("blocks.2.norm2: add + layer_norm -> add_layer_norm\n") != std::string::npos);
  CHECK(std::count(said.begin(), said.end(), '\n') == 6);
  CHECK(ts::report_fusion<ts::reference>(before).text(before).empty());
}
