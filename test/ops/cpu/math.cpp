#include "tessera/ops/cpu/targets.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using tessera::isa;

using map = void(const float*, float*, std::size_t);

std::vector<isa> sets() {
  std::vector<isa> all{isa::baseline};
  if (tessera::chosen_isa() >= isa::avx2) all.push_back(isa::avx2);
  if (tessera::chosen_isa() >= isa::avx3) all.push_back(isa::avx3);
  return all;
}

std::vector<float> mapped(map* f, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  f(x.data(), y.data(), x.size());
  return y;
}

std::vector<float> grid(double from, double to, int n) {
  std::vector<float> x;
  for (int i = 0; i <= n; ++i) x.push_back(static_cast<float>(from + (to - from) * i / n));
  return x;
}

double phi(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0)); }
double normal_cdf(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

}  // namespace

TEST_CASE("vector exp has a relative error below 2e-7 from -87 to 88") {
  const std::vector<float> x = grid(-87, 88, 400'001);
  for (const isa i : sets()) {
    const std::vector<float> y = mapped(TESSERA_CPU_PICK(i, map_exp), x);
    double worst = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double want = std::exp(static_cast<double>(x[j]));
      worst = std::fmax(worst, std::fabs(y[j] - want) / want);
    }
    INFO(tessera::name_of(i), " worst ", worst);
    CHECK(worst < 2e-7);
  }
}

TEST_CASE("vector exp keeps zero, one, infinity and NaN") {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x{0.0f, -inf, -200.0f, -88.0f, inf, 89.0f, 1e30f, -1e30f, nan, 88.7f};
  for (const isa i : sets()) {
    const std::vector<float> y = mapped(TESSERA_CPU_PICK(i, map_exp), x);
    INFO(tessera::name_of(i));
    CHECK(y[0] == 1.0f);
    CHECK(y[1] == 0.0f);
    CHECK(y[2] == 0.0f);
    CHECK(y[3] == 0.0f);
    CHECK(y[4] == inf);
    CHECK(y[5] == inf);
    CHECK(y[6] == inf);
    CHECK(y[7] == 0.0f);
    CHECK(std::isnan(y[8]));
    CHECK(y[9] == doctest::Approx(std::exp(88.7)).epsilon(1e-5));
  }
}

TEST_CASE("vector erf has an absolute error below 4e-7 and is exactly one far out") {
  std::vector<float> x = grid(-6, 6, 200'001);
  x.insert(x.end(), {1e3f, -1e3f, 1e30f});
  for (const isa i : sets()) {
    const std::vector<float> y = mapped(TESSERA_CPU_PICK(i, map_erf), x);
    double worst = 0;
    for (std::size_t j = 0; j < x.size(); ++j)
      worst = std::fmax(worst, std::fabs(y[j] - std::erf(static_cast<double>(x[j]))));
    INFO(tessera::name_of(i), " worst ", worst);
    CHECK(worst < 4e-7);
    CHECK(y[x.size() - 1] == 1.0f);
    CHECK(y[x.size() - 2] == -1.0f);
  }
}

TEST_CASE("vector GELU and its derivative match erf in double to 1e-6") {
  std::vector<float> x = grid(-12, 12, 200'001);
  x.insert(x.end(), {100.0f, -100.0f, -1e4f, 1e4f});
  for (const isa i : sets()) {
    const std::vector<float> y = mapped(TESSERA_CPU_PICK(i, map_gelu), x);
    const std::vector<float> dy = mapped(TESSERA_CPU_PICK(i, map_gelu_derivative), x);
    double worst = 0, worst_derivative = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const double v = x[j], want = v * normal_cdf(v);
      worst = std::fmax(worst, std::fabs(y[j] - want) / std::fmax(1, std::fabs(want)));
      worst_derivative =
          std::fmax(worst_derivative, std::fabs(dy[j] - (normal_cdf(v) + v * phi(v))));
    }
    INFO(tessera::name_of(i), " worst ", worst, " derivative ", worst_derivative);
    CHECK(worst < 1e-6);
    CHECK(worst_derivative < 1e-6);
  }
}

TEST_CASE("GELU of NaN is NaN") {
  const std::vector<float> x{std::numeric_limits<float>::quiet_NaN(), 0.0f};
  for (const isa i : sets()) {
    CHECK(std::isnan(mapped(TESSERA_CPU_PICK(i, map_gelu), x)[0]));
    CHECK(std::isnan(mapped(TESSERA_CPU_PICK(i, map_gelu_derivative), x)[0]));
  }
}

TEST_CASE("partial loads and stores touch the asked floats only") {
  for (const isa i : sets()) {
    map* const f = TESSERA_CPU_PICK(i, map_exp);
    for (std::size_t n = 1; n <= 40; ++n) {
      // On the heap and of the exact size, so that an address sanitizer sees a read too far.
      const std::vector<float> x(n, 0.0f);
      std::vector<float> y(n + 32, 7.0f);
      f(x.data(), y.data(), n);
      bool good = true;
      for (std::size_t j = 0; j < y.size(); ++j) good = good && y[j] == (j < n ? 1.0f : 7.0f);
      INFO(tessera::name_of(i), " n ", n);
      CHECK(good);
    }
  }
}

TEST_CASE("the maximum of any number of negative values is the largest of them") {
  for (const isa i : sets()) {
    for (std::size_t n = 1; n <= 40; ++n)
      for (std::size_t at = 0; at < n; ++at) {
        std::vector<float> x(n, -5.0f);
        x[at] = -3.0f;
        if (TESSERA_CPU_PICK(i, array_max)(x.data(), n) != -3.0f) FAIL(tessera::name_of(i), " ", n);
      }
    const float none = TESSERA_CPU_PICK(i, array_max)(nullptr, 0);
    CHECK(none == -std::numeric_limits<float>::infinity());
  }
}
