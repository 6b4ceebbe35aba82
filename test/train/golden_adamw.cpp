// Ten steps of AdamW on a small member of each family. In double: Adam divides gradients that are
// zero but for rounding (of key biases, and of biases before a batch norm) by their own size, which
// in float moves those weights by the whole rate and in double by 1e-9 of the largest. Losses do
// not see it; in evaluation running means do, a little.
#include <doctest/doctest.h>

#include "support/families.hpp"

using exact = support::precision<tessera::reference, double>;

TEST_CASE_TEMPLATE_DEFINE("ten steps of AdamW, and what they lead to, are PyTorch's", F,
                          ten_steps) {
  const golden::ten_steps d = golden::parity<exact, F>::ten();

  CHECK(d.losses <= 1e-12);
  CHECK(d.outputs <= 1e-9);
  CHECK(d.finals <= 1e-8);
  CHECK(d.compared == F::finals);
}
TEST_CASE_TEMPLATE_APPLY(ten_steps, golden::family::all);

TEST_CASE_TEMPLATE_DEFINE("the losses of ten steps in float are PyTorch's", F, float_steps) {
  const golden::ten_steps d = golden::parity<support::precision<tessera::cpu, float>, F>::ten();

  CHECK(d.losses <= 1e-5);
}
TEST_CASE_TEMPLATE_APPLY(float_steps, golden::family::all);
