// The table of docs/parity.md.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <tuple>

#include "support/families.hpp"

namespace {

template <class F>
void row() {
  using exact = support::precision<tessera::reference, double>;
  using fast = support::precision<tessera::cpu, float>;
  const golden::first_step first = golden::parity<fast, F>::first();
  const golden::ten_steps ten = golden::parity<exact, F>::ten();

  std::printf("| %s | %s | %.1e | %.1e | %.1e | %.1e |\n", F::title, F::reference, first.outputs,
              first.gradients, std::max(ten.losses, ten.outputs), ten.finals);

  INFO(std::string(F::name));
  CHECK(first.outputs <= 1e-5);
  CHECK(first.gradients <= 1e-4);
  CHECK(ten.losses <= 1e-12);
  CHECK(ten.outputs <= 1e-9);
  CHECK(ten.finals <= 1e-8);
}

template <class... F>
void rows(std::tuple<F...>*) {
  (row<F>(), ...);
}

}  // namespace

TEST_CASE("the parity table: no family is further from PyTorch than its limits") {
  std::printf(
      "| family | reference | logits | gradients | ten AdamW steps | weights after them |\n"
      "| --- | --- | ---: | ---: | ---: | ---: |\n");

  rows(static_cast<golden::family::all*>(nullptr));
}
