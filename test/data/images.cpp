#include "tessera/data/images.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

using namespace tessera;

namespace {

// Two images of 2 channels, 2 x 3.
const std::vector<std::uint8_t> pixels{0,   51,  102, 153, 204, 255, 1, 2, 3, 4, 5, 6,
                                       255, 204, 153, 102, 51,  0,   6, 5, 4, 3, 2, 1};
const image_view set{pixels, 2, 2, 3};
const std::array<float, 2> mean{0.5f, 0.0f}, stddev{0.25f, 1.0f};

}  // namespace

TEST_CASE("a batch holds the images of its indices, normalised per channel") {
  const std::array indices{1, 0, 1};
  std::vector<float> out(36);

  gather_images(set, indices, mean, stddev, out);

  for (std::size_t b = 0; b < 3; ++b)
    for (std::size_t i = 0; i < 12; ++i) {
      const std::size_t c = i / 6;
      const std::uint8_t pixel = pixels[static_cast<std::size_t>(indices[b]) * 12 + i];
      CHECK(out[b * 12 + i] == (static_cast<float>(pixel) / 255.0f - mean[c]) / stddev[c]);
    }
  CHECK(out[12] == -2.0f);
  CHECK(out[17] == 2.0f);
}

TEST_CASE("a flipped image is mirrored left to right, others are not") {
  const std::array indices{0, 0};
  const std::array<std::uint8_t, 2> flip{1, 0};
  const std::array<float, 2> zero{0, 0}, unit{1 / 255.0f, 1 / 255.0f};
  std::vector<float> out(24);

  gather_images(set, indices, zero, unit, flip, out);

  const std::vector<int> expected{102, 51, 0,   255, 204, 153, 3, 2, 1, 6, 5, 4,
                                  0,   51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6};
  for (std::size_t i = 0; i < 24; ++i) CHECK(std::lround(out[i]) == expected[i]);
}

TEST_CASE("what does not fit is refused before anything is written") {
  const std::array good{0, 1};
  std::vector<float> out(24, 7.0f);
  const auto refused = [&](const image_view& images, std::span<const int> indices,
                           std::span<const float> m, std::span<const float> s,
                           std::span<const std::uint8_t> flip, std::size_t size) {
    try {
      gather_images(images, indices, m, s, flip, std::span(out).first(size));
    } catch (const error&) {
      return true;
    }
    return false;
  };
  const std::array below{0, -1}, beyond{0, 2};
  const std::array<float, 2> zero{1, 0}, nan{1, std::numeric_limits<float>::quiet_NaN()};
  const std::array<std::uint8_t, 1> one_flip{1};

  CHECK(refused(set, below, mean, stddev, {}, 24));
  CHECK(refused(set, beyond, mean, stddev, {}, 24));
  CHECK(refused(set, good, std::span(mean).first(1), stddev, {}, 24));
  CHECK(refused(set, good, mean, std::span(stddev).first(1), {}, 24));
  CHECK(refused(set, good, mean, zero, {}, 24));
  CHECK(refused(set, good, nan, stddev, {}, 24));
  CHECK(refused(set, good, mean, stddev, one_flip, 24));
  CHECK(refused(set, good, mean, stddev, {}, 23));
  CHECK(refused({pixels, 2, 2, 5}, good, mean, stddev, {}, 24));
  CHECK(refused({pixels, 0, 2, 3}, good, mean, stddev, {}, 24));
  CHECK(out == std::vector<float>(24, 7.0f));
  CHECK_FALSE(refused(set, good, mean, stddev, {}, 24));
}

TEST_CASE("labels follow the same indices") {
  const std::array labels{5, 6, 7};
  const std::array indices{2, 0}, beyond{3, 0};
  std::array<int, 2> out{};

  gather_labels(labels, indices, out);

  CHECK(out == std::array{7, 5});
  CHECK_THROWS_AS(gather_labels(labels, beyond, out), error);
  CHECK_THROWS_AS(gather_labels(labels, indices, std::span(out).first(1)), error);
}
