#include "tessera/metrics/top_k.hpp"

#include "metrics/shards.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <numeric>
#include <random>
#include <span>
#include <vector>

using namespace tessera;

namespace {

// Multiples of 1/4 from -2 to 2: many ties, and sums with small integers are exact.
std::vector<float> coarse_scores(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> s(count);
  for (float& v : s) v = (static_cast<float>(random() % 17) - 8) / 4;
  return s;
}

std::vector<int> random_labels(std::size_t count, unsigned classes, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<int> y(count);
  for (int& v : y) v = static_cast<int>(random() % classes);
  return y;
}

}  // namespace

TEST_CASE("a label is right if fewer than k classes score better") {
  const std::vector<float> logits{0, 3, 2, 1,    // 1, 2, 3, 0
                                  9, -1, 4, 5};  // 0, 3, 2, 1
  const std::vector<int> labels{3, 2};

  for (const int k : {1, 2, 3, 4}) {
    top_k t(k);
    t.update(logits, labels);
    CHECK(t.result() == metric{k >= 3 ? 1.0 : 0.0, 2, true});
  }
}

TEST_CASE("top-k is the label's place in a stable sort, ties by index") {
  constexpr std::size_t rows = 200, classes = 7;
  const auto logits = coarse_scores(rows * classes, 1);
  const auto labels = random_labels(rows, classes, 2);

  for (const int k : {1, 2, 5}) {
    top_k t(k);
    t.update(logits, labels);

    std::int64_t right = 0;
    for (std::size_t b = 0; b < rows; ++b) {
      std::array<int, classes> order{};
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](int i, int j) {
        return logits[b * classes + static_cast<std::size_t>(i)] >
               logits[b * classes + static_cast<std::size_t>(j)];
      });
      right += std::count(order.begin(), order.begin() + k, labels[b]);
    }
    CHECK(t.correct() == right);
  }
}

TEST_CASE("constant scores on a balanced set give k of C, not 1") {
  const std::vector<float> logits(4 * 4, 0.5f);
  const std::vector<int> labels{3, 2, 1, 0};

  for (const int k : {1, 2, 3}) {
    top_k t(k);
    t.update(logits, labels);
    CHECK(t.result().value == k / 4.0);
  }
}

TEST_CASE("k of the number of classes or more is always right") {
  const auto logits = coarse_scores(5 * 3, 3);
  const std::vector<int> labels{0, 1, 2, 2, 0};

  for (const int k : {3, 4, std::numeric_limits<int>::max()}) {
    top_k t(k);
    t.update(logits, labels);
    CHECK(t.result() == metric{1, 5, true});
  }
}

TEST_CASE("accuracy never falls with k") {
  const auto logits = coarse_scores(100 * 9, 4);
  const auto labels = random_labels(100, 9, 5);
  double last = 0;
  for (int k = 1; k <= 9; ++k) {
    top_k t(k);
    t.update(logits, labels);
    CHECK(t.result().value >= last);
    last = t.result().value;
  }
}

TEST_CASE("a constant added to all scores changes nothing") {
  const auto logits = coarse_scores(50 * 6, 6);
  const auto labels = random_labels(50, 6, 7);
  auto moved = logits;
  for (float& v : moved) v += 64;
  top_k a(2), b(2);

  a.update(logits, labels);
  b.update(moved, labels);

  CHECK(a == b);
}

TEST_CASE("labels -1 and 255 are out of the count") {
  const std::vector<float> logits{1, 0, 1, 0, 1, 0, 1, 0};
  const std::vector<int> labels{0, -1, 255, 1};
  top_k t(1);

  t.update(logits, labels);

  CHECK(t.result() == metric{0.5, 2, true});
}

TEST_CASE("255 is a class of 256, and none of 255") {
  std::vector<float> logits(256, 0.0f);
  logits[255] = 1;
  const std::vector<int> last{255}, beyond{256}, ignored{-1};
  top_k wide(1), narrow(1);

  wide.update(logits, last);
  wide.update(logits, ignored);
  narrow.update(std::span(logits).first(255), last);

  CHECK(wide.result() == metric{1, 1, true});
  CHECK_FALSE(narrow.result().valid);
  CHECK_THROWS_AS(wide.update(logits, beyond), error);
}

TEST_CASE("nothing counted is not valid") {
  const std::vector<float> logits{1, 2};
  const std::vector<int> ignored{-1};
  top_k t(1);

  t.update({}, {});
  t.update(logits, ignored);

  CHECK(t.result() == metric{});
  CHECK(t.confidence() == interval{});
}

TEST_CASE("confidence is Wilson's interval of the counts") {
  const std::vector<float> logits{1, 0, 1, 0, 1, 0, 1, 0};
  const std::vector<int> labels{0, 0, 0, 1};
  top_k t(1);

  t.update(logits, labels);

  CHECK(t.confidence() == wilson_interval(3, 4));
}

TEST_CASE("shards merged in any order are one pass, bit for bit") {
  const auto logits = coarse_scores(31 * 5, 8);
  auto labels = random_labels(31, 5, 9);
  labels[7] = -1;
  top_k whole(2);
  whole.update(logits, labels);
  std::array<top_k, 3> shards{top_k(2), top_k(2), top_k(2)};
  const std::array<std::size_t, 4> cut{0, 1, 20, 31};
  for (std::size_t s = 0; s < 3; ++s)
    shards[s].update(std::span(logits).subspan(cut[s] * 5, (cut[s + 1] - cut[s]) * 5),
                     std::span(labels).subspan(cut[s], cut[s + 1] - cut[s]));

  merge_in_every_order(shards, top_k(2), [&](const top_k& t) { CHECK(t == whole); });
}

TEST_CASE("what does not fit is an error and counts nothing") {
  const std::vector<float> good{1, 0, 0, 1};
  const std::vector<int> labels{0, 1}, none, three{0, 1, 0}, beyond{0, 2}, negative{0, -2};
  top_k t(1);
  t.update(good, labels);
  const top_k before = t;
  std::vector<float> bad = good;

  for (const float v : {std::numeric_limits<float>::quiet_NaN(),
                        std::numeric_limits<float>::infinity(),
                        -std::numeric_limits<float>::infinity()}) {
    bad.back() = v;
    CHECK_THROWS_AS(t.update(bad, labels), error);
  }
  CHECK_THROWS_AS(t.update(good, none), error);
  CHECK_THROWS_AS(t.update({}, labels), error);
  CHECK_THROWS_AS(t.update(good, three), error);
  CHECK_THROWS_AS(t.update(good, beyond), error);
  CHECK_THROWS_AS(t.update(good, negative), error);
  CHECK_THROWS_AS(t.update(good, std::span(labels).first(1)), error);  // 4 classes, not 2

  CHECK(t == before);
}

TEST_CASE("accumulators of another k or number of classes do not merge") {
  const std::vector<float> two{1, 0}, three{1, 0, 0};
  const std::vector<int> label{0};
  top_k a(1), b(1);
  a.update(two, label);
  b.update(three, label);
  const top_k before = a;

  CHECK_THROWS_AS(a.merge(top_k(2)), error);
  CHECK_THROWS_AS(a.merge(b), error);

  CHECK(a == before);
}

TEST_CASE("k below 1 is an error") {
  CHECK_THROWS_AS(top_k(0), error);
  CHECK_THROWS_AS(top_k(-1), error);
}
