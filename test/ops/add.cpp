#include <doctest/doctest.h>

#include "support/call.hpp"

using support::call;
using support::distance;

TEST_CASE_TEMPLATE("add sums element by element", T, float, double) {
  const auto y =
      call<T>(2).sample({2}, {1, 2, 3, 4}).sample({2}, {10, 20, 30, 40}).template run<"add">();

  CHECK(distance(y.out(0), {11, 22, 33, 44}) == 0);
}

TEST_CASE_TEMPLATE("accumulate adds to what is there only where it is told to", T, float, double) {
  const auto set =
      call<T>().sample({2}, {1, 2}).write_over(0, {10, 20}).template run<"accumulate">();
  const auto sum = call<T>().sample({2}, {1, 2}).add_onto(0, {10, 20}).template run<"accumulate">();

  CHECK(distance(set.out(0), {1, 2}) == 0);
  CHECK(distance(sum.out(0), {11, 22}) == 0);
}
