#include "tessera/data/random_resized_crop.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/golden.hpp"

using namespace tessera;

namespace {

// The set of test/golden/make_augment.py: two images of 2 channels, 23 x 31.
const std::vector<std::uint8_t>& pixels() {
  static const std::vector<std::uint8_t> made = [] {
    std::vector<std::uint8_t> p(2 * 2 * 23 * 31);
    golden::golden_labels<std::uint8_t>("augment.pixels", 256, p);
    return p;
  }();
  return made;
}
image_view set() { return {pixels(), 2, 23, 31}; }

const std::array<float, 2> mean{0.5f, 0.4f}, stddev{0.25f, 0.2f};

// Mean of `values` minus `expected`, in deviations of that mean for numbers of deviation `sigma`.
double deviations(const std::vector<double>& values, double expected, double sigma) {
  double sum = 0;
  for (const double v : values) sum += v;
  const auto n = static_cast<double>(values.size());
  return std::abs(sum / n - expected) / (sigma / std::sqrt(n));
}

}  // namespace

TEST_CASE("the same uniform numbers give torchvision's rectangle") {
  const golden::file values("augment");
  for (int k = 0; k < 5; ++k) {
    const std::string key = "crop." + std::to_string(k);
    CAPTURE(key);
    const auto law = values[key + ".law"], expected = values[key + ".rectangles"];
    const auto u = golden::filled<double>(key + ".noise", {64, 40});
    REQUIRE(expected.size() == 64 * 4);
    for (std::size_t i = 0; i < 64; ++i) {
      CAPTURE(i);
      const auto side = [&](std::size_t s) { return static_cast<int>(expected[i * 4 + s]); };

      const rectangle made = crop_rectangle(
          static_cast<int>(law[0]), static_cast<int>(law[1]), {law[2], law[3], law[4], law[5]},
          [&](int n) { return u[i * 40 + static_cast<std::size_t>(n)]; });

      CHECK(made == rectangle{side(0), side(1), side(2), side(3)});
    }
  }
}

TEST_CASE("where no try fits, the central rectangle of the nearer aspect is taken") {
  const auto middle = [](int) { return 0.5; };
  const rectangle_law large{0.9, 1.0, 3.0 / 4.0, 4.0 / 3.0};

  CHECK(crop_rectangle(10, 100, large, middle) == rectangle{0, 43, 10, 13});
  CHECK(crop_rectangle(100, 10, large, middle) == rectangle{43, 0, 13, 10});
  // 19.5 of 20 rows at aspect 2 is too wide for 20 columns; the image's own aspect, 1, is allowed.
  CHECK(crop_rectangle(20, 20, {0.95, 0.95, 0.5, 2}, [](int) { return 0.99; }) ==
        rectangle{0, 0, 20, 20});
  CHECK(crop_rectangle(1, 1, {0.5, 1, 5, 6}, middle) == rectangle{0, 0, 1, 1});
}

TEST_CASE("the first of ten tries that fits is taken, down to one pixel") {
  // Of area 1/4 of 16 x 16, aspect 1 for u = 1/2 (8 x 8) and 16 for u near 1 (2 x 32: too wide).
  const rectangle_law law{0.25, 0.25, 1.0 / 16, 16};
  const auto first_fit = [&](int fits) {
    return crop_rectangle(16, 16, law, [fits](int i) {
      return i % 4 == 1 ? (i / 4 < fits ? 0.999 : 0.5) : i % 4 == 2 ? i / 4 * 0.1 : 0.5;
    });
  };

  CHECK(first_fit(0) == rectangle{0, 4, 8, 8});
  CHECK(first_fit(9) == rectangle{8, 4, 8, 8});  // floor(0.9 * 9)
  CHECK(first_fit(10) == rectangle{0, 0, 16, 16});
  CHECK(crop_rectangle(8, 8, {1.0 / 64, 1.0 / 64, 1, 1}, [](int) { return 0.9; }) ==
        rectangle{7, 7, 1, 1});
}

TEST_CASE("a drawn rectangle lies within the image, its area and aspect within the bounds") {
  const auto longest = [](double area, double aspect) { return std::sqrt(area * aspect) + 0.5; };
  for (const auto& [rows, columns] : {std::array{64, 48}, std::array{33, 197}, std::array{1, 1}})
    for (std::uint64_t sample = 0; sample < 2'000; ++sample) {
      const rectangle r = draw_crop(rows, columns, crop_law, 7, 0, sample);
      REQUIRE(r.inside(rows, columns));
      REQUIRE_FALSE(r.empty());
      // Sides are rounded, so a bound holds for sides half a pixel longer or shorter.
      REQUIRE((r.width - 0.5) * (r.height - 0.5) <= rows * columns);
      REQUIRE((r.width + 0.5) * (r.height + 0.5) >= 0.08 * rows * columns);
      REQUIRE(r.width <= longest(rows * columns, 4.0 / 3.0));
      if (rows == 1) continue;
      REQUIRE((r.width - 0.5) / (r.height + 0.5) <= 4.0 / 3.0);
      REQUIRE((r.width + 0.5) / (r.height - 0.5) >= 3.0 / 4.0);
    }
}

TEST_CASE("area is uniform, the logarithm of the aspect too, and every place is as likely") {
  // Bounds under which each first try fits: the largest side is 1000 sqrt(0.4 * 4 / 3) = 730.
  const rectangle_law law{0.08, 0.4, 3.0 / 4.0, 4.0 / 3.0};
  const double spread = std::log(4.0 / 3.0) - std::log(3.0 / 4.0), uniform = std::sqrt(1.0 / 12.0);
  std::vector<double> area, squares, aspect, row, column;
  for (std::uint64_t sample = 0; sample < 20'000; ++sample) {
    const rectangle r = draw_crop(1'000, 1'000, law, 3, 5, sample);
    const double share = r.height * r.width / 1e6;
    area.push_back(share);
    squares.push_back(share * share);
    aspect.push_back(std::log(static_cast<double>(r.width) / r.height));
    row.push_back(r.top / (1'000.0 - r.height));
    column.push_back(r.left / (1'000.0 - r.width));
  }

  CHECK(deviations(area, 0.24, 0.32 * uniform) < 4);
  // E a^2 = (0.4^3 - 0.08^3) / (3 * 0.32); its deviation is below that of a number in 0.0064..0.16.
  CHECK(deviations(squares, 0.0661333, 0.0768) < 4);
  CHECK(deviations(aspect, 0, spread * uniform) < 4);
  CHECK(deviations(row, 0.5, uniform) < 4);
  CHECK(deviations(column, 0.5, uniform) < 4);
}

TEST_CASE("a rectangle depends on key, step and sample") {
  const auto draw = [](std::uint64_t key, std::uint64_t step, std::uint64_t sample) {
    return draw_crop(480, 640, crop_law, key, step, sample);
  };

  CHECK(draw(1, 2, 3) == draw(1, 2, 3));
  CHECK(draw(1, 2, 3) != draw(0, 2, 3));
  CHECK(draw(1, 2, 3) != draw(1, 0, 3));
  CHECK(draw(1, 2, 3) != draw(1, 2, 0));
}

TEST_CASE("half of the images are mirrored, or the share that was asked for") {
  std::vector<double> half, tenth;
  for (std::uint64_t sample = 0; sample < 10'000; ++sample) {
    half.push_back(draw_flip(1, 0, sample));
    tenth.push_back(draw_flip(1, 0, sample, 0.1));
    REQUIRE(draw_flip(1, 0, sample, 0) == 0);
    REQUIRE(draw_flip(1, 0, sample, 1) == 1);
  }

  CHECK(deviations(half, 0.5, 0.5) < 4);
  CHECK(deviations(tenth, 0.1, 0.3) < 4);
}

TEST_CASE("the whole image at its own size is gather_images, bit for bit") {
  const std::array indices{1, 0, 1};
  const std::vector<rectangle> crops(3, {0, 0, 23, 31});
  const std::array<std::uint8_t, 3> flip{1, 0, 0};
  std::vector<float> made(3 * set().image_size()), expected(made.size());
  resampler<float> resize(23, 31);

  gather_crops(set(), indices, crops, mean, stddev, flip, resize, made);
  gather_images(set(), indices, mean, stddev, flip, expected);

  CHECK(made == expected);
}

TEST_CASE("crops are resized, mirrored and normalised as torchvision does") {
  const golden::file values("augment");
  const std::array indices{0, 1};
  const std::array crops{rectangle{5, 2, 17, 13}, rectangle{0, 0, 23, 31}};
  const std::array<std::uint8_t, 2> flip{1, 0};
  std::vector<float> made(2 * 2 * 8 * 9);
  resampler<float> resize(8, 9);

  gather_crops(set(), indices, crops, mean, stddev, flip, resize, made);

  CHECK(golden::relative(made, values["pipeline.output"]) < 1e-5);
}

TEST_CASE("bounds that are none are refused") {
  const auto refused = [](int height, int width, const rectangle_law& law) {
    try {
      draw_crop(height, width, law, 1, 0, 0);
    } catch (const error&) {
      return true;
    }
    return false;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();

  CHECK(refused(0, 5, crop_law));
  CHECK(refused(5, -1, crop_law));
  CHECK(refused(5, 5, {-0.1, 1, 1, 1}));
  CHECK(refused(5, 5, {0.5, 0.4, 1, 1}));
  CHECK(refused(5, 5, {0.5, 1.1, 1, 1}));
  CHECK(refused(5, 5, {nan, 1, 1, 1}));
  CHECK(refused(5, 5, {0.1, 1, 0, 1}));
  CHECK(refused(5, 5, {0.1, 1, 2, 1}));
  CHECK(refused(5, 5, {0.1, 1, 1, std::numeric_limits<double>::infinity()}));
  CHECK_FALSE(refused(5, 5, {1, 1, 1, 1}));
}

TEST_CASE("a batch that does not fit is refused before anything is written") {
  const std::array good{0, 1}, beyond{0, 2}, below{-1, 0};
  const std::array crops{rectangle{0, 0, 23, 31}, rectangle{1, 2, 3, 4}};
  const std::array outside{rectangle{0, 0, 23, 31}, rectangle{1, 28, 3, 4}};
  const std::array empty{rectangle{0, 0, 23, 31}, rectangle{}};
  const std::array<float, 2> zero{1, 0}, nan{1, std::numeric_limits<float>::quiet_NaN()};
  const std::array<std::uint8_t, 1> one_flip{1};
  resampler<float> resize(3, 3);
  std::vector<float> out(36, 7.0f);
  const auto refused = [&](const image_view& images, std::span<const int> indices,
                           std::span<const rectangle> parts, std::span<const float> m,
                           std::span<const float> s, std::span<const std::uint8_t> flip,
                           std::size_t size) {
    try {
      gather_crops(images, indices, parts, m, s, flip, resize, std::span(out).first(size));
    } catch (const error&) {
      return true;
    }
    return false;
  };

  CHECK(refused(set(), beyond, crops, mean, stddev, {}, 36));
  CHECK(refused(set(), below, crops, mean, stddev, {}, 36));
  CHECK(refused(set(), good, outside, mean, stddev, {}, 36));
  CHECK(refused(set(), good, empty, mean, stddev, {}, 36));
  CHECK(refused(set(), good, std::span(crops).first(1), mean, stddev, {}, 36));
  CHECK(refused(set(), good, crops, std::span(mean).first(1), stddev, {}, 36));
  CHECK(refused(set(), good, crops, mean, std::span(stddev).first(1), {}, 36));
  CHECK(refused(set(), good, crops, nan, stddev, {}, 36));
  CHECK(refused(set(), good, crops, mean, zero, {}, 36));
  CHECK(refused(set(), good, crops, mean, stddev, one_flip, 36));
  CHECK(refused(set(), good, crops, mean, stddev, {}, 35));
  CHECK(refused({pixels(), 2, 23, 30}, good, crops, mean, stddev, {}, 36));
  CHECK(refused({pixels(), 0, 23, 31}, good, crops, mean, stddev, {}, 36));
  CHECK(out == std::vector<float>(36, 7.0f));
  CHECK_FALSE(refused(set(), good, crops, mean, stddev, {}, 36));
}
