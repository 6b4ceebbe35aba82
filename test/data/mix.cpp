#include "tessera/data/mix.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/golden.hpp"

using namespace tessera;

TEST_CASE("CutMix cuts timm's box and corrects lambda to its area") {
  const golden::file values("augment");
  const auto cases = values["cutmix.cases"], boxes = values["cutmix.boxes"];
  REQUIRE(boxes.size() == 48 * 5);
  for (std::size_t i = 0; i < 48; ++i) {
    CAPTURE(i);
    const double* c = &cases[i * 5];
    const double* expected = &boxes[i * 5];

    const rectangle box =
        cutmix_box(static_cast<int>(c[0]), static_cast<int>(c[1]), c[2], c[3], c[4]);

    const double area = expected[2] * expected[3];
    CHECK(box.height * box.width == area);
    CHECK(1 - area / (c[0] * c[1]) == doctest::Approx(expected[4]));
    if (area == 0) continue;
    CHECK(box.top == expected[0]);
    CHECK(box.left == expected[1]);
    CHECK(box.height == expected[2]);
  }
}

TEST_CASE("images and targets are mixed as timm mixes a batch") {
  const golden::file values("augment");
  const auto input = golden::filled<float>("mix.input", {4, 2, 6, 8});
  const auto labels = golden::labels(4, 5);
  const rectangle box = cutmix_box(6, 8, 0.4, 0.6, 0.2);
  const batch_mix mixes[] = {{0.3, {}}, {1 - box.height * box.width / 48.0, box}};
  REQUIRE(box.height * box.width > 0);
  for (const batch_mix& mix : mixes) {
    const std::string key = mix.box.empty() ? "mix.mixup." : "mix.cutmix.";
    CAPTURE(key);
    auto batch = input;
    std::vector<float> targets(4 * 5);

    mix_images(batch, 2, 6, 8, mix);
    mix_targets(labels, 5, mix.lambda, 0.1, targets);

    CHECK(golden::relative(batch, values[key + "images"]) < 1e-6);
    CHECK(golden::relative(targets, values[key + "targets"]) < 1e-6);
  }
}

TEST_CASE("targets are timm's for every lambda and smoothing, and sum to 1") {
  const golden::file values("augment");
  const auto cases = values["targets.cases"], expected = values["targets.values"];
  const auto labels = golden::labels(4, 5);
  REQUIRE(expected.size() == 5 * 20);
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    std::vector<float> targets(20);

    mix_targets(labels, 5, cases[2 * i], cases[2 * i + 1], targets);

    CHECK(golden::relative(targets, {expected.begin() + static_cast<std::ptrdiff_t>(20 * i),
                                     expected.begin() + static_cast<std::ptrdiff_t>(20 * i + 20)}) <
          1e-6);
    for (std::size_t b = 0; b < 4; ++b) {
      float sum = 0;
      for (std::size_t k = 0; k < 5; ++k) sum += targets[b * 5 + k];
      CHECK(std::abs(sum - 1) < 1e-6f);
    }
  }
}

TEST_CASE("two images of one pixel mix by hand, and a third between them stays") {
  std::vector<float> batch{8, 100, 16};
  const std::array labels{0, 1, 2};
  std::vector<float> targets(9);

  mix_images(batch, 1, 1, 1, {0.75, {}});
  mix_targets(labels, 3, 0.75, 0, targets);

  CHECK(batch == std::vector<float>{10, 100, 14});
  CHECK(targets == std::vector<float>{0.75f, 0, 0.25f, 0, 1, 0, 0.25f, 0, 0.75f});
}

TEST_CASE("a box of half the side around the centre, and one cut by the corner") {
  CHECK(cutmix_box(8, 12, 0.75, 0.5, 0.5) == rectangle{2, 3, 4, 6});
  CHECK(cutmix_box(8, 12, 0.75, 0, 0) == rectangle{0, 0, 2, 3});
  CHECK(cutmix_box(8, 12, 0.75, 0.999, 0.999) == rectangle{5, 8, 3, 4});
  CHECK(cutmix_box(8, 12, 0, 0.5, 0.5) == rectangle{0, 0, 8, 12});
  CHECK(cutmix_box(8, 12, 1, 0.5, 0.5).empty());
}

TEST_CASE("lambda is the share of pixels that an image keeps, for mixes of every draw") {
  int kept_all = 0;
  for (std::uint64_t step = 0; step < 500; ++step) {
    const batch_mix mix = draw_mix(7, 9, {0, 1, 1, 0.5}, 1, step);
    std::vector<float> batch(2 * 63);
    std::fill(batch.begin(), batch.begin() + 63, 1.0f);

    mix_images(batch, 1, 7, 9, mix);

    double own = 0;
    for (std::size_t i = 0; i < 63; ++i) own += batch[i];
    REQUIRE(mix.box.inside(7, 9));
    REQUIRE(std::abs(own / 63 - mix.lambda) < 1e-12);
    kept_all += mix.box.empty() ? 1 : 0;
  }
  CHECK(kept_all < 100);
}

TEST_CASE("mixing moves values between partners and loses none") {
  const auto input = golden::filled<float>("mix.input", {5, 2, 6, 8});
  for (std::uint64_t step = 0; step < 20; ++step) {
    auto batch = input;

    mix_images(batch, 2, 6, 8, draw_mix(6, 8, {}, 3, step));

    for (std::size_t b = 0; b < 5; ++b)
      for (std::size_t i = 0; i < 96; ++i)
        REQUIRE(std::abs(batch[b * 96 + i] + batch[(4 - b) * 96 + i] - input[b * 96 + i] -
                         input[(4 - b) * 96 + i]) < 1e-6f);
  }
}

TEST_CASE("Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1))") {
  const int draws = 20'000;
  for (const double alpha : {0.1, 0.5, 1.0, 2.0, 30.0}) {
    CAPTURE(alpha);
    double sum = 0, squares = 0, fourth = 0;
    for (int i = 0; i < draws; ++i) {
      const double x = draw_beta(alpha, 11, static_cast<std::uint64_t>(i)) - 0.5;
      REQUIRE(std::abs(x) <= 0.5);
      sum += x;
      squares += x * x;
      fourth += x * x * x * x;
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    // E x^4 / E x^2^2 = 3 (2 a + 1) / (2 a + 3)
    const double kurtosis = 3 * (2 * alpha + 1) / (2 * alpha + 3);
    CHECK(std::abs(sum / draws) < 4 * std::sqrt(variance / draws));
    CHECK(std::abs(squares / draws - variance) <
          4 * variance * std::sqrt((kurtosis - 1) / draws));
    CHECK(fourth / draws == doctest::Approx(kurtosis * variance * variance).epsilon(0.05));
  }
}

TEST_CASE("Beta(1, 1) is uniform") {
  std::array<int, 10> bins{};
  for (std::uint64_t i = 0; i < 20'000; ++i)
    ++bins[std::min(static_cast<std::size_t>(draw_beta(1, 4, i) * 10), std::size_t{9})];

  for (const int n : bins) CHECK(std::abs(n - 2'000) < 4 * std::sqrt(20'000 * 0.1 * 0.9));
}

TEST_CASE("an alpha near 0 gives nearly 0 or nearly 1, and numbers for any alpha") {
  int high = 0;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const double x = draw_beta(1e-6, 5, i);
    REQUIRE((x < 1e-9 || x > 1 - 1e-9));
    high += x > 0.5 ? 1 : 0;
    REQUIRE(std::abs(draw_beta(1e9, 5, i) - 0.5) < 1e-3);
    REQUIRE(std::isfinite(draw_beta(5e-324, 5, i)));
  }
  CHECK(std::abs(high - 1'000) < 4 * std::sqrt(2'000 * 0.25));
}

TEST_CASE("mixes are drawn with their probabilities, each from its own alpha") {
  int mixed = 0, cut = 0;
  for (std::uint64_t step = 0; step < 4'000; ++step) {
    // lambda of Beta(1e4, 1e4) is near 1/2: a box of 45 x 45 of 64 x 64, never empty.
    const batch_mix m = draw_mix(64, 64, {1, 1e4, 0.6, 0.3}, 2, step);
    mixed += m.lambda < 1 ? 1 : 0;
    cut += m.box.empty() ? 0 : 1;
    REQUIRE(draw_mix(64, 64, {1, 1, 0, 0.5}, 2, step) == batch_mix{});
    REQUIRE(draw_mix(64, 64, {1, 0, 1, 1}, 2, step).box.empty());
    REQUIRE_FALSE(draw_mix(64, 64, {0, 1e4, 1, 0}, 2, step).box.empty());
  }

  CHECK(std::abs(mixed - 2'400) < 4 * std::sqrt(4'000 * 0.6 * 0.4));
  CHECK(std::abs(cut - 720) < 4 * std::sqrt(4'000 * 0.18 * 0.82));
  CHECK(draw_mix(64, 64, {}, 2, 7) == draw_mix(64, 64, {}, 2, 7));
  CHECK(draw_mix(64, 64, {}, 2, 7) != draw_mix(64, 64, {}, 2, 8));
  CHECK(draw_mix(64, 64, {}, 2, 7) != draw_mix(64, 64, {}, 3, 7));
}

TEST_CASE("numbers out of bounds and sizes that do not fit are refused, nothing is changed") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<float> batch(2 * 6, 7.0f), targets(2 * 3, 7.0f);
  const std::array labels{0, 2}, beyond{0, 3}, below{-1, 2};

  CHECK_THROWS_AS(draw_beta(0, 1, 0), error);
  CHECK_THROWS_AS(draw_beta(std::numeric_limits<double>::infinity(), 1, 0), error);
  CHECK_THROWS_AS(cutmix_box(0, 5, 0.5, 0.5, 0.5), error);
  CHECK_THROWS_AS(cutmix_box(5, 5, 1.5, 0.5, 0.5), error);
  CHECK_THROWS_AS(cutmix_box(5, 5, nan, 0.5, 0.5), error);
  CHECK_THROWS_AS(draw_mix(5, 5, {0, 0, 1, 0.5}, 1, 0), error);
  CHECK_THROWS_AS(draw_mix(5, 5, {-1, 1, 1, 0.5}, 1, 0), error);
  CHECK_THROWS_AS(draw_mix(5, 5, {1, nan, 1, 0.5}, 1, 0), error);
  CHECK_THROWS_AS(draw_mix(5, 5, {1, 1, 1.5, 0.5}, 1, 0), error);
  CHECK_THROWS_AS(draw_mix(5, 5, {1, 1, 1, -0.5}, 1, 0), error);
  CHECK_THROWS_AS(mix_images(batch, 1, 2, 4, {0.5, {}}), error);
  CHECK_THROWS_AS(mix_images(batch, 0, 2, 3, {0.5, {}}), error);
  CHECK_THROWS_AS(mix_images(batch, 5, 1, 1, {0.5, {}}), error);
  CHECK_THROWS_AS(mix_images(batch, 1, 2, 3, {1.5, {}}), error);
  CHECK_THROWS_AS(mix_images(batch, 1, 2, 3, {0.5, {1, 1, 2, 2}}), error);
  CHECK_THROWS_AS(mix_targets(beyond, 3, 0.5, 0, targets), error);
  CHECK_THROWS_AS(mix_targets(below, 3, 0.5, 0, targets), error);
  CHECK_THROWS_AS(mix_targets(labels, 0, 0.5, 0, targets), error);
  CHECK_THROWS_AS(mix_targets(labels, 4, 0.5, 0, targets), error);
  CHECK_THROWS_AS(mix_targets(labels, 3, 0.5, -0.1, targets), error);
  CHECK_THROWS_AS(mix_targets(labels, 3, nan, 0, targets), error);
  CHECK(batch == std::vector<float>(12, 7.0f));
  CHECK(targets == std::vector<float>(6, 7.0f));
}
