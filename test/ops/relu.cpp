#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/call.hpp"

using support::call;
using support::distance;

TEST_CASE_TEMPLATE("relu keeps what is positive", T, float, double) {
  const auto y = call<T>(2).sample({3}, {-2, 0, 3, 0.5, -0.25, 1}).template run<"relu">();

  CHECK(distance(y.out(0), {0, 0, 3, 0.5, 0, 1}) == 0);
}

TEST_CASE("relu does not hide what is not a number") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto y = call<double>().sample({1}, {nan}).run<"relu">();

  CHECK(std::isnan(y.out(0)[0]));
}

TEST_CASE_TEMPLATE("the gradient of relu passes where its output is positive, 0 at 0", T, float,
                   double) {
  const auto d =
      call<T>().sample({3}, {5, 6, 7}).sample({3}, {0, 2, 0}).template run<"relu_gradient">();

  CHECK(distance(d.out(0), {0, 6, 0}) == 0);
}
