#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

TEST_CASE_TEMPLATE("batch_norm normalises channels over all rows of the batch", T, float, double) {
  // channel 0: mean 2, biased variance 1, and eps 3 makes the deviation 2; channel 1 is constant.
  const auto y = call<T>(2)
                     .sample({1, 2}, {1, 10, 3, 10})
                     .weight({2}, {4, 1})
                     .weight({2}, {1, -1})
                     .setting(3)
                     .template run<"batch_norm">();

  CHECK(distance(y.out(0), {-1, -1, 3, -1}) < 1e-6);
  CHECK(distance(y.out(1), {2, 10}) < 1e-6);
  CHECK(distance(y.out(2), {0.5, 0.57735026918962576}) < 1e-6);
}

TEST_CASE("batch_norm hands out the unbiased variance, 0 for a single row") {
  const auto two = call<double>(2)
                       .sample({2}, {1, 10, 3, 10})
                       .weight({2}, {1, 1})
                       .weight({2}, {0, 0})
                       .setting(1e-5)
                       .unread(1)
                       .unread(2)
                       .run<"batch_norm">();
  const auto one = call<double>(1)
                       .sample({2}, {1, 10})
                       .weight({2}, {1, 1})
                       .weight({2}, {0, 0})
                       .setting(1e-5)
                       .run<"batch_norm">();

  CHECK(distance(two.out(3), {2, 0}) == 0);
  CHECK(distance(one.out(3), {0, 0}) == 0);
}

TEST_CASE("the gradient of batch_norm is the transpose of its derivative") {
  using support::along, support::inner_product, support::uneven;
  const auto x = uneven<double>(2 * 3 * 4), vx = uneven<double>(24, 5), dy = uneven<double>(24, 9);
  const auto gamma = uneven<double>(4, 1), vg = uneven<double>(4, 2), vb = uneven<double>(4, 7);

  const auto y = call<ts::dual<double>>(2)
                     .sample({3, 4}, along(x, vx))
                     .weight({4}, along(gamma, vg))
                     .weight({4}, along(uneven<double>(4, 3), vb))
                     .setting(1e-2)
                     .run<"batch_norm">();
  const auto stats = call<double>(2)
                         .sample({3, 4}, x)
                         .weight({4}, gamma)
                         .weight({4}, uneven<double>(4, 3))
                         .setting(1e-2)
                         .run<"batch_norm">();
  const auto d = call<double>(2)
                     .sample({3, 4}, dy)
                     .sample({3, 4}, x)
                     .weight({4}, gamma)
                     .weight({4}, stats.out(1))
                     .weight({4}, stats.out(2))
                     .run<"batch_norm_gradient">();

  const double forward = inner_product(dy, support::tangents(y.out(0)));
  const double backward =
      inner_product(d.out(0), vx) + inner_product(d.out(1), vg) + inner_product(d.out(2), vb);
  CHECK(forward == doctest::Approx(backward).epsilon(1e-12));
}

TEST_CASE_TEMPLATE("batch_norm_inference uses the running statistics", T, float, double) {
  // mean 1, variance 3, eps 1: the deviation is 2.
  const auto y = call<T>(2)
                     .sample({1}, {5, 1})
                     .weight({1}, {3})
                     .weight({1}, {10})
                     .weight({1}, {1})
                     .weight({1}, {3})
                     .setting(1)
                     .template run<"batch_norm_inference">();
  const auto d = call<T>(2)
                     .sample({1}, {1, 2})
                     .sample({1}, {5, 1})
                     .weight({1}, {3})
                     .weight({1}, {1})
                     .weight({1}, {3})
                     .setting(1)
                     .add_onto(1, {100})
                     .template run<"batch_norm_inference_gradient">();

  CHECK(distance(y.out(0), {16, 10}) == 0);
  CHECK(distance(d.out(0), {1.5, 3}) == 0);
  CHECK(distance(d.out(1), {102}) == 0);
  CHECK(distance(d.out(2), {3}) == 0);
}

TEST_CASE_TEMPLATE("update_running moves the state by the momentum", T, float, double) {
  const auto y = call<T>()
                     .weight({2}, {20, 0})
                     .setting(0.25)
                     .write_over(0, {10, 4})
                     .template run<"update_running">();

  CHECK(distance(y.out(0), {12.5, 3}) == 0);
}
