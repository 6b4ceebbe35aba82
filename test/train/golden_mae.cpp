#include <doctest/doctest.h>

#include "support/families_run.hpp"

namespace ts = tessera;
using golden::filled, golden::gradient_distance, golden::relative;

template struct golden::compiled<golden::family::mae>;

TEST_CASE_TEMPLATE_DEFINE("oblong images and heads of nine channels have PyTorch's gradients", P,
                          odd_gradients) {
  using T = typename P::scalar;
  const golden::file want("vit_micro_odd");
  ts::trainer<golden::family::step<micro::vit_odd>, typename P::backend, T> run;
  golden::fill_weights(run.parameters());

  const double loss = run.gradient(filled<T>("input", {1, 3, 30, 20}), golden::labels(1, 7));

  CHECK(relative(std::vector<double>{loss}, want["loss"]) <= P::tolerance);
  CHECK(gradient_distance(run, want, 20) <= P::tolerance);
}
TEST_CASE_TEMPLATE_APPLY(odd_gradients, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("loss and every gradient of a masked auto-encoder are PyTorch's", P,
                          mae_gradients) {
  const golden::first_step d = golden::parity<P, golden::family::mae>::first();

  CHECK(d.loss <= P::tolerance);
  CHECK(d.gradients <= P::tolerance);
}
TEST_CASE_TEMPLATE_APPLY(mae_gradients, support::precisions);
