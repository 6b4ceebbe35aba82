#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

TEST_CASE_TEMPLATE("a row has length 1 afterwards, a row shorter than eps is divided by eps", T, float,
                   double) {
  const auto y = call<T>(3)
                     .sample({2}, {3, 4, 0, 0, 0, -1e-3})
                     .setting(1e-2)
                     .template run<"l2_normalise">();

  CHECK(distance(y.out(0), {0.6, 0.8, 0, 0, 0, -0.1}) < 1e-6);
  CHECK(distance(y.out(1), {0.2, 100, 100}) < 1e-4);
}

TEST_CASE_TEMPLATE("the gradient has no part along the row, unless the row is short", T, float,
                   double) {
  // y . dy = 1.4 of (0.6, 0.8), so (1 - 0.84, 1 - 1.12) / 5.
  const auto d = call<T>(2)
                     .sample({2}, {1, 1, 1, 2})
                     .sample({2}, {0.6, 0.8, 0, -0.1})
                     .sample({}, {0.2, 100})
                     .setting(1e-2)
                     .template run<"l2_normalise_gradient">();

  CHECK(distance(d.out(0), {0.032, -0.024, 100, 200}) < 1e-4);
}
