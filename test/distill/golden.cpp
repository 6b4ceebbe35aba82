#include <doctest/doctest.h>

#include "support/golden.hpp"
#include "support/gradient_check.hpp"
#include "support/inner_product.hpp"
#include "tessera/arch/early_exit.hpp"

// Each graph here is one piece of distill.safetensors in double; operands and inputs carry the
// names that the formula fills.

namespace ts = tessera;
using golden::relative;
using support::operands;
using ts::emit, ts::graph, ts::label, ts::value_id;

namespace {

// Taps y as "output", joins it with an upstream gradient called `what`, differentiates.
constexpr void send(graph& g, label what, value_id y) {
  g.add_tap("output", y);
  const value_id loss =
      emit<"test.inner_product">(g, {y, g.add_input(what, ts::shape(g.shape_of(y)))});
  g.add_tap("loss", loss);
  ts::differentiate(g, loss);
  g.finish();
}
constexpr graph fresh(bool training = true) {
  graph g;
  g.training = training;
  return g;
}

template <class Builder>
support::filled_program<double> run(std::int64_t batch, int classes = 1) {
  support::filled_program<double> p(ts::compile<Builder, ts::reference, double>({"output", "loss"}),
                                    batch, classes);
  p.run();
  return p;
}

template <int Reduction>
struct softened {
  static constexpr graph build() {
    graph g = fresh();
    operands o{g, 4};
    const value_id loss = emit<"kl_divergence">(
        g, {o.sample("kd.student_logits", {10}), g.add_input("kd.teacher_logits", {1, 1, 1, {10}})},
        {Reduction}, g.add_setting("temperature", 2));
    g.add_tap("output", loss);
    g.add_tap("loss", loss);
    ts::differentiate(g, loss);
    return g;
  }
};

struct smoothed {
  static constexpr graph build() {
    graph g = fresh();
    operands o{g, 4};
    const value_id labels = g.add_input("ce.labels", {1, 1, 0, {}}, ts::role::index);
    const value_id loss = emit<"cross_entropy">(g, {o.sample("ce.logits", {10}), labels}, {},
                                                g.add_setting("smoothing", 0.1));
    g.add_tap("output", loss);
    g.add_tap("loss", loss);
    ts::differentiate(g, loss);
    return g;
  }
};

template <bool Training>
struct batch_normed {
  static constexpr graph build() {
    graph g = fresh(Training);
    operands o{g, 6};
    send(g, "bn.upstream", ts::build_batch_norm(g, "bn", o.sample("bn.input", {5})));
    return g;
  }
};

struct convolved {
  static constexpr graph build() {
    graph g = fresh();
    operands o{g, 2};
    send(g, "dw.upstream",
         emit<"depthwise_conv">(g,
                                {o.sample("dw.input", {16, 6}), o.weight("dw.weight", {6, 1, 3, 3}),
                                 o.weight("dw.bias", {6})},
                                {4, 4, 3}));
    return g;
  }
};

struct pooled {
  static constexpr graph build() {
    graph g = fresh();
    operands o{g, 2};
    send(g, "pool.upstream", emit<"pool_average">(g, {o.sample("pool.input", {16, 8})}, {4, 4, 2}));
    return g;
  }
};

// The file ends where the head begins to classify: at what its layer_norm reads.
template <bool Training>
struct perceived {
  static constexpr graph build() {
    graph g = fresh(Training);
    operands o{g, 2};
    ts::exit_place t;
    t.grid_height = t.grid_width = 4;
    t.s.width = 8;
    t.s.classes = 2;
    t.x = o.sample("lph.input", {16, 8});
    {
      const graph::scope here(g, label("lph"));
      ts::exit_head::local_perception<3>::build(g, t);
    }
    value_id y = ts::absent;
    for (const ts::node& n : g.nodes)
      if (n.op == ts::rules<"layer_norm">()) y = g.in(n, 0);
    send(g, "lph.upstream", y);
    return g;
  }
};

}  // namespace

TEST_CASE("the softened divergence and its gradient are PyTorch's, by either reduction") {
  const golden::file want("distill");

  const auto by_batch = run<softened<0>>(4), by_element = run<softened<1>>(4);

  CHECK(relative(by_batch.result(0), want["kd.loss_batch"]) <= 1e-12);
  CHECK(relative(by_element.result(0), want["kd.loss_numel"]) <= 1e-12);
  CHECK(relative(by_batch.gradient("kd.student_logits"), want["kd.grad_student_batch"]) <= 1e-12);
  CHECK(relative(by_element.gradient("kd.student_logits"), want["kd.grad_student_numel"]) <= 1e-12);
}

TEST_CASE("the smoothed cross-entropy and its gradient are PyTorch's") {
  const golden::file want("distill");

  const auto found = run<smoothed>(4, 10);

  CHECK(relative(found.result(0), want["ce.loss"]) <= 1e-12);
  CHECK(relative(found.gradient("ce.logits"), want["ce.grad_logits"]) <= 1e-12);
}

TEST_CASE("batch norm, its gradients and its running statistics are PyTorch's") {
  const golden::file want("distill");

  const auto training = run<batch_normed<true>>(6), evaluation = run<batch_normed<false>>(6);

  CHECK(relative(training.result(0), want["bn.output"]) <= 1e-12);
  CHECK(relative(evaluation.result(0), want["bn.eval_output"]) <= 1e-12);
  CHECK(relative(training.gradient("bn.input"), want["bn.grad_input"]) <= 1e-12);
  CHECK(relative(training.gradient("bn.weight"), want["bn.grad_weight"]) <= 1e-12);
  CHECK(relative(training.gradient("bn.bias"), want["bn.grad_bias"]) <= 1e-12);
  CHECK(relative(training.weight("bn.running_mean"), want["bn.running_mean_after"]) <= 1e-12);
  CHECK(relative(training.weight("bn.running_var"), want["bn.running_var_after"]) <= 1e-12);
  CHECK(evaluation.weight("bn.running_mean") == golden::filled<double>("bn.running_mean", {5}));
}

TEST_CASE("depthwise convolution, pooling and their gradients are PyTorch's") {
  const golden::file want("distill");

  const auto conv = run<convolved>(2), pool = run<pooled>(2);

  CHECK(relative(conv.result(0), want["dw.output"]) <= 1e-12);
  CHECK(relative(conv.gradient("dw.input"), want["dw.grad_input"]) <= 1e-12);
  CHECK(relative(conv.gradient("dw.weight"), want["dw.grad_weight"]) <= 1e-12);
  CHECK(relative(conv.gradient("dw.bias"), want["dw.grad_bias"]) <= 1e-12);
  CHECK(relative(pool.result(0), want["pool.output"]) <= 1e-12);
  CHECK(relative(pool.gradient("pool.input"), want["pool.grad_input"]) <= 1e-12);
}

TEST_CASE_TEMPLATE("a local perception head computes and learns as in PyTorch", Training,
                   std::true_type, std::false_type) {
  const golden::file want("distill");
  const std::string mode = Training::value ? "lph.train." : "lph.eval.";

  const auto found = run<perceived<Training::value>>(2);

  CHECK(relative(found.result(0), want[mode + "output"]) <= 1e-12);
  double worst = 0, most = 0;
  int compared = 0;
  for (const ts::slice& s : found.table()) {
    const std::string key = mode + "grad." + s.name.substr(4);
    if (s.kind != ts::slice_kind::weight || !want.has(key)) continue;
    worst = std::max(worst, golden::distance(found.gradient(s.name), want[key]));
    most = std::max(most, golden::largest(want[key]));
    ++compared;
  }
  CHECK(compared == 13);  // the input, three convolutions and three norms of two tensors each
  CHECK(worst / most <= 1e-12);
  for (const char* norm : {"bn1", "bn2", "bn3"})
    for (const char* state : {".running_mean", ".running_var"}) {
      const std::string name = norm + std::string(state);
      const auto after = found.weight("lph." + name);
      const auto expected = Training::value ? want["lph.train.after." + name]
                                            : golden::filled<double>("lph." + name, {8});
      CHECK(relative(after, expected) <= 1e-12);
    }
}
