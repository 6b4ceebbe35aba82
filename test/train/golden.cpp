#include <doctest/doctest.h>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/micro.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;
using golden::filled, golden::relative;

namespace {

template <class A>
using classify = ts::train<A, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
using reconstruct =
    ts::train<micro::mae, ts::adamw, ts::term<ts::weight<1>, ts::loss::masked_reconstruction>>;

// Worst distance of the gradients from the file's, over the largest of all; infinite where the file
// has none or the run has fewer.
template <class T>
double gradient_distance(ts::step_runner<T>& run, const golden::file& want, int tensors) {
  double worst = 0, most = 0;
  for (const ts::slice& s : run.parameters().table) {
    if (s.kind != ts::slice_kind::weight) continue;
    const auto g = run.gradients().subspan(static_cast<std::size_t>(s.offset),
                                           static_cast<std::size_t>(s.size));
    const std::vector<double> expected = want["grad." + s.name];
    worst = std::max(worst, golden::distance(g, expected));
    most = std::max(most, golden::largest(expected));
    --tensors;
  }
  if (std::getenv("FIG")) std::printf("gradient %.2g\n", worst / most);
  return tensors == 0 ? worst / most : std::numeric_limits<double>::infinity();
}

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("loss and every gradient of small transformers are PyTorch's", P,
                          small_gradients) {
  using T = typename P::scalar;
  SUBCASE("three square images") {
    const golden::file want("vit_micro");
    ts::trainer<classify<micro::vit>, typename P::backend, T> run;
    golden::fill_weights(run.parameters());

    const double loss = run.gradient(filled<T>("input", {3, 3, 32, 32}), golden::labels(3, 10));

    CHECK(relative(std::vector<double>{loss}, want["loss"]) <= P::tolerance);
    CHECK(gradient_distance(run, want, 32) <= P::tolerance);
  }
  SUBCASE("one oblong image, heads of nine channels") {
    const golden::file want("vit_micro_odd");
    ts::trainer<classify<micro::vit_odd>, typename P::backend, T> run;
    golden::fill_weights(run.parameters());

    const double loss = run.gradient(filled<T>("input", {1, 3, 30, 20}), golden::labels(1, 7));

    CHECK(relative(std::vector<double>{loss}, want["loss"]) <= P::tolerance);
    CHECK(gradient_distance(run, want, 20) <= P::tolerance);
  }
}
TEST_CASE_TEMPLATE_APPLY(small_gradients, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("loss and every gradient of a masked auto-encoder are PyTorch's", P,
                          mae_gradients) {
  using T = typename P::scalar;
  const golden::file want("mae_micro");
  ts::trainer<reconstruct, typename P::backend, T> run;
  golden::fill_weights(run.parameters());
  const auto noise = filled<T>("noise", {2, 64});
  run.bind("noise", noise);

  const double loss = run.gradient(filled<T>("input", {2, 3, 32, 32}));

  CHECK(relative(std::vector<double>{loss}, want["loss"]) <= P::tolerance);
  CHECK(gradient_distance(run, want, 48) <= P::tolerance);
}
TEST_CASE_TEMPLATE_APPLY(mae_gradients, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("ten steps of AdamW follow PyTorch's", P, adamw_steps) {
  using T = typename P::scalar;
  const golden::file want("vit_micro");
  ts::trainer<classify<micro::vit>, typename P::backend, T> run;
  golden::fill_weights(run.parameters());
  const auto images = filled<T>("input", {3, 3, 32, 32});
  const auto labels = golden::labels(3, 10);

  std::vector<double> losses;
  for (int i = 0; i < 10; ++i) losses.push_back(run.step(images, labels));
  const double after = run.gradient(images, labels);

  // In float the key biases move by the sign of noise, up to the learning rate each step.
  CHECK(relative(losses, want["adamw.losses"]) <= (P::is_double ? 1e-12 : 1e-4));
  CHECK(golden::distance(std::vector<double>{after}, want["adamw.loss_after"]) <=
        (P::is_double ? 1e-12 : 1e-4));
  int compared = 0;
  for (const ts::slice& s : run.parameters().table) {
    if (!P::is_double || !want.has("adamw.final." + s.name)) continue;
    INFO(s.name);
    CHECK(golden::distance(run.parameters()[s.name], want["adamw.final." + s.name]) <= 1e-10);
    ++compared;
  }
  CHECK(compared == (P::is_double ? 14 : 0));
}
TEST_CASE_TEMPLATE_APPLY(adamw_steps, support::precisions);
