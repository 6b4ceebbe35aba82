#include "tessera/data/random_erase.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/golden.hpp"

using namespace tessera;

TEST_CASE("the same uniform numbers give timm's rectangle, or none") {
  const golden::file values("augment");
  int erased = 0, kept = 0;
  for (int k = 0; k < 3; ++k) {
    const std::string key = "erase." + std::to_string(k);
    CAPTURE(key);
    const auto law = values[key + ".law"], expected = values[key + ".rectangles"];
    const auto u = golden::filled<double>(key + ".noise", {64, 44});
    REQUIRE(expected.size() == 64 * 4);
    for (std::size_t i = 0; i < 64; ++i) {
      CAPTURE(i);
      const auto side = [&](std::size_t s) { return static_cast<int>(expected[i * 4 + s]); };

      const rectangle made = erase_rectangle(
          static_cast<int>(law[0]), static_cast<int>(law[1]), {law[3], law[4], law[5], law[6]},
          law[2], [&](int n) { return u[i * 44 + static_cast<std::size_t>(n)]; });

      CHECK(made == rectangle{side(0), side(1), side(2), side(3)});
      ++(made.empty() ? kept : erased);
    }
  }
  CHECK(erased > 64);
  CHECK(kept > 16);
}

TEST_CASE("the first of ten tries that fits is taken") {
  // Of area 1/4 of 16 x 16, aspect 1 for u = 1/2 (8 x 8) and 16 for u near 1 (32 x 2: too high).
  const rectangle_law law{0.25, 0.25, 1.0 / 16, 16};
  const auto first_fit = [&](int fits) {
    return erase_rectangle(16, 16, law, 1, [fits](int i) {
      return i % 4 == 1 ? (i / 4 - 1 < fits ? 0.999 : 0.5) : i % 4 == 2 ? i / 4 * 0.1 - 0.1 : 0.5;
    });
  };

  CHECK(first_fit(0) == rectangle{0, 4, 8, 8});
  CHECK(first_fit(9) == rectangle{8, 4, 8, 8});  // floor(0.9 * 9)
  CHECK(first_fit(10).empty());
}

TEST_CASE("the share of images that lose a part is the probability") {
  int erased = 0;
  for (std::uint64_t sample = 0; sample < 10'000; ++sample) {
    erased += draw_erase(64, 64, erase_law, 0.25, 1, 0, sample).empty() ? 0 : 1;
    REQUIRE(draw_erase(64, 64, erase_law, 0, 1, 0, sample).empty());
    REQUIRE_FALSE(draw_erase(64, 64, erase_law, 1, 1, 0, sample).empty());
  }

  CHECK(std::abs(erased - 2'500) < 4 * std::sqrt(10'000 * 0.25 * 0.75));
}

TEST_CASE("an erased part lies within the image and its area is uniform between the bounds") {
  const double least = 0.02, most = 0.2;  // sides below 1000 sqrt(0.2 / 0.3): each first try fits
  double sum = 0;
  for (std::uint64_t sample = 0; sample < 10'000; ++sample) {
    const rectangle r = draw_erase(1'000, 1'000, {least, most, 0.3, 1 / 0.3}, 1, 1, 2, sample);
    REQUIRE(r.inside(1'000, 1'000));
    const double area = r.height * r.width / 1e6;
    REQUIRE(area > least - 0.001);
    REQUIRE(area < most + 0.001);
    sum += area;
  }

  CHECK(std::abs(sum / 10'000 - 0.11) < 4 * (most - least) / std::sqrt(12.0 * 10'000));
}

TEST_CASE("a rectangle depends on key, step and sample") {
  const auto draw = [](std::uint64_t key, std::uint64_t step, std::uint64_t sample) {
    return draw_erase(480, 640, erase_law, 1, key, step, sample);
  };

  CHECK(draw(1, 2, 3) == draw(1, 2, 3));
  CHECK(draw(1, 2, 3) != draw(0, 2, 3));
  CHECK(draw(1, 2, 3) != draw(1, 0, 3));
  CHECK(draw(1, 2, 3) != draw(1, 2, 0));
}

TEST_CASE("only the rectangle becomes 0, in every channel") {
  std::vector<float> image(2 * 4 * 5, 3.0f);

  erase_pixels(image, 2, 4, 5, {1, 2, 2, 3}, erase_fill::zero, 1, 0, 0);

  for (std::size_t i = 0; i < image.size(); ++i) {
    const std::size_t y = i / 5 % 4, x = i % 5;
    CHECK(image[i] == (y >= 1 && y < 3 && x >= 2 ? 0.0f : 3.0f));
  }
  const auto before = image;
  erase_pixels(image, 2, 4, 5, {}, erase_fill::noise, 1, 0, 0);
  CHECK(image == before);
}

TEST_CASE("noise is standard normal, and a function of the sample and the place alone") {
  const int side = 128;
  const std::vector<float> blank(3 * 128 * 128, 9.0f);
  auto whole = blank, corner = blank, other = blank;

  erase_pixels(whole, 3, side, side, {0, 0, side, side}, erase_fill::noise, 1, 2, 3);
  erase_pixels(corner, 3, side, side, {0, 0, 5, 7}, erase_fill::noise, 1, 2, 3);
  erase_pixels(other, 3, side, side, {0, 0, side, side}, erase_fill::noise, 1, 2, 4);

  double sum = 0, squares = 0;
  for (const float v : whole) sum += v, squares += static_cast<double>(v) * v;
  const auto n = static_cast<double>(whole.size());
  CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
  CHECK(std::abs(squares / n - 1) < 4 * std::sqrt(2 / n));
  CHECK(corner[6] == whole[6]);
  CHECK(corner[7] == 9.0f);
  CHECK(whole[0] != whole[1]);
  CHECK(whole[0] != whole[128 * 128]);
  CHECK(whole[0] != other[0]);
}

TEST_CASE("what does not fit is refused and the image is unchanged") {
  std::vector<float> image(2 * 4 * 5, 3.0f);
  const auto refused = [&](int channels, int height, int width, const rectangle& part) {
    try {
      erase_pixels(image, channels, height, width, part, erase_fill::zero, 1, 0, 0);
    } catch (const error&) {
      return true;
    }
    return false;
  };

  CHECK(refused(2, 4, 5, {0, 0, 5, 5}));
  CHECK(refused(2, 4, 5, {3, 3, 2, 2}));
  CHECK(refused(2, 4, 5, {-1, 0, 2, 2}));
  CHECK(refused(1, 4, 5, {0, 0, 2, 2}));
  CHECK(refused(2, 4, 4, {0, 0, 2, 2}));
  CHECK(refused(0, 4, 5, {0, 0, 2, 2}));
  CHECK(image == std::vector<float>(40, 3.0f));
  CHECK_THROWS_AS(draw_erase(4, 5, erase_law, 1.5, 1, 0, 0), error);
  CHECK_THROWS_AS(draw_erase(4, 5, erase_law, -0.5, 1, 0, 0), error);
  CHECK_THROWS_AS(draw_erase(0, 5, erase_law, 0.5, 1, 0, 0), error);
  CHECK_THROWS_AS(draw_erase(4, 5, {0.5, 0.1, 1, 1}, 0.5, 1, 0, 0), error);
}
