#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::uneven;

namespace {

const double ln3 = 1.0986122886681098, ln4 = 1.3862943611198906;

}

TEST_CASE_TEMPLATE("dice has hand-worked values, image by image", T, float, double) {
  // p = (1/4, 3/4), (1/2, 1/2) of labels 1, 0: n = (2, 2.5), d = (2.75, 3.25) with s = 1; the other
  // image has the labels 1, 1: n = (1, 3.5), d = (1.75, 4.25).
  const auto y = call<T>(2)
                     .sample({2, 2}, {0, ln3, 7, 7, 0, ln3, 7, 7})
                     .index({2}, {1, 0, 1, 1})
                     .setting(1)
                     .template run<"dice">();

  const double first = 1 - (2 / 2.75 + 2.5 / 3.25) / 2, second = 1 - (1 / 1.75 + 3.5 / 4.25) / 2;
  CHECK(distance(y.out(0), {(first + second) / 2}) < 1e-6);
  CHECK(distance(y.out(1), {ln4, 7 + 0.69314718055994531, ln4, 7 + 0.69314718055994531}) < 1e-6);
  CHECK(distance(y.out(2), {2, 2.5, 2.75, 3.25, 1, 3.5, 1.75, 4.25}) < 1e-6);
}

TEST_CASE("the gradient of dice has hand-worked values") {
  // One cell, p = (1/4, 3/4), label 1, s = 1: n = (1, 2.5), d = (1.25, 2.75).
  const auto d = call<double>()
                     .weight({}, {6})
                     .sample({1, 2}, {0, ln3})
                     .index({1}, {1})
                     .sample({1}, {ln4})
                     .sample({2, 2}, {1, 2.5, 1.25, 2.75})
                     .run<"dice_gradient">();

  const double g0 = 1 / 1.5625, g1 = 2.5 / 7.5625 - 2 / 2.75, mean = (g0 + 3 * g1) / 4;
  CHECK(distance(d.out(0), {3 * (g0 - mean) / 4, 9 * (g1 - mean) / 4}) < 1e-14);
}

TEST_CASE("dice of certain and right cells is 0, of certain and wrong ones near 1") {
  const auto loss = [](std::vector<std::int32_t> labels) {
    return call<double>()
        .sample({4, 2}, {9e3, 0, 0, 9e3, 9e3, 0, 0, 9e3})
        .index({4}, std::move(labels))
        .setting(1e-3)
        .run<"dice">()
        .out(0)[0];
  };

  CHECK(loss({0, 1, 0, 1}) == 0);
  CHECK(loss({1, 0, 1, 0}) > 0.999);
}

TEST_CASE("the loss of two images is the mean of theirs") {
  const auto x = uneven<double>(30), z = uneven<double>(30, 4);
  const std::vector<std::int32_t> a{0, 1, 2, 2, 4, 3}, b{1, 1, 1, 0, 0, 2};
  auto xs = x;
  xs.insert(xs.end(), z.begin(), z.end());
  auto labels = a;
  labels.insert(labels.end(), b.begin(), b.end());
  const auto loss = [](std::int64_t batch, const std::vector<double>& logits,
                       const std::vector<std::int32_t>& y) {
    return call<double>(batch)
        .sample({6, 5}, logits)
        .index({6}, y)
        .setting(1)
        .run<"dice">()
        .out(0)[0];
  };

  CHECK(loss(2, xs, labels) == doctest::Approx((loss(1, x, a) + loss(1, z, b)) / 2).epsilon(1e-14));
}

TEST_CASE("a label outside the classes is an error") {
  for (const std::int32_t label : {-1, 2})
    CHECK_THROWS_AS(
        call<double>().sample({1, 2}, {0, 0}).index({1}, {label}).setting(1).run<"dice">(),
        ts::error);
}
