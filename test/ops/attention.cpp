#include <doctest/doctest.h>

#include <cmath>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

TEST_CASE_TEMPLATE("attention averages values by the softmax of query times key", T, float,
                   double) {
  // Rows (q, k, v). Token 0 asks nothing: (1/2, 1/2). Token 1: logits 0 and ln 3, so (1/4, 3/4).
  const double ln3 = 1.0986122886681098;
  const auto y =
      call<T>().sample({2, 3}, {0, 0, 4, 1, ln3, 8}).attributes({1}).template run<"attention">();

  CHECK(distance(y.out(0), {6, 7}) < 1e-6);
  CHECK(distance(y.out(1), {0.69314718055994531, 1.3862943611198906}) < 1e-6);
}

TEST_CASE("attention divides logits by the root of the channels of a head") {
  const double a = 1.0986122886681098 / 2;  // q . k = 2 ln 3 over 4 channels: logit ln 3
  const auto y =
      call<double>()
          .sample({2, 12}, {0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 1, 1, 1, 1, 1, a, a, a, a, 8, 0, 0, 5})
          .attributes({1})
          .unread(1)
          .run<"attention">();

  CHECK(distance(y.out(0), {6, 0, 0, 3, 7, 0, 0, 4}) < 1e-12);
}

TEST_CASE("heads of attention are consecutive channels that do not see each other") {
  const double ln3 = 1.0986122886681098;  // head 0 as above; head 1 asks nothing and averages
  const auto y = call<double>()
                     .sample({2, 6}, {0, 0, 0, 9, 4, 1, 1, 0, ln3, -9, 8, 2})
                     .attributes({2})
                     .run<"attention">();

  CHECK(distance(y.out(0), {6, 1.5, 7, 1.5}) < 1e-12);
  CHECK(distance(y.out(1), {std::log(2.0), std::log(4.0), std::log(2.0), std::log(2.0)}) < 1e-12);
}

TEST_CASE_TEMPLATE("attention survives logits beyond the range of exp", T, float, double) {
  const auto y =
      call<T>().sample({2, 3}, {1, 5000, 4, 1, 0, 8}).attributes({1}).template run<"attention">();

  CHECK(distance(y.out(0), {4, 4}) == 0);
  CHECK(distance(y.out(1), {5000, 5000}) == 0);
}

TEST_CASE("samples of attention do not see each other") {
  const auto x = support::uneven<double>(2 * 3 * 12);
  const std::vector<double> second(x.begin() + 36, x.end());

  const auto both = call<double>(2).sample({3, 12}, x).attributes({2}).run<"attention">();
  const auto alone = call<double>(1).sample({3, 12}, second).attributes({2}).run<"attention">();

  const auto& y = both.out(0);
  CHECK(std::vector<double>(y.begin() + 12, y.end()) == alone.out(0));
}

TEST_CASE("the gradient of attention is the transpose of its derivative") {
  using support::along, support::inner_product, support::uneven;
  for (const int heads : {1, 2}) {
    const int width = heads == 1 ? 70 : 6;  // 70 channels are more than one chunk
    const int size = 2 * 3 * 3 * width;
    const auto x = uneven<double>(size), v = uneven<double>(size, 5);
    const auto dy = uneven<double>(size / 3, 9);

    const auto moved = call<ts::dual<double>>(2)
                           .sample({3, 3 * width}, along(x, v))
                           .attributes({heads})
                           .run<"attention">();
    const auto y = call<double>(2).sample({3, 3 * width}, x).attributes({heads}).run<"attention">();
    const auto d = call<double>(2)
                       .sample({3, width}, dy)
                       .sample({3, 3 * width}, x)
                       .sample({3, width}, y.out(0))
                       .sample({heads, 3}, y.out(1))
                       .attributes({heads})
                       .run<"attention_gradient">();

    const double forward = inner_product(dy, support::tangents(moved.out(0)));
    CHECK(forward == doctest::Approx(inner_product(d.out(0), v)).epsilon(1e-11));
  }
}
