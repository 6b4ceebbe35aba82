#include <doctest/doctest.h>

#include <unistd.h>
#include <cstdio>
#include <limits>
#include <string>

#include "support/golden.hpp"
#include "tessera/arch/early_exit.hpp"
#include "tessera/model/checkpoint.hpp"
#include "tessera/model/make_model.hpp"
#include "tessera/ops/reference.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

// Batch norm is state that a forward pass writes: saved, read in evaluation, never trained.

namespace ts = tessera;
using golden::filled;

namespace {

using plain =
    ts::vit<ts::image<8>, ts::patch<2>, ts::width<6>, ts::heads<2>, ts::depth<2>, ts::classes<5>>;
using net = ts::early_exit<plain, ts::exit_at<1, ts::exit_head::local_perception<3>>>;
using step =
    ts::train<net, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<ts::on<"exits.0">>>>;
using run_type = ts::trainer<step, ts::reference, double>;

const std::vector<int> labels{0, 4, 2};
std::vector<double> images() { return filled<double>("input", {3, 3, 8, 8}); }
std::vector<double> copy(std::span<const double> x) { return {x.begin(), x.end()}; }

// The logits of the exit in evaluation.
std::vector<double> evaluate(ts::weights<double>& w) {
  const auto program = ts::compile<ts::inference<net>, ts::reference, double>({"exits.0"});
  ts::workspace space(*program, w.table, 3);
  const auto x = images();
  const void* inputs[] = {x.data()};
  ts::run_context c;
  c.weights = w.values.data();
  c.inputs = inputs;
  space.run(c);
  const double* y = static_cast<const double*>(space.result(0));
  return {y, y + 3 * 5};
}

}  // namespace

TEST_CASE("running statistics move towards those of the batch, a tenth of the way each step") {
  run_type run;
  golden::fill_weights(run.parameters());
  run.set("optimizer.lr", 0);  // the batch's statistics then stay what they are
  for (const char* state : {"running_mean", "running_var"})
    for (const char* norm : {"exits.0.bn1.", "exits.0.bn2.", "exits.0.bn3."}) {
      const std::string name = std::string(norm) + state;
      const auto a = copy(run.parameters()[name]);
      run.step(images(), labels);
      const auto b = copy(run.parameters()[name]);
      run.step(images(), labels);
      const auto c = copy(run.parameters()[name]);

      CHECK(a != b);
      for (std::size_t i = 0; i < a.size(); ++i)
        CHECK(c[i] - b[i] == doctest::Approx(0.9 * (b[i] - a[i])).epsilon(1e-9));
    }
}

TEST_CASE("the optimizer leaves running statistics alone") {
  run_type run;
  golden::fill_weights(run.parameters());
  for (int i = 0; i < 3; ++i) run.step(images(), labels);

  int states = 0;
  for (const ts::slice& s : run.parameters().table) {
    if (s.kind != ts::slice_kind::state) continue;
    for (std::int64_t i = s.offset; i < s.offset + s.size; ++i) {
      CHECK(run.optimizer_state(0)[static_cast<std::size_t>(i)] == 0);
      CHECK(run.optimizer_state(1)[static_cast<std::size_t>(i)] == 0);
    }
    ++states;
  }
  CHECK(states == 6);
}

TEST_CASE("evaluation reads the running statistics, writes none, and they are saved") {
  run_type run;
  golden::fill_weights(run.parameters());
  auto fresh = run.parameters();
  run.set("optimizer.lr", 0);
  for (int i = 0; i < 3; ++i) run.step(images(), labels);
  auto& trained = run.parameters();

  const auto before = trained.values;
  const auto y = evaluate(trained);
  CHECK(trained.values == before);
  CHECK(golden::distance(evaluate(fresh), y) > 1e-3);  // only the statistics differ

  const std::string path = "tessera_state_" + std::to_string(::getpid()) + ".safetensors";
  ts::save_weights(trained, path);
  ts::load_weights(fresh, path);
  std::remove(path.c_str());
  CHECK(evaluate(fresh) == y);
}

TEST_CASE("with a momentum of one evaluation is training, but for the divisor of the variance") {
  run_type run;
  golden::fill_weights(run.parameters());
  run.set("optimizer.lr", 0);
  for (const char* norm : {"exits.0.bn1.", "exits.0.bn2.", "exits.0.bn3."})
    run.set(norm + std::string("momentum"), 1);
  const double loss = run.step(images(), labels);

  const auto y = evaluate(run.parameters());
  double expected = 0;
  for (std::size_t b = 0; b < 3; ++b) {
    double sum = 0;
    for (std::size_t k = 0; k < 5; ++k) sum += std::exp(y[5 * b + k]);
    expected += (std::log(sum) - y[5 * b + static_cast<std::size_t>(labels[b])]) / 3;
  }
  CHECK(loss == doctest::Approx(expected).epsilon(0.02));
}

TEST_CASE("a batch that is not finite leaves running statistics as they were") {
  run_type run;
  golden::fill_weights(run.parameters());
  run.step(images(), labels);
  const auto before = run.parameters().values;
  auto x = images();
  x[5] = std::numeric_limits<double>::quiet_NaN();

  CHECK_THROWS_AS(run.step(x, labels), ts::error);

  CHECK(run.parameters().values == before);
}
