#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::uneven;

TEST_CASE_TEMPLATE("cosine_distance is the mean of 1 - cos over rows, short rows over eps", T,
                   float, double) {
  const auto loss = [](double eps) {
    return call<T>(2).sample({2}, {3, 4, 0.5, 0}).sample({2}, {4, 3, 2, 0}).setting(eps)
        .template run<"cosine_distance">().out(0);
  };

  CHECK(distance(loss(1e-8), {(1 - 0.96 + 0) / 2}) < 1e-7);
  CHECK(distance(loss(1), {(1 - 0.96 + 1 - 0.5) / 2}) < 1e-7);  // 0.5 counts as 1 long
}

TEST_CASE_TEMPLATE("the gradient of cosine_distance turns a row and does not stretch it", T, float,
                   double) {
  // -((0.8, 0.6) - 0.96 (0.6, 0.8)) / 5 up / 2; then a short row and one of zeros.
  const auto d = [](double eps) {
    return call<T>(2).weight({}, {10}).sample({2}, {3, 4, 0.5, 0}).sample({2}, {4, 3, 0, 2})
        .setting(eps).template run<"cosine_distance_gradient">().out(0);
  };

  CHECK(distance(d(1e-8), {-0.224, 0.168, 0, -10}) < 2e-6);
  CHECK(distance(d(1), {-0.224, 0.168, 0, -5}) < 2e-6);
}

TEST_CASE("a row of zeros has cosine 0 and a finite gradient") {
  const auto y = call<double>().sample({2}, {0, 0}).sample({2}, {0, 2}).setting(1e-8)
                     .run<"cosine_distance">();
  const auto d = call<double>().weight({}, {1}).sample({2}, {0, 0}).sample({2}, {0, 2})
                     .setting(1e-8).run<"cosine_distance_gradient">();

  CHECK(y.out(0)[0] == 1);
  CHECK(distance(d.out(0), {0, -1e8}) < 1e-6);
}

TEST_CASE_TEMPLATE("info_nce is the cross-entropy of all pairs, over rows or both ways", T, float,
                   double) {
  // q k^T / T = (2, 4; 0, 4) / 2 = (1, 2; 0, 2): off the pair by 1, -2 in rows, -1, 0 in columns.
  const auto loss = [](int ways) {
    return call<T>(2).sample({2}, {1, 1, 0, 1}).sample({2}, {2, 0, 0, 4}).setting(2)
        .attributes({ways}).template run<"info_nce">();
  };
  const auto cost = [](double off) { return std::log(1 + std::exp(off)); };
  const double rows = (cost(1) + cost(-2)) / 2, columns = (cost(-1) + cost(0)) / 2;

  CHECK(distance(loss(0).out(0), {rows}) < 1e-6);
  CHECK(distance(loss(1).out(0), {(rows + columns) / 2}) < 1e-6);
  // (p - I) / 2, p the softmax of the rows.
  const double p = 1 / (1 + std::exp(-1.0)), r = 1 / (1 + std::exp(2.0));
  CHECK(distance(loss(0).out(1), {-p / 2, p / 2, r / 2, -r / 2}) < 1e-6);
}

TEST_CASE("info_nce of equal rows is log B, of orthonormal pairs log(1 + (B - 1) exp(-1 / T))") {
  const auto equal = call<double>(4).sample({2}, std::vector<double>(8, 0.5))
                         .sample({2}, std::vector<double>(8, 0.5)).setting(0.1).attributes({1})
                         .run<"info_nce">();
  const std::vector<double> unit{1, 0, 0, 0, 1, 0, 0, 0, 1};
  const auto match =
      call<double>(3).sample({3}, unit).sample({3}, unit).setting(0.2).run<"info_nce">();
  const auto alone = call<double>().sample({3}, {1, 2, 3}).sample({3}, {3, 2, 1}).setting(0.2)
                         .run<"info_nce">();

  CHECK(equal.out(0)[0] == doctest::Approx(std::log(4)).epsilon(1e-14));
  CHECK(match.out(0)[0] == doctest::Approx(std::log(1 + 2 * std::exp(-5.0))).epsilon(1e-13));
  CHECK(alone.out(0)[0] == 0);
}

TEST_CASE("info_nce survives logits beyond the range of exp, and refuses a temperature of 0") {
  const auto y = call<float>(2).sample({1}, {1000, -1000}).sample({1}, {-5, 5}).setting(1)
                     .run<"info_nce">();

  CHECK(y.out(0)[0] == 10000);
  CHECK_THROWS_AS(call<float>().sample({1}, {1}).sample({1}, {1}).setting(0).run<"info_nce">(),
                  ts::error);
}

TEST_CASE("swapping queries and keys swaps the gradients of symmetric info_nce") {
  const auto q = uneven<double>(12), k = uneven<double>(12, 5);
  const auto gradients = [](const std::vector<double>& x, const std::vector<double>& y, int both) {
    auto forward = call<double>(4).sample({3}, x).sample({3}, y).setting(0.5).attributes({both});
    const auto slopes = forward.run<"info_nce">().out(1);
    return call<double>(4).weight({}, {1}).sample({3}, x).sample({3}, y)
        .sample({4}, slopes).setting(0.5).run<"info_nce_gradient">();
  };

  const auto one = gradients(q, k, 1), other = gradients(k, q, 1);

  CHECK(distance(one.out(0), other.out(1)) < 1e-15);
  CHECK(distance(one.out(1), other.out(0)) < 1e-15);
  CHECK(distance(gradients(q, k, 0).out(0), one.out(0)) > 1e-3);
}

TEST_CASE("a side that nobody trains gets no gradient") {
  const auto forward = call<double>(2).sample({1}, {1, 2}).sample({1}, {1, 3}).setting(1)
                           .run<"info_nce">();
  const auto slopes = forward.out(1);
  const auto d = [&] {
    return call<double>(2).weight({}, {1}).sample({1}, {1, 2}).sample({1}, {1, 3})
        .sample({2}, slopes).setting(1);
  };

  const auto whole = d().run<"info_nce_gradient">();
  CHECK(d().unread(1).run<"info_nce_gradient">().out(0) == whole.out(0));
  CHECK(d().unread(0).run<"info_nce_gradient">().out(1) == whole.out(1));
}
