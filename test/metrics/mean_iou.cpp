#include "tessera/metrics/mean_iou.hpp"

#include "metrics/shards.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <vector>

using namespace tessera;

namespace {

std::vector<int> random_map(std::size_t pixels, unsigned classes, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<int> m(pixels);
  for (int& v : m) v = static_cast<int>(random() % classes);
  return m;
}

}  // namespace

TEST_CASE("two classes, one pixel wrong: IoU 1/2 and 2/3, mIoU 7/12, accuracy 3/4") {
  const std::vector<int> truth{0, 0, 1, 1}, predicted{0, 1, 1, 1};
  mean_iou m(2);

  m.update(predicted, truth);

  CHECK(m.iou(0) == metric{0.5, 2, true});
  CHECK(m.iou(1).value == doctest::Approx(2.0 / 3).epsilon(1e-12));
  CHECK(m.iou(1).count == 3);
  CHECK(m.result().value == doctest::Approx(0.58333333).epsilon(1e-6));
  CHECK(m.result().count == 2);
  CHECK(m.pixel_accuracy() == metric{0.75, 4, true});
  CHECK(m.class_accuracy(0) == metric{0.5, 2, true});
  CHECK(m.class_accuracy(1) == metric{1, 2, true});
  CHECK(m.mean_class_accuracy() == metric{0.75, 2, true});
  CHECK(m.pixels(0, 1) == 1);
  CHECK(m.pixels(1, 0) == 0);
}

TEST_CASE("a class that is nowhere is left out, one that is only predicted counts as 0") {
  const std::vector<int> truth{0, 0, 0, 0}, predicted{0, 0, 0, 1};
  mean_iou m(3);

  m.update(predicted, truth);

  CHECK(m.iou(1) == metric{0, 1, true});
  CHECK_FALSE(m.iou(2).valid);
  CHECK(m.result() == metric{0.375, 2, true});
  CHECK_FALSE(m.class_accuracy(1).valid);
  CHECK(m.mean_class_accuracy() == metric{0.75, 1, true});
}

TEST_CASE("the matrix is over all pixels, not a mean over images") {
  const std::vector<int> first{0, 0, 0, 0}, second{0, 1, 1, 1}, found{0, 0, 1, 1};
  mean_iou m(2);

  m.update(first, first);
  m.update(found, second);

  CHECK(m.iou(0).value == doctest::Approx(5.0 / 6).epsilon(1e-12));
  CHECK(m.result().value == doctest::Approx((5.0 / 6 + 2.0 / 3) / 2).epsilon(1e-12));
}

TEST_CASE("a perfect prediction is 1 and a disjoint one 0, and swapping sides keeps every IoU") {
  const auto truth = random_map(197, 4, 1), predicted = random_map(197, 4, 2);
  auto other = truth;
  for (int& v : other) v = (v + 1) % 4;
  mean_iou same(4), disjoint(4), forward(4), backward(4);

  same.update(truth, truth);
  disjoint.update(other, truth);
  forward.update(predicted, truth);
  backward.update(truth, predicted);

  CHECK(same.result() == metric{1, 4, true});
  CHECK(disjoint.result() == metric{0, 4, true});
  CHECK(forward.result() == backward.result());
  CHECK(forward.result().value <= forward.mean_class_accuracy().value);
}

TEST_CASE("ignored pixels count nowhere, whatever was predicted there") {
  const std::vector<int> truth{0, 255, 1, 255, 1}, predicted{0, 1, 1, 255, 0};
  const std::vector<int> kept_truth{0, 1, 1}, kept{0, 1, 0};
  mean_iou m(2), without(2);

  m.update(predicted, truth);
  without.update(kept, kept_truth);

  CHECK(m == without);
}

TEST_CASE("another ignore label takes the place of 255") {
  const std::vector<int> truth{0, -1}, predicted{0, 0}, old{0, 255};
  mean_iou m(300, -1);

  m.update(predicted, truth);
  m.update(predicted, old);  // class 255 of 300, found as 0

  CHECK(m.pixel_accuracy().count == 3);
  CHECK(m.pixels(255, 0) == 1);
}

TEST_CASE("logits predict their largest class, the lowest of several") {
  const std::vector<float> logits{1, 2, 0, 3, 3, 1, 0, 0, 0, -1, -2, -1};
  const std::vector<int> truth{1, 1, 2, 255}, predicted{1, 0, 0, 0};
  mean_iou a(3), b(3);

  a.update(logits, truth);
  b.update(predicted, truth);

  CHECK(a == b);
}

TEST_CASE("a constant added to all logits changes nothing") {
  constexpr std::size_t cells = 64;
  std::mt19937 random(3);
  std::vector<float> logits(cells * 5), moved(cells * 5);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    logits[i] = static_cast<float>(random() % 9) / 2;  // halves, with ties
    moved[i] = logits[i] - 128;
  }
  const auto truth = random_map(cells, 5, 4);
  mean_iou a(5), b(5);

  a.update(logits, truth);
  b.update(moved, truth);

  CHECK(a == b);
}

TEST_CASE("constant logits predict class 0 everywhere") {
  const std::vector<float> logits(4 * 2, 7.0f);
  const std::vector<int> truth{0, 1, 1, 1};
  mean_iou m(2);

  m.update(logits, truth);

  CHECK(m.result() == metric{0.125, 2, true});
  CHECK(m.pixel_accuracy() == metric{0.25, 4, true});
}

TEST_CASE("nothing counted is not valid") {
  const std::vector<int> ignored{255, 255}, predicted{0, 1};
  mean_iou m(2);

  m.update(std::span<const int>(), {});
  m.update(std::span<const float>(), {});
  m.update(predicted, ignored);

  CHECK(m.result() == metric{});
  CHECK(m.iou(0) == metric{});
  CHECK(m.pixel_accuracy() == metric{});
  CHECK(m.mean_class_accuracy() == metric{});
}

TEST_CASE("shards merged in any order are one pass, bit for bit") {
  const auto truth = random_map(197, 6, 5), predicted = random_map(197, 6, 6);
  mean_iou whole(6);
  whole.update(predicted, truth);
  std::array<mean_iou, 3> shards{mean_iou(6), mean_iou(6), mean_iou(6)};
  const std::array<std::size_t, 4> cut{0, 33, 34, 197};
  for (std::size_t s = 0; s < 3; ++s)
    shards[s].update(std::span(predicted).subspan(cut[s], cut[s + 1] - cut[s]),
                     std::span(truth).subspan(cut[s], cut[s + 1] - cut[s]));

  merge_in_every_order(shards, mean_iou(6), [&](const mean_iou& m) {
    CHECK(m == whole);
    CHECK(m.result() == whole.result());
  });
}

TEST_CASE("what does not fit is an error and counts nothing") {
  const std::vector<int> good{0, 1}, one{0}, beyond{0, 2}, negative{0, -1}, ignored{255, 255};
  const std::vector<float> logits{1, 0, 0, 1};
  std::vector<float> bad{1, 0, 0, std::numeric_limits<float>::quiet_NaN()};
  mean_iou m(2);
  m.update(good, good);
  const mean_iou before = m;

  CHECK_THROWS_AS(m.update(one, good), error);
  CHECK_THROWS_AS(m.update(beyond, good), error);
  CHECK_THROWS_AS(m.update(negative, good), error);
  CHECK_THROWS_AS(m.update(ignored, good), error);  // no prediction there
  CHECK_THROWS_AS(m.update(good, beyond), error);
  CHECK_THROWS_AS(m.update(good, negative), error);
  CHECK_THROWS_AS(m.update(bad, good), error);
  CHECK_THROWS_AS(m.update(bad, ignored), error);
  CHECK_THROWS_AS(m.update(logits, beyond), error);
  CHECK_THROWS_AS(m.update(std::span(logits).first(3), good), error);
  CHECK_THROWS_AS(m.update(logits, one), error);  // 4 classes, not 2
  CHECK_THROWS_AS(m.merge(mean_iou(3)), error);
  CHECK_THROWS_AS(m.merge(mean_iou(2, -1)), error);
  CHECK_THROWS_AS(m.iou(2), error);
  CHECK_THROWS_AS(m.iou(-1), error);
  CHECK_THROWS_AS(m.class_accuracy(2), error);
  CHECK_THROWS_AS(m.pixels(0, 2), error);

  CHECK(m == before);
}

TEST_CASE("a number of classes out of range and an ignore label that is a class are errors") {
  CHECK_THROWS_AS(mean_iou(0), error);
  CHECK_THROWS_AS(mean_iou(-3), error);
  CHECK_THROWS_AS(mean_iou(4097), error);
  CHECK_THROWS_AS(mean_iou(256), error);  // 255 is one of them
  CHECK_THROWS_AS(mean_iou(3, 0), error);
  CHECK_NOTHROW(mean_iou(255));
  CHECK_NOTHROW(mean_iou(256, 256));
}
