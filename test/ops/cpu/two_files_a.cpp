#include "tessera/ops/cpu/targets.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include "ops/cpu/two_files.hpp"

namespace {

double error_of(two_files::function f) {
  std::vector<float> x, y(100);
  for (int i = 0; i < 100; ++i) x.push_back(static_cast<float>(i - 50) / 4);
  f(x.data(), y.data(), x.size());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::fmax(worst, std::fabs(y[i] / std::exp(static_cast<double>(x[i])) - 1));
  return worst;
}

}  // namespace

TEST_CASE("files compiled for different instruction sets keep kernels of their own") {
  using tessera::isa;
  for (const isa set : {isa::baseline, isa::avx2, isa::avx3}) {
    if (set > tessera::chosen_isa()) continue;
    const two_files::function a = TESSERA_CPU_PICK(set, map_exp);
    CHECK(error_of(a) < 2e-7);
    if (two_files::b_is_for_avx2() && tessera::detail::isa_of_this_cpu() < isa::avx2) continue;
    const two_files::function b = two_files::exp_of_b(set);
    CHECK(error_of(b) < 2e-7);
    CHECK((a != b) == two_files::b_is_for_avx2());
  }
}
