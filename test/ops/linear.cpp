#include <doctest/doctest.h>

#include "support/call.hpp"

using support::call;
using support::distance;

TEST_CASE_TEMPLATE("linear multiplies rows by the transposed weight and adds the bias", T, float,
                   double) {
  const auto y = call<T>(2)
                     .sample({3}, {1, 2, 3, 0, -1, 1})
                     .weight({2, 3}, {1, 0, 2, -1, 3, 1})
                     .weight({2}, {10, 20})
                     .template run<"linear">();

  CHECK(distance(y.out(0), {17, 28, 12, 18}) == 0);
}

TEST_CASE("linear without bias adds nothing") {
  const auto y = call<double>(2)
                     .sample({3}, {1, 2, 3, 0, -1, 1})
                     .weight({2, 3}, {1, 0, 2, -1, 3, 1})
                     .absent()
                     .run<"linear">();

  CHECK(distance(y.out(0), {7, 8, 2, -2}) == 0);
}

TEST_CASE("all leading extents of the input of linear are rows") {
  const auto x = support::uneven<double>(2 * 3 * 2 * 4), w = support::uneven<double>(5 * 4, 1);

  const auto tokens = call<double>(2).sample({2, 4}, x, 3).weight({5, 4}, w).run<"linear">();
  const auto rows = call<double>(12).sample({4}, x).weight({5, 4}, w).run<"linear">();

  CHECK(tokens.out(0).size() == 60);
  CHECK(tokens.out(0) == rows.out(0));
}

TEST_CASE_TEMPLATE("the input gradient of linear multiplies by the weight", T, float, double) {
  const auto dx = call<T>(2)
                      .sample({2}, {1, 2, 3, -1})
                      .weight({2, 3}, {1, 0, 2, -1, 3, 1})
                      .template run<"linear_input_gradient">();

  CHECK(distance(dx.out(0), {-1, 6, 4, 4, -3, 5}) == 0);
}

TEST_CASE_TEMPLATE("the weight gradient of linear sums outer products over all rows", T, float,
                   double) {
  const auto dw = call<T>(2)
                      .sample({2}, {1, 2, 3, -1})
                      .sample({3}, {1, 2, 3, 0, -1, 1})
                      .template run<"linear_weight_gradient">();

  CHECK(distance(dw.out(0), {1, -1, 6, 2, 5, 5}) == 0);
  CHECK(distance(dw.out(1), {4, 1}) == 0);
}

TEST_CASE("the weight gradient of linear adds to what is there and skips what nobody reads") {
  const auto sum = call<double>(2)
                       .sample({2}, {1, 2, 3, -1})
                       .sample({3}, {1, 2, 3, 0, -1, 1})
                       .add_onto(0, {100, 100, 100, 100, 100, 100})
                       .add_onto(1, {10, 20})
                       .run<"linear_weight_gradient">();
  const auto bias = call<double>(2)
                        .sample({2}, {1, 2, 3, -1})
                        .sample({3}, {1, 2, 3, 0, -1, 1})
                        .unread(0)
                        .run<"linear_weight_gradient">();

  CHECK(distance(sum.out(0), {101, 99, 106, 102, 105, 105}) == 0);
  CHECK(distance(sum.out(1), {14, 21}) == 0);
  CHECK(distance(bias.out(1), {4, 1}) == 0);
}

TEST_CASE("sums of floats run in double") {
  const auto y =
      call<float>().sample({3}, {1e8, 1, -1e8}).weight({1, 3}, {1, 1, 1}).run<"linear">();

  CHECK(y.out(0)[0] == 1);
}
