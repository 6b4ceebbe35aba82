#include "tessera/metrics/calibration.hpp"

#include "metrics/shards.hpp"
#include "tessera/metrics/top_k.hpp"

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

struct batch {
  std::vector<float> logits;
  std::vector<int> labels;
};

// Multiples of 1/8 from -4 to 4.
batch random_batch(std::size_t rows, unsigned classes, unsigned seed) {
  std::mt19937 random(seed);
  batch b{std::vector<float>(rows * classes), std::vector<int>(rows)};
  for (float& v : b.logits) v = (static_cast<float>(random() % 65) - 32) / 8;
  for (int& y : b.labels) y = static_cast<int>(random() % classes);
  return b;
}

}  // namespace

TEST_CASE("two samples by hand: ECE, NLL and Brier of probabilities") {
  const std::vector<float> p{0.75f, 0.25f, 0.375f, 0.625f};
  const std::vector<int> labels{0, 0};
  calibration c, one_bin(1);

  c.update_probabilities(p, labels);
  one_bin.update_probabilities(p, labels);

  CHECK(c.result() == metric{(0.25 + 0.625) / 2, 2, true});
  CHECK(one_bin.result() == metric{(1.375 - 1) / 2, 2, true});
  CHECK(c.nll().value == doctest::Approx(-(std::log(0.75) + std::log(0.375)) / 2).epsilon(1e-12));
  CHECK(c.brier() == metric{(2 * 0.0625 + 2 * 0.390625) / 2, 2, true});
  CHECK(c.accuracy() == metric{0.5, 2, true});
}

TEST_CASE("bins hold their upper edge, not the lower one") {
  constexpr float half = 0.5f;
  const float above = std::nextafter(half, 1.0f);
  const std::vector<float> p{half, half, above, 1 - above}, quarters(4, 0.25f), sure{1, 0};
  const std::vector<int> labels{0, 0}, label{0};
  calibration c(4), four(4);

  c.update_probabilities(p, labels);
  c.update_probabilities(sure, label);
  four.update_probabilities(quarters, label);

  CHECK(four.bins()[0].count == 1);
  CHECK(c.bins()[0].count == 0);
  CHECK(c.bins()[1].count == 1);
  CHECK(c.bins()[2].count == 1);
  CHECK(c.bins()[3].count == 1);
}

TEST_CASE("a confidence of 1 / C lies in the bin that whole numbers say") {
  for (const int bins : {1, 10, 15, 49}) {
    for (int classes = 1; classes <= 60; ++classes) {
      const std::vector<float> logits(static_cast<std::size_t>(classes), 3.0f);
      const std::vector<int> label{0};
      calibration c(bins);

      c.update(logits, label);

      const int expected = (bins + classes - 1) / classes - 1;  // b / M < 1 / C <= (b + 1) / M
      CAPTURE(bins);
      CAPTURE(classes);
      CHECK(c.bins()[static_cast<std::size_t>(expected)].count == 1);
    }
  }
}

TEST_CASE("always certain: ECE is 1 - accuracy") {
  std::vector<float> logits;
  for (int i = 0; i < 8; ++i) logits.insert(logits.end(), {1000, 0, -1000});
  const std::vector<int> labels{0, 1, 0, 2, 0, 0, 1, 0};
  calibration c;

  c.update(logits, labels);

  CHECK(c.accuracy() == metric{0.625, 8, true});
  CHECK(c.result() == metric{0.375, 8, true});
  CHECK(c.nll() == metric{(1000.0 + 2000 + 1000) / 8, 8, true});  // finite where exp underflows
  CHECK(c.brier() == metric{2 * 0.375, 8, true});
}

TEST_CASE("uniform logits on a balanced set: ECE 0, NLL ln C, Brier 1 - 1/C") {
  for (const int classes : {1, 2, 10, 31}) {
    std::vector<int> labels;
    for (int r = 0; r < 3; ++r)
      for (int k = 0; k < classes; ++k) labels.push_back(k);
    const std::vector<float> logits(labels.size() * static_cast<std::size_t>(classes), -2.5f);
    calibration c;

    c.update(logits, labels);

    CHECK(c.result().valid);
    CHECK(std::abs(c.result().value) < 1e-12);
    CHECK(std::abs(c.nll().value - std::log(classes)) < 1e-12);
    CHECK(std::abs(c.brier().value - (1 - 1.0 / classes)) < 1e-12);
  }
}

TEST_CASE("ECE is at most 1, and 1 if certainty is always wrong") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const batch b = random_batch(33, 5, seed);
    calibration c;
    c.update(b.logits, b.labels);
    CAPTURE(seed);
    CHECK(c.result().value >= 0);
    CHECK(c.result().value <= 1);
    CHECK(c.brier().value <= 2);
    CHECK(c.nll().value >= 0);
  }
  const std::vector<float> logits{0, 5000, 0, 5000};
  const std::vector<int> labels{0, 0};
  calibration wrong;

  wrong.update(logits, labels);

  CHECK(wrong.result().value == 1);
  CHECK(wrong.brier().value == 2);
}

TEST_CASE("one bin is never above finer bins that divide it") {
  const batch b = random_batch(197, 4, 30);
  calibration coarse(3), middle(6), fine(12);

  coarse.update(b.logits, b.labels);
  middle.update(b.logits, b.labels);
  fine.update(b.logits, b.labels);

  CHECK(coarse.result().value <= middle.result().value + 1e-12);
  CHECK(middle.result().value <= fine.result().value + 1e-12);
}

TEST_CASE("logits and their softmax measure the same") {
  const batch b = random_batch(64, 6, 31);
  std::vector<float> p(b.logits.size());
  for (std::size_t row = 0; row < 64; ++row) {
    double sum = 0;
    for (std::size_t k = 0; k < 6; ++k) sum += std::exp(double{b.logits[row * 6 + k]});
    for (std::size_t k = 0; k < 6; ++k)
      p[row * 6 + k] = static_cast<float>(std::exp(double{b.logits[row * 6 + k]}) / sum);
  }
  calibration from_logits, from_probabilities;

  from_logits.update(b.logits, b.labels);
  from_probabilities.update_probabilities(p, b.labels);

  const auto close = [](const metric& x, const metric& y) {
    return std::abs(x.value - y.value) < 1e-6 && x.count == y.count;
  };
  CHECK(close(from_logits.result(), from_probabilities.result()));
  CHECK(close(from_logits.nll(), from_probabilities.nll()));
  CHECK(close(from_logits.brier(), from_probabilities.brier()));
  CHECK(close(from_logits.accuracy(), from_probabilities.accuracy()));
}

TEST_CASE("a constant added to all logits changes nothing, and accuracy is top-1") {
  const batch b = random_batch(40, 7, 32);
  auto moved = b.logits;
  for (float& v : moved) v += 32;
  calibration plain, shifted;
  top_k top_1(1);

  plain.update(b.logits, b.labels);
  shifted.update(moved, b.labels);
  top_1.update(b.logits, b.labels);

  CHECK(shifted == plain);
  CHECK(plain.accuracy() == top_1.result());
}

TEST_CASE("a label of probability 0 has an infinite NLL; the others stay finite") {
  const std::vector<float> p{1, 0};
  const std::vector<int> label{1};
  calibration c;

  c.update_probabilities(p, label);

  CHECK(c.nll().value == std::numeric_limits<double>::infinity());
  CHECK(c.result() == metric{1, 1, true});
  CHECK(c.brier() == metric{2, 1, true});
}

TEST_CASE("ignored labels count nowhere and nothing counted is not valid") {
  const std::vector<float> logits{1, 2, 3, 4};
  const std::vector<int> ignored{-1, 255};
  calibration c;

  c.update({}, {});
  c.update(logits, ignored);

  CHECK(c.result() == metric{});
  CHECK(c.nll() == metric{});
  CHECK(c.brier() == metric{});
  CHECK(c.accuracy() == metric{});
}

TEST_CASE("shards merged in any order are one pass: counts bit for bit, sums to 1e-12") {
  const batch b = random_batch(197, 5, 33);
  calibration whole;
  whole.update(b.logits, b.labels);
  std::array<calibration, 3> shards;
  const std::array<std::size_t, 4> cut{0, 31, 32, 197};
  for (std::size_t s = 0; s < 3; ++s)
    shards[s].update(std::span(b.logits).subspan(cut[s] * 5, (cut[s + 1] - cut[s]) * 5),
                     std::span(b.labels).subspan(cut[s], cut[s + 1] - cut[s]));

  merge_in_every_order(shards, calibration(), [&](const calibration& c) {
    for (std::size_t i = 0; i < 15; ++i) {
      CHECK(c.bins()[i].count == whole.bins()[i].count);
      CHECK(c.bins()[i].correct == whole.bins()[i].correct);
    }
    CHECK(std::abs(c.result().value - whole.result().value) < 1e-12);
    CHECK(std::abs(c.nll().value - whole.nll().value) < 1e-12);
    CHECK(std::abs(c.brier().value - whole.brier().value) < 1e-12);
  });
}

TEST_CASE("what does not fit is an error and counts nothing") {
  const std::vector<float> good{0.5f, 0.5f, 0.25f, 0.75f}, negative{1.5f, -0.5f, 0.5f, 0.5f},
      no_sum{0.5f, 0.5f, 0.5f, 0.25f}, nan{0, 0, 0, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<int> labels{0, 1}, beyond{0, 2}, one{0};
  calibration c;
  c.update(good, labels);
  const calibration before = c;

  CHECK_THROWS_AS(c.update(nan, labels), error);
  CHECK_THROWS_AS(c.update(good, beyond), error);
  CHECK_THROWS_AS(c.update(good, {}), error);
  CHECK_THROWS_AS(c.update(good, one), error);
  CHECK_THROWS_AS(c.update(std::span(good).first(3), labels), error);
  CHECK_THROWS_AS(c.update_probabilities(nan, labels), error);
  CHECK_THROWS_AS(c.update_probabilities(negative, labels), error);
  CHECK_THROWS_AS(c.update_probabilities(no_sum, labels), error);
  CHECK_THROWS_AS(c.update_probabilities(good, beyond), error);
  CHECK_THROWS_AS(c.merge(calibration(10)), error);

  CHECK(c == before);
}

TEST_CASE("accumulators of other numbers of classes do not merge") {
  const std::vector<float> two{1, 0}, three{1, 0, 0};
  const std::vector<int> label{0};
  calibration a, b;
  a.update(two, label);
  b.update(three, label);
  const calibration before = a;

  CHECK_THROWS_AS(a.merge(b), error);

  CHECK(a == before);
}

TEST_CASE("a number of bins out of range is an error") {
  CHECK_THROWS_AS(calibration(0), error);
  CHECK_THROWS_AS(calibration(-1), error);
  CHECK_THROWS_AS(calibration(100'001), error);
}
