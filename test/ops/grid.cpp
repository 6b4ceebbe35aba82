#include <doctest/doctest.h>

#include "support/call.hpp"

using support::call;
using support::distance;
using support::inner_product;
using support::uneven;

TEST_CASE_TEMPLATE("pool_average takes the mean of each pool, channel by channel", T, float,
                   double) {
  // 2 x 4 cells of 2 channels, (n, -n) in cell n.
  const auto y = call<T>()
                     .sample({8, 2}, {0, 0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7})
                     .attributes({2, 4, 2})
                     .template run<"pool_average">();

  CHECK(distance(y.out(0), {2.5, -2.5, 4.5, -4.5}) == 0);
}

TEST_CASE("pooling a constant gives the constant") {
  const auto y = call<double>(2)
                     .sample({16, 3}, std::vector<double>(96, 0.75))
                     .attributes({4, 4, 2})
                     .run<"pool_average">();

  CHECK(y.out(0) == std::vector<double>(24, 0.75));
}

TEST_CASE("pool_average_gradient is the adjoint of pool_average, also where pools do not tile") {
  const auto x = uneven<double>(2 * 15 * 2), y = uneven<double>(2 * 2 * 2, 4);

  const auto pooled =
      call<double>(2).sample({15, 2}, x).attributes({3, 5, 2}).run<"pool_average">();
  const auto spread =
      call<double>(2).sample({2, 2}, y).attributes({3, 5, 2}).run<"pool_average_gradient">();

  CHECK(inner_product(pooled.out(0), y) == inner_product(x, spread.out(0)));
  CHECK(spread.out(0)[8] == 0);  // column 4 of row 0
}

TEST_CASE_TEMPLATE("depthwise_conv correlates each channel with its own kernel, zeros outside", T,
                   float, double) {
  // Channel 0 looks one cell to the right, channel 1 sums its 3 x 3 neighbours.
  const auto y = call<T>()
                     .sample({4, 2}, {1, 10, 2, 20, 3, 30, 4, 40})
                     .weight({2, 1, 3, 3}, {0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1})
                     .weight({2}, {0, 0.5})
                     .attributes({2, 2, 3})
                     .template run<"depthwise_conv">();

  CHECK(distance(y.out(0), {2, 100.5, 0, 100.5, 4, 100.5, 0, 100.5}) == 0);
}

TEST_CASE("the gradients of depthwise_conv are its adjoints in input and weight") {
  const auto x = uneven<double>(2 * 12 * 3), y = uneven<double>(2 * 12 * 3, 4);
  const auto w = uneven<double>(27, 2), none = std::vector<double>(3, 0.0);
  const std::vector<double> before(27, 2.0);

  const auto z = call<double>(2)
                     .sample({12, 3}, x)
                     .weight({3, 1, 3, 3}, w)
                     .weight({3}, none)
                     .attributes({3, 4, 3})
                     .run<"depthwise_conv">();
  const auto dx = call<double>(2)
                      .sample({12, 3}, y)
                      .weight({3, 1, 3, 3}, w)
                      .attributes({3, 4, 3})
                      .run<"depthwise_conv_input_gradient">();
  const auto dw = call<double>(2)
                      .sample({12, 3}, y)
                      .sample({12, 3}, x)
                      .attributes({3, 4, 3})
                      .run<"depthwise_conv_weight_gradient">();
  const auto sum = call<double>(2)
                       .sample({12, 3}, y)
                       .sample({12, 3}, x)
                       .attributes({3, 4, 3})
                       .add_onto(0, before)
                       .unread(1)
                       .run<"depthwise_conv_weight_gradient">();

  CHECK(inner_product(z.out(0), y) == inner_product(x, dx.out(0)));
  CHECK(inner_product(z.out(0), y) == inner_product(w, dw.out(0)));
  CHECK(sum.out(0)[5] == dw.out(0)[5] + 2);
}

TEST_CASE("the bias gradient of depthwise_conv sums over cells and samples") {
  const auto d = call<double>(2)
                     .sample({2, 2}, {1, 10, 2, 20, 3, 30, 4, 40})
                     .sample({2, 2}, std::vector<double>(8, 0.0))
                     .attributes({1, 2, 3})
                     .add_onto(1, {1, 1})
                     .run<"depthwise_conv_weight_gradient">();

  CHECK(distance(d.out(1), {11, 101}) == 0);
}
