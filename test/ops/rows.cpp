#include <doctest/doctest.h>

#include "support/call.hpp"

using support::call;
using support::distance;
using support::inner_product;
using support::uneven;

TEST_CASE_TEMPLATE("slice_rows takes rows of every sample", T, float, double) {
  const auto y = call<T>(2)
                     .sample({3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
                     .attributes({1, 2})
                     .template run<"slice_rows">();

  CHECK(distance(y.out(0), {3, 4, 5, 6, 9, 10, 11, 12}) == 0);
}

TEST_CASE_TEMPLATE("pad_rows puts rows among zeros", T, float, double) {
  const auto y =
      call<T>(2).sample({1, 2}, {1, 2, 3, 4}).attributes({1, 0, 3}).template run<"pad_rows">();

  CHECK(distance(y.out(0), {0, 0, 1, 2, 0, 0, 0, 0, 3, 4, 0, 0}) == 0);
}

TEST_CASE("rows of k copies of the batch are moved like any others") {
  const auto y = call<double>(2)
                     .sample({2, 1}, {1, 2, 3, 4, 5, 6, 7, 8}, 2)
                     .attributes({0, 1})
                     .run<"slice_rows">();

  CHECK(distance(y.out(0), {1, 3, 5, 7}) == 0);
}

TEST_CASE("pad_rows is the adjoint of slice_rows") {
  const auto x = uneven<double>(2 * 5 * 3), y = uneven<double>(2 * 2 * 3, 4);

  const auto sliced = call<double>(2).sample({5, 3}, x).attributes({2, 2}).run<"slice_rows">();
  const auto padded = call<double>(2).sample({2, 3}, y).attributes({2, 0, 5}).run<"pad_rows">();

  CHECK(inner_product(sliced.out(0), y) == inner_product(x, padded.out(0)));
}

TEST_CASE_TEMPLATE("prepend_token puts one token before each sample", T, float, double) {
  const auto y = call<T>(2)
                     .sample({1, 2}, {1, 2, 3, 4})
                     .weight({1, 1, 2}, {8, 9})
                     .template run<"prepend_token">();

  CHECK(distance(y.out(0), {8, 9, 1, 2, 8, 9, 3, 4}) == 0);
}

TEST_CASE_TEMPLATE("prepend_rows puts the rows of each sample before it", T, float, double) {
  const auto y =
      call<T>(2).sample({2, 1}, {1, 2, 3, 4}).sample({1, 1}, {8, 9}).template run<"prepend_rows">();

  CHECK(distance(y.out(0), {8, 1, 2, 9, 3, 4}) == 0);
}

TEST_CASE_TEMPLATE("add_position adds the rows of a table from an offset on", T, float, double) {
  const auto y = call<T>(2)
                     .sample({2, 1}, {1, 2, 3, 4})
                     .weight({1, 3, 1}, {10, 20, 30})
                     .attributes({1})
                     .template run<"add_position">();

  CHECK(distance(y.out(0), {21, 32, 23, 34}) == 0);
}

TEST_CASE_TEMPLATE("batch_sum sums rows over the batch into a place", T, float, double) {
  const auto set = call<T>(2)
                       .sample({3, 1}, {1, 2, 3, 4, 5, 6})
                       .attributes({1, 2, 1, 4})
                       .template run<"batch_sum">();
  const auto sum = call<T>(2)
                       .sample({3, 1}, {1, 2, 3, 4, 5, 6})
                       .attributes({1, 2, 1, 4})
                       .add_onto(0, {100, 200, 300, 400})
                       .template run<"batch_sum">();

  CHECK(distance(set.out(0), {0, 7, 9, 0}) == 0);
  CHECK(distance(sum.out(0), {100, 207, 309, 400}) == 0);
}

TEST_CASE_TEMPLATE("mean_rows averages the rows behind the prefix", T, float, double) {
  const auto y = call<T>(2)
                     .sample({3, 2}, {100, 100, 1, 2, 3, 6, 100, 100, 5, 5, 5, 7})
                     .attributes({1})
                     .template run<"mean_rows">();

  CHECK(distance(y.out(0), {2, 4, 5, 6}) == 0);
}

TEST_CASE("spread_rows is the adjoint of mean_rows") {
  const auto x = uneven<double>(2 * 5 * 3), y = uneven<double>(2 * 3, 4);

  const auto mean = call<double>(2).sample({5, 3}, x).attributes({1}).run<"mean_rows">();
  const auto spread = call<double>(2).sample({3}, y).attributes({1, 5}).run<"spread_rows">();

  CHECK(spread.out(0)[0] == 0);
  CHECK(inner_product(mean.out(0), y) == doctest::Approx(inner_product(x, spread.out(0))));
}
