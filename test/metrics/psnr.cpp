#include "tessera/metrics/psnr.hpp"

#include "metrics/shards.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <vector>

using namespace tessera;

namespace {

std::vector<float> random_image(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> v(size);
  for (float& x : v) x = static_cast<float>(random() % 257) / 256;
  return v;
}

}  // namespace

TEST_CASE("half the range off everywhere is 10 log10 4 dB, the whole range 0 dB") {
  const std::vector<float> black(12, 0.0f), grey(12, 0.5f), white(12, 1.0f);
  psnr half, whole;

  half.update(grey, black, 12);
  whole.update(white, black, 12);

  CHECK(half.result().value == doctest::Approx(6.020599913).epsilon(1e-9));
  CHECK(std::abs(whole.result().value) < 1e-12);
  CHECK(half.result().count == 1);
}

TEST_CASE("an error of rounding to 8 bits, variance 1/12, is 58.92 dB of range 255") {
  const std::vector<float> reference(16, 100.0f);
  auto output = reference;
  for (std::size_t i = 0; i < 16; ++i) output[i] += i % 4 == 0 ? 0.57735027f : 0.0f;
  psnr p(255);

  p.update(output, reference, 16);

  CHECK(p.result().value == doctest::Approx(58.9226).epsilon(1e-4));
}

TEST_CASE("the unit of the range does not matter") {
  const auto output = random_image(48, 1), reference = random_image(48, 2);
  auto output_255 = output, reference_255 = reference;
  for (float& v : output_255) v *= 255;
  for (float& v : reference_255) v *= 255;
  psnr unit, bytes(255);

  unit.update(output, reference, 16);
  bytes.update(output_255, reference_255, 16);

  CHECK(unit.result().value == doctest::Approx(bytes.result().value).epsilon(1e-6));
  CHECK(unit.pooled().value == doctest::Approx(bytes.pooled().value).epsilon(1e-6));
}

TEST_CASE("both sides are clamped to the range first") {
  const std::vector<float> reference{0, 1, 0.5f, 1.001f}, wild{-3, 7, 0.25f, 2},
      tame{0, 1, 0.25f, 1};
  psnr a, b;

  a.update(wild, reference, 4);
  b.update(tame, reference, 4);

  CHECK(a == b);
  CHECK(a.result().value == doctest::Approx(10 * std::log10(64.0)).epsilon(1e-12));
}

TEST_CASE("the mean over images is not the PSNR of the pooled error") {
  const std::vector<float> reference(4, 0.0f), output{0.5f, 0.5f, 0.25f, 0.25f};
  psnr p;

  p.update(output, reference, 2);

  const double mean = (10 * std::log10(4.0) + 10 * std::log10(16.0)) / 2;
  CHECK(p.result().value == doctest::Approx(mean).epsilon(1e-12));
  CHECK(p.result().count == 2);
  CHECK(p.pooled().value == doctest::Approx(-10 * std::log10((0.25 + 0.0625) / 2)).epsilon(1e-12));
}

TEST_CASE("the mean over images of one size is at least pooled, and equal for equal errors") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto output = random_image(5 * 27, 2 * seed);
    const auto reference = random_image(5 * 27, 2 * seed + 1);
    psnr p;
    p.update(output, reference, 27);
    CAPTURE(seed);
    CHECK(p.exact() == 0);
    CHECK(p.result().value > p.pooled().value);
  }
  const std::vector<float> black(6, 0.0f), grey(6, 0.125f);
  psnr equal;

  equal.update(grey, black, 2);

  CHECK(equal.result().value == doctest::Approx(equal.pooled().value).epsilon(1e-12));
}

TEST_CASE("exact matches are counted apart and lie in the pooled error only") {
  const std::vector<float> reference(4, 0.25f), output{0.25f, 0.25f, 0.75f, 0.75f};
  psnr p;

  p.update(output, reference, 2);

  CHECK(p.exact() == 1);
  CHECK(p.images() == 2);
  CHECK(p.result().value == doctest::Approx(10 * std::log10(4.0)).epsilon(1e-12));
  CHECK(p.result().count == 1);
  CHECK(p.pooled().value == doctest::Approx(10 * std::log10(8.0)).epsilon(1e-12));
  CHECK(p.pooled().count == 2);
}

TEST_CASE("only exact matches, or none at all, are not valid") {
  const auto image = random_image(8, 3);
  psnr nothing, exact;

  nothing.update({}, {}, 4);
  exact.update(image, image, 4);

  CHECK(nothing.result() == metric{});
  CHECK(nothing.pooled() == metric{});
  CHECK(exact.result() == metric{});
  CHECK(exact.pooled() == metric{});
  CHECK(exact.exact() == 2);
}

TEST_CASE("more noise is fewer dB") {
  const std::vector<float> reference(9, 0.0f);
  double last = std::numeric_limits<double>::infinity();
  for (const float noise : {1e-20f, 0.01f, 0.1f, 0.9f}) {
    const std::vector<float> output(9, noise);
    psnr p;
    p.update(output, reference, 9);
    CHECK(p.result().value < last);
    CHECK(p.result().value == doctest::Approx(-20 * std::log10(double{noise})).epsilon(1e-12));
    last = p.result().value;
  }
}

TEST_CASE("shards merged in any order are one pass: counts bit for bit, sums to 1e-12") {
  auto output = random_image(31 * 12, 4);
  const auto reference = random_image(31 * 12, 5);
  for (std::size_t i = 0; i < 12; ++i) output[24 + i] = reference[24 + i];
  psnr whole;
  whole.update(output, reference, 12);
  std::array<psnr, 3> shards;
  const std::array<std::size_t, 4> cut{0, 2, 17, 31};
  for (std::size_t s = 0; s < 3; ++s)
    shards[s].update(std::span(output).subspan(cut[s] * 12, (cut[s + 1] - cut[s]) * 12),
                     std::span(reference).subspan(cut[s] * 12, (cut[s + 1] - cut[s]) * 12), 12);

  merge_in_every_order(shards, psnr(), [&](const psnr& p) {
    CHECK(p.images() == 31);
    CHECK(p.exact() == 1);
    CHECK(std::abs(p.result().value - whole.result().value) < 1e-12 * whole.result().value);
    CHECK(std::abs(p.pooled().value - whole.pooled().value) < 1e-12 * whole.pooled().value);
  });
}

TEST_CASE("images of several sizes weigh the same in the mean, by their values in pooled") {
  const std::vector<float> zero(6, 0.0f), half(6, 0.5f), quarter(6, 0.25f);
  psnr p;

  p.update(std::span(half).first(2), std::span(zero).first(2), 2);
  p.update(quarter, zero, 6);

  CHECK(p.result().value == doctest::Approx(10 * std::log10(8.0)).epsilon(1e-12));
  const double mse = (2 * 0.25 + 6 * 0.0625) / 8;
  CHECK(p.pooled().value == doctest::Approx(-10 * std::log10(mse)).epsilon(1e-12));
}

TEST_CASE("what does not fit is an error and counts nothing") {
  const std::vector<float> good{0, 0.5f, 1, 0.25f}, bytes{0, 128, 255, 64},
      nan{0, 0, 0, std::numeric_limits<float>::quiet_NaN()},
      infinite{0, 0, 0, std::numeric_limits<float>::infinity()};
  psnr p;
  p.update(std::span(good).first(2), std::span(good).last(2), 2);
  const psnr before = p;

  CHECK_THROWS_AS(p.update(nan, good, 2), error);
  CHECK_THROWS_AS(p.update(good, nan, 2), error);
  CHECK_THROWS_AS(p.update(infinite, good, 2), error);
  CHECK_THROWS_AS(p.update(good, infinite, 2), error);
  CHECK_THROWS_AS(p.update(good, bytes, 2), error);  // a reference of range 255
  CHECK_THROWS_AS(p.update(good, std::span(good).first(2), 2), error);
  CHECK_THROWS_AS(p.update(good, good, 3), error);
  CHECK_THROWS_AS(p.update(good, good, 0), error);
  CHECK_THROWS_AS(p.update(good, good, -2), error);
  CHECK_THROWS_AS(p.merge(psnr(255)), error);

  CHECK(p == before);
}

TEST_CASE("a range that is not positive and finite is an error") {
  CHECK_THROWS_AS(psnr(0), error);
  CHECK_THROWS_AS(psnr(-1), error);
  CHECK_THROWS_AS(psnr{std::numeric_limits<double>::infinity()}, error);
  CHECK_THROWS_AS(psnr{std::numeric_limits<double>::quiet_NaN()}, error);
}
