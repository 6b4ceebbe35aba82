#include "tessera/data/resample.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/golden.hpp"

using namespace tessera;

namespace {

// The image of test/golden/make_augment.py: 2 channels, 23 x 31.
const std::vector<std::uint8_t>& image() {
  static const std::vector<std::uint8_t> pixels = [] {
    std::vector<std::uint8_t> p(2 * 23 * 31);
    golden::golden_labels<std::uint8_t>("augment.pixels", 256, p);
    return p;
  }();
  return pixels;
}

template <class T, class Pixel>
std::vector<T> resized(const std::vector<Pixel>& pixels, int channels, int rows, int columns,
                       const rectangle& part, int height, int width, resample_filter filter) {
  resampler<T> resize(height, width, filter);
  std::vector<T> out(static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
                     static_cast<std::size_t>(width));
  resize.resize(pixels, channels, rows, columns, part, out);
  return out;
}

struct named_filter {
  resample_filter filter;
  const char* name;
};
constexpr named_filter filters[] = {{resample_filter::bilinear, "bilinear"},
                                    {resample_filter::bicubic, "bicubic"}};

}  // namespace

TEST_CASE("rectangles are resized as torchvision resizes float tensors") {
  const golden::file values("augment");
  const auto cases = values["resize.cases"];
  REQUIRE(cases.size() == 8 * 6);
  for (const auto& f : filters)
    for (std::size_t i = 0; i < 8; ++i) {
      const auto at = [&](std::size_t k) { return static_cast<int>(cases[i * 6 + k]); };
      const rectangle part{at(0), at(1), at(2), at(3)};
      const std::string key = "resize." + std::string(f.name) + "." + std::to_string(i) + ".float";
      CAPTURE(key);

      const auto wide = resized<double>(image(), 2, 23, 31, part, at(4), at(5), f.filter);
      const auto single = resized<float>(image(), 2, 23, 31, part, at(4), at(5), f.filter);

      CHECK(golden::relative(wide, values[key + "64"]) < 1e-13);
      CHECK(golden::relative(single, values[key + "64"]) < 1e-6);
      CHECK(golden::relative(single, values[key + "32"]) < 1e-5);
    }
}

TEST_CASE("a rectangle of the target's size is copied exactly") {
  for (const auto& f : filters) {
    CAPTURE(f.name);
    const auto out = resized<float>(image(), 2, 23, 31, {3, 8, 17, 21}, 17, 21, f.filter);

    for (std::size_t c = 0; c < 2; ++c)
      for (std::size_t y = 0; y < 17; ++y)
        for (std::size_t x = 0; x < 21; ++x)
          REQUIRE(out[(c * 17 + y) * 21 + x] ==
                  static_cast<float>(image()[(c * 23 + y + 3) * 31 + x + 8]));
  }
}

TEST_CASE("a constant stays that constant at every size") {
  const std::vector<std::uint8_t> flat(33 * 40, 201);
  for (const auto& f : filters)
    for (const int size : {1, 2, 31, 32, 33, 70}) {
      CAPTURE(f.name);
      CAPTURE(size);
      const rectangle part{1, 2, 31, 37};
      for (const float v : resized<float>(flat, 1, 33, 40, part, size, 71 - size, f.filter))
        REQUIRE(std::abs(v - 201) < 201 * 1e-6f);
    }
}

TEST_CASE("four pixels become two by the triangle of twice the width") {
  const std::vector<double> line{0, 10, 20, 30};

  const auto out =
      resized<double>(line, 1, 1, 4, {0, 0, 1, 4}, 1, 2, resample_filter::bilinear);

  CHECK(out[0] == doctest::Approx((0 * 0.75 + 10 * 0.75 + 20 * 0.25) / 1.75));
  CHECK(out[1] == doctest::Approx((10 * 0.25 + 20 * 0.75 + 30 * 0.75) / 1.75));
}

TEST_CASE("two pixels become four by the cubic, which overshoots and is not clamped") {
  const std::vector<double> line{0, 255};
  const double near = 0.8671875, far = -0.0703125;  // f(1/4), f(5/4)

  const auto out = resized<double>(line, 1, 1, 2, {0, 0, 1, 2}, 1, 4, resample_filter::bicubic);

  CHECK(out[0] == doctest::Approx(255 * far / (near + far)));
  CHECK(out[3] == doctest::Approx(255 * near / (near + far)));
  CHECK(out[0] < 0);
  CHECK(out[3] > 255);
}

TEST_CASE("the transpose of an image gives the transpose of the result") {
  std::vector<std::uint8_t> turned(23 * 31);
  for (std::size_t y = 0; y < 23; ++y)
    for (std::size_t x = 0; x < 31; ++x) turned[x * 23 + y] = image()[y * 31 + x];
  const std::vector<std::uint8_t> plane(image().begin(), image().begin() + 23 * 31);
  for (const auto& f : filters) {
    CAPTURE(f.name);
    const auto out = resized<double>(plane, 1, 23, 31, {2, 5, 19, 11}, 6, 24, f.filter);
    const auto back = resized<double>(turned, 1, 31, 23, {5, 2, 11, 19}, 24, 6, f.filter);

    for (std::size_t y = 0; y < 6; ++y)
      for (std::size_t x = 0; x < 24; ++x)
        REQUIRE(std::abs(out[y * 24 + x] - back[x * 6 + y]) < 1e-11);
  }
}

TEST_CASE("pixels outside the rectangle are not read") {
  auto other = image();
  for (std::size_t i = 0; i < other.size(); ++i) {
    const std::size_t y = i / 31 % 23, x = i % 31;
    if (y < 4 || y >= 13 || x < 6 || x >= 18) other[i] = static_cast<std::uint8_t>(~other[i]);
  }
  const rectangle part{4, 6, 9, 12};

  CHECK(resized<float>(other, 2, 23, 31, part, 5, 20, resample_filter::bicubic) ==
        resized<float>(image(), 2, 23, 31, part, 5, 20, resample_filter::bicubic));
}

TEST_CASE("a resampler gives the same for a rectangle whatever it resized before") {
  resampler<float> used(9, 14);
  std::vector<float> out(2 * 9 * 14), fresh(2 * 9 * 14);
  const rectangle parts[] = {{0, 0, 23, 31}, {3, 4, 7, 9}, {0, 0, 1, 1}, {5, 0, 7, 31}};
  used.reserve(23, 31);
  for (int round = 0; round < 2; ++round)
    for (const rectangle& part : parts) {
      used.resize(image(), 2, 23, 31, part, out);
      resampler<float>(9, 14).resize(image(), 2, 23, 31, part, fresh);
      CHECK(out == fresh);
    }
}

TEST_CASE("bytes and floats of the same values give the same") {
  const std::vector<float> same(image().begin(), image().end());

  CHECK(resized<float>(same, 2, 23, 31, {1, 1, 20, 25}, 8, 40, resample_filter::bicubic) ==
        resized<float>(image(), 2, 23, 31, {1, 1, 20, 25}, 8, 40, resample_filter::bicubic));
}

TEST_CASE("what does not fit is refused and the output is as before") {
  resampler<float> resize(4, 5);
  std::vector<float> out(2 * 4 * 5, 7.0f);
  const auto refused = [&](int channels, int rows, int columns, const rectangle& part,
                           std::size_t size) {
    try {
      resize.resize(image(), channels, rows, columns, part, std::span(out).first(size));
    } catch (const error&) {
      return true;
    }
    return false;
  };
  const rectangle whole{0, 0, 23, 31};

  CHECK(refused(0, 23, 31, whole, 40));
  CHECK(refused(2, -23, 31, whole, 40));
  CHECK(refused(1, 23, 31, whole, 20));
  CHECK(refused(2, 23, 30, whole, 40));
  CHECK(refused(2, 23, 31, whole, 39));
  CHECK(refused(2, 23, 31, whole, 20));
  CHECK(refused(2, 23, 31, {0, 0, 0, 31}, 40));
  CHECK(refused(2, 23, 31, {1, 0, 23, 31}, 40));
  CHECK(refused(2, 23, 31, {0, -1, 23, 31}, 40));
  CHECK(refused(2, 23, 31, {0, 2147483647, 1, 2147483647}, 40));
  CHECK(out == std::vector<float>(40, 7.0f));
  CHECK_THROWS_AS(resampler<float>(0, 5), error);
  CHECK_THROWS_AS(resampler<float>(5, -1), error);
  CHECK_THROWS_AS(resize.reserve(0, 3), error);
  CHECK_FALSE(refused(2, 23, 31, whole, 40));
}
