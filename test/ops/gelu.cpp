#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

TEST_CASE_TEMPLATE("gelu is x Phi(x), not its tanh form", T, float, double) {
  const auto y = call<T>().sample({5}, {-1, 0, 1, 2, 10}).template run<"gelu">();

  CHECK(distance(y.out(0), {-0.15865525393145705, 0, 0.84134474606854293, 1.9544997361036416, 10}) <
        1e-6);
}

TEST_CASE("gelu(x) - gelu(-x) = x") {
  const auto x = support::uneven<double>(13);
  std::vector<double> minus;
  for (const double v : x) minus.push_back(-v);

  const auto y = call<double>().sample({13}, x).run<"gelu">();
  const auto z = call<double>().sample({13}, minus).run<"gelu">();

  for (std::size_t i = 0; i < x.size(); ++i)
    CHECK(y.out(0)[i] - z.out(0)[i] == doctest::Approx(x[i]).epsilon(1e-14));
}

TEST_CASE_TEMPLATE("the gradient of gelu is dy (Phi + x phi)", T, float, double) {
  const auto d =
      call<T>().sample({3}, {1, 2, -1}).sample({3}, {0, 1, -1}).template run<"gelu_gradient">();

  CHECK(distance(d.out(0), {0.5, 2 * 1.0833154705876864, 0.083315470587686297}) < 1e-6);
}

TEST_CASE("the gradient of gelu is its derivative in dual numbers") {
  const auto x = support::uneven<double>(13), ones = std::vector<double>(13, 1.0);

  const auto y = call<ts::dual<double>>().sample({13}, support::along(x, ones)).run<"gelu">();
  const auto d = call<double>().sample({13}, ones).sample({13}, x).run<"gelu_gradient">();

  CHECK(distance(support::tangents(y.out(0)), d.out(0)) < 1e-14);
}
