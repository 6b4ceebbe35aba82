#include "tessera/tensor/philox.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace ts = tessera;

TEST_CASE("philox4x32 with ten rounds gives the known answers of Random123") {
  const ts::philox_block zero{{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}};
  const ts::philox_block ones{{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}};
  const ts::philox_block pi{{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};

  CHECK(ts::philox4x32({0, 0, 0, 0}, {0, 0}) == zero);
  CHECK(ts::philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == ones);
  CHECK(ts::philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                       {0xa4093822, 0x299f31d0}) == pi);
}

TEST_CASE("random numbers are constant expressions and need no state") {
  static_assert(ts::philox4x32({0, 0, 0, 0}, {0, 0}).word[0] == 0x6627e8d5);
  static_assert(ts::uniform(7, 1, ts::site_hash("mask"), 2, 3) >= 0);
  constexpr float compiled = ts::uniform(7, 1, ts::site_hash("mask"), 2, 3);

  const float run = ts::uniform(ts::random_key{7}, 1, ts::site_hash("mask"), 2, 3);

  CHECK(compiled == run);
}

TEST_CASE("site_hash is FNV-1a") {
  CHECK(ts::site_hash("") == 0xcbf29ce484222325u);
  CHECK(ts::site_hash("a") == 0xaf63dc4c8601ec8cu);
}

TEST_CASE("each of seed, step, site, sample, element and draw changes the value") {
  const auto base = ts::bits(1, 2, 3, 4, 5);

  CHECK(ts::bits(2, 2, 3, 4, 5) != base);
  CHECK(ts::bits(1, 3, 3, 4, 5) != base);
  CHECK(ts::bits(1, 2, 4, 4, 5) != base);
  CHECK(ts::bits(1, 2, 3, 5, 5) != base);
  CHECK(ts::bits(1, 2, 3, 4, 6) != base);
  CHECK(ts::bits(1, 2, 3, 4, 5, 1) != base);
  CHECK(ts::bits(1, 2 + (std::uint64_t{1} << 39), 3, 4, 5) != base);
  CHECK(ts::bits(1, 2, 3, 4 + (std::uint64_t{1} << 39), 5) != base);
  CHECK(ts::bits(1, 2, 3, 4, 5 + (std::uint64_t{1} << 41)) != base);
  CHECK(ts::bits(3, 2, 1, 4, 5) != base);  // seed and site do not commute
}

TEST_CASE("a block holds the four elements of its index") {
  const auto block = ts::random_block(9, 1, 2, 3, 5);

  for (std::uint64_t lane = 0; lane < 4; ++lane) {
    CHECK(ts::bits(9, 1, 2, 3, 20 + lane) == block.word[lane]);
  }
  CHECK(ts::bits64(9, 1, 2, 3, 10) == (std::uint64_t{block.word[1]} << 32 | block.word[0]));
  CHECK(ts::bits64(9, 1, 2, 3, 11) == (std::uint64_t{block.word[3]} << 32 | block.word[2]));
}

TEST_CASE("uniform values lie in [0, 1), are multiples of 2^-24 and have the moments of U(0, 1)") {
  const int n = 100000;
  double sum = 0, squares = 0;
  bool inside = true, exact = true;

  for (int i = 0; i < n; ++i) {
    const float u = ts::uniform(11, 0, 1, 0, static_cast<std::uint64_t>(i));
    inside = inside && u >= 0 && u < 1;
    const float scaled = u * 0x1p24f;
    exact = exact && scaled == std::floor(scaled);
    sum += u;
    squares += double(u) * u;
  }

  CHECK(inside);
  CHECK(exact);
  // Five standard errors: sqrt(1/12 / n) for the mean, sqrt(4/45 / n) for the second moment.
  CHECK(std::abs(sum / n - 0.5) < 5 * std::sqrt(1.0 / 12 / n));
  CHECK(std::abs(squares / n - 1.0 / 3) < 5 * std::sqrt(4.0 / 45 / n));
}

TEST_CASE_TEMPLATE("normal values have mean 0, variance 1 and kurtosis 3", T, float, double) {
  const int n = 100000;
  double m1 = 0, m2 = 0, m4 = 0, neighbours = 0;
  double previous = 0;

  for (int i = 0; i < n; ++i) {
    const double z = ts::normal<T>(12, 0, 1, 0, static_cast<std::uint64_t>(i));
    m1 += z;
    m2 += z * z;
    m4 += z * z * z * z;
    neighbours += z * previous;
    previous = z;
  }

  CHECK(std::abs(m1 / n) < 5 / std::sqrt(double(n)));
  CHECK(std::abs(m2 / n - 1) < 5 * std::sqrt(2.0 / n));
  CHECK(std::abs(m4 / n - 3) < 5 * std::sqrt(96.0 / n));
  CHECK(std::abs(neighbours / n) < 5 / std::sqrt(double(n)));
}

TEST_CASE("Box-Muller is finite at the ends of its range") {
  CHECK(ts::detail::box_muller<float>(0, 0).first == doctest::Approx(6.76).epsilon(0.01));
  CHECK(ts::detail::box_muller<float>(~0u, 0).first == doctest::Approx(0));
  CHECK(std::isfinite(ts::detail::box_muller<double>(~0u, ~0u).second));
}

TEST_CASE("the quantile inverts the distribution function") {
  for (const double p : {0.5, 0.4, 0.1, 0.0243, 0.0242, 1e-3, 1e-9, 1e-30, 1e-200}) {
    const double z = ts::detail::lower_quantile(p);
    // dlog(p)/dz is about |z| + 1: the error of the quantile grows by that factor.
    CHECK(0.5 * std::erfc(-z / std::sqrt(2.0)) == doctest::Approx(p).epsilon(3e-9 * (1 + z * z)));
  }
}

TEST_CASE("a truncated normal stays inside and has the moments of its law") {
  const int n = 50000;
  double sum = 0, squares = 0;
  bool inside = true;

  for (int i = 0; i < n; ++i) {
    const auto e = static_cast<std::uint64_t>(i);
    const double x = ts::truncated_normal(13, 0, 1, 0, e, 0.0, 1.0, -1.0, 1.0);
    inside = inside && x >= -1 && x <= 1;
    sum += x;
    squares += x * x;
  }

  // Var = 1 - 2 phi(1) / (Phi(1) - Phi(-1)) = 1 - 2 * 0.24197072 / 0.68268949 = 0.29112509
  CHECK(inside);
  CHECK(std::abs(sum / n) < 5 * std::sqrt(0.2911 / n));
  CHECK(squares / n == doctest::Approx(0.29112509).epsilon(0.01));
}

TEST_CASE("a truncated normal is defined far in a tail, for one point and without spread") {
  for (std::uint64_t e = 0; e < 100; ++e) {
    const float upper = ts::truncated_normal(14, 0, 1, 0, e, 0.0, 1.0, 10.0, 11.0);
    const float lower = ts::truncated_normal(14, 0, 1, 0, e, 0.0, 1.0, -11.0, -10.0);
    const float beyond = ts::truncated_normal(14, 0, 1, 0, e, 0.0, 1.0, 50.0, 60.0);

    CHECK(upper >= 10);
    CHECK(upper < 10.8f);  // the density falls by e^-10 per unit
    CHECK(lower <= -10);
    CHECK(beyond >= 50);
    CHECK(beyond <= 60);
  }
  CHECK(ts::truncated_normal(14, 0, 1, 0, 0, 0.0, 1.0, 0.5, 0.5) == 0.5f);
  CHECK(ts::truncated_normal(14, 0, 1, 0, 0, 3.0, 0.0, -1.0, 1.0) == 1.0f);
}

TEST_CASE("shuffle permutes and depends on the step only through the counter") {
  std::vector<int> a(50), b(50), c(50);
  for (auto* v : {&a, &b, &c}) std::iota(v->begin(), v->end(), 0);

  ts::shuffle(a.data(), a.size(), 5, 0, 1, 0);
  ts::shuffle(b.data(), b.size(), 5, 0, 1, 0);
  ts::shuffle(c.data(), c.size(), 5, 1, 1, 0);

  CHECK(a == b);
  CHECK(a != c);
  std::vector<bool> seen(50, false);
  for (const int v : a) seen[static_cast<std::size_t>(v)] = true;
  CHECK(seen == std::vector<bool>(50, true));
}

TEST_CASE("every permutation of three is equally likely") {
  const int n = 6000;
  int count[27] = {};

  for (int i = 0; i < n; ++i) {
    int v[3] = {0, 1, 2};
    ts::shuffle(v, 3, 6, static_cast<std::uint64_t>(i), 1, 0);
    ++count[v[0] * 9 + v[1] * 3 + v[2]];
  }

  double chi2 = 0;
  int kinds = 0;
  for (const int c : count) {
    if (c == 0) continue;
    ++kinds;
    chi2 += (c - n / 6.0) * (c - n / 6.0) / (n / 6.0);
  }
  CHECK(kinds == 6);
  CHECK(chi2 < 25);  // five degrees of freedom: exceeded with probability 1.4e-4
}
