#include <doctest/doctest.h>

#include "support/call.hpp"

using support::call;
using support::distance;

TEST_CASE_TEMPLATE("constant writes its setting everywhere", T, float, double) {
  const auto y = call<T>(2).sample({2}, {1, 2, 3, 4}).setting(0.5).template run<"constant">();

  CHECK(distance(y.out(0), {0.5, 0.5, 0.5, 0.5}) == 0);
}

TEST_CASE_TEMPLATE("scale multiplies by its setting", T, float, double) {
  const auto y = call<T>().sample({3}, {1, -2, 4}).setting(-0.25).template run<"scale">();

  CHECK(distance(y.out(0), {-0.25, 0.5, -1}) == 0);
}

TEST_CASE_TEMPLATE("weighted_sum takes one setting per input, in order", T, float, double) {
  const auto y = call<T>()
                     .weight({}, {2})
                     .weight({}, {3})
                     .weight({}, {5})
                     .setting(1)
                     .setting(-2)
                     .setting(0.5)
                     .template run<"weighted_sum">();

  CHECK(distance(y.out(0), {2 - 6 + 2.5}) == 0);
}
