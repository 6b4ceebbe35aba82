#include <doctest/doctest.h>

#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/golden_gradients.hpp"
#include "support/micro.hpp"
#include "tessera/train/losses.hpp"
#include "tessera/train/make_trainer.hpp"
#include "tessera/train/optimizers.hpp"

namespace ts = tessera;
using golden::filled, golden::gradient_distance, golden::relative;

namespace {

using classify =
    ts::train<micro::vit_odd, ts::adamw, ts::term<ts::weight<1>, ts::loss::cross_entropy<>>>;
using reconstruct =
    ts::train<micro::mae, ts::adamw, ts::term<ts::weight<1>, ts::loss::masked_reconstruction>>;

}  // namespace

TEST_CASE_TEMPLATE_DEFINE("oblong images and heads of nine channels have PyTorch's gradients", P,
                          odd_gradients) {
  using T = typename P::scalar;
  const golden::file want("vit_micro_odd");
  ts::trainer<classify, typename P::backend, T> run;
  golden::fill_weights(run.parameters());

  const double loss = run.gradient(filled<T>("input", {1, 3, 30, 20}), golden::labels(1, 7));

  CHECK(relative(std::vector<double>{loss}, want["loss"]) <= P::tolerance);
  CHECK(gradient_distance(run, want, 20) <= P::tolerance);
}
TEST_CASE_TEMPLATE_APPLY(odd_gradients, support::precisions);

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
