#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

TEST_CASE_TEMPLATE("layer_norm centres rows and divides by the biased deviation", T, float,
                   double) {
  // variance 2/3 and eps 1/3 make the deviation 1; a constant row gives beta.
  const auto y = call<T>(2)
                     .sample({3}, {1, 2, 3, 5, 5, 5})
                     .weight({3}, {2, 3, 4})
                     .weight({3}, {10, 20, 30})
                     .setting(1.0 / 3)
                     .template run<"layer_norm">();

  CHECK(distance(y.out(0), {8, 20, 34, 10, 20, 30}) < 1e-6);
  CHECK(distance(y.out(1), {2, 5}) < 1e-6);
  CHECK(distance(y.out(2), {1, 1.7320508075688772}) < 1e-6);
}

TEST_CASE("layer_norm keeps the variance of rows far from zero") {
  const auto y = call<float>()
                     .sample({3}, {10001, 10002, 10003})
                     .weight({3}, {1, 1, 1})
                     .weight({3}, {0, 0, 0})
                     .setting(1.0 / 3)
                     .unread(1)
                     .unread(2)
                     .run<"layer_norm">();

  CHECK(distance(y.out(0), {-1, 0, 1}) < 1e-6);
}

TEST_CASE_TEMPLATE("the gradient of layer_norm has hand-worked values", T, float, double) {
  // h = (-1, 0, 1), g = dy gamma = (2, 0, 0), mean g = 2/3, mean g h = -2/3.
  const auto d = call<T>()
                     .sample({3}, {1, 0, 0})
                     .sample({3}, {1, 2, 3})
                     .weight({3}, {2, 3, 4})
                     .sample({}, {2})
                     .sample({}, {1})
                     .add_onto(1, {5, 5, 5})
                     .template run<"layer_norm_gradient">();

  CHECK(distance(d.out(0), {2.0 / 3, -2.0 / 3, 0}) < 1e-6);
  CHECK(distance(d.out(1), {4, 5, 5}) < 1e-6);
  CHECK(distance(d.out(2), {1, 0, 0}) < 1e-6);
}

TEST_CASE("the gradient of layer_norm is the transpose of its derivative") {
  using support::along, support::inner_product, support::uneven;
  const auto x = uneven<double>(2 * 3 * 5), vx = uneven<double>(30, 5), dy = uneven<double>(30, 9);
  const auto gamma = uneven<double>(5, 1), vg = uneven<double>(5, 2), vb = uneven<double>(5, 7);

  const auto y = call<ts::dual<double>>(2)
                     .sample({3, 5}, along(x, vx))
                     .weight({5}, along(gamma, vg))
                     .weight({5}, along(uneven<double>(5, 3), vb))
                     .setting(1e-2)
                     .run<"layer_norm">();
  const auto stats = call<double>(2)
                         .sample({3, 5}, x)
                         .weight({5}, gamma)
                         .weight({5}, uneven<double>(5, 3))
                         .setting(1e-2)
                         .run<"layer_norm">();
  const auto d = call<double>(2)
                     .sample({3, 5}, dy)
                     .sample({3, 5}, x)
                     .weight({5}, gamma)
                     .sample({3}, stats.out(1))
                     .sample({3}, stats.out(2))
                     .run<"layer_norm_gradient">();

  const double forward = inner_product(dy, support::tangents(y.out(0)));
  const double backward =
      inner_product(d.out(0), vx) + inner_product(d.out(1), vg) + inner_product(d.out(2), vb);
  CHECK(forward == doctest::Approx(backward).epsilon(1e-12));
}
