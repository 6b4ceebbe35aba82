#include <doctest/doctest.h>

#include "support/families_run.hpp"

namespace ts = tessera;
using golden::filled, golden::relative;

template struct golden::compiled<golden::family::vit>;

TEST_CASE_TEMPLATE_DEFINE("loss and every gradient of a small transformer are PyTorch's", P,
                          small_gradients) {
  const golden::first_step d = golden::parity<P, golden::family::vit>::first();

  CHECK(d.loss <= P::tolerance);
  CHECK(d.gradients <= P::tolerance);
}
TEST_CASE_TEMPLATE_APPLY(small_gradients, support::precisions);

TEST_CASE_TEMPLATE_DEFINE("ten steps of AdamW follow PyTorch's", P, adamw_steps) {
  using T = typename P::scalar;
  const golden::file want("vit_micro");
  ts::trainer<golden::family::vit::step, typename P::backend, T> run;
  golden::fill_weights(run.parameters());
  const auto images = filled<T>("input", {3, 3, 32, 32});
  const auto labels = golden::labels(3, 10);

  std::vector<double> losses;
  for (int i = 0; i < 10; ++i) losses.push_back(run.step(images, labels));
  const double after = run.gradient(images, labels);

  CHECK(relative(losses, want["adamw.losses"]) <= P::tolerance);
  CHECK(relative(std::vector<double>{after}, want["adamw.loss_after"]) <= P::tolerance);
  int compared = 0;  // in float the key biases move by the sign of noise
  for (const ts::slice& s : run.parameters().table) {
    if (!P::is_double || !want.has("adamw.final." + s.name)) continue;
    INFO(s.name);
    CHECK(golden::distance(run.parameters()[s.name], want["adamw.final." + s.name]) <= 1e-10);
    ++compared;
  }
  CHECK(compared == (P::is_double ? 14 : 0));
}
TEST_CASE_TEMPLATE_APPLY(adamw_steps, support::precisions);
