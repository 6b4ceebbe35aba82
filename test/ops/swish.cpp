#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

// Values and slopes are those of PyTorch 2.15 in double.
TEST_CASE_TEMPLATE("silu, quick_gelu and gelu_tanh are PyTorch's", T, float, double) {
  const std::vector<T> x{-3, -0.5, 0, 1, 10};
  const auto silu = call<T>().sample({5}, x).template run<"silu">();
  const auto quick = call<T>().sample({5}, x).template run<"quick_gelu">();
  const auto tanh = call<T>().sample({5}, x).template run<"gelu_tanh">();

  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
  CHECK(distance(silu.out(0), {-0.14227761953270035, -0.1887703343990727, 0, 0.7310585786300049,
                               9.999546021312975}) < tolerance);
  CHECK(distance(quick.out(0), {-0.01807130970778597, -0.1496115633936199, 0, 0.8457957659328212,
                                9.99999959420387}) < tolerance);
  CHECK(distance(tanh.out(0), {-0.0036373920817729943, -0.15428599017485606, 0, 0.8411919906082768,
                               10}) < tolerance);
}

TEST_CASE_TEMPLATE("and so are their slopes", T, float, double) {
  const std::vector<T> x{-3, -0.5, 0, 1, 10}, dy{1, 2, 1, 1, -1};
  const auto slope = [&](auto c) { return c.sample({5}, dy).sample({5}, x); };

  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
  CHECK(distance(slope(call<T>()).template run<"silu_gradient">().out(0),
                 {-0.08810410601516962, 2 * 0.2600388126973482, 0.5, 0.9276705118714869,
                  -1.0004085602086568}) < tolerance);
  CHECK(distance(slope(call<T>()).template run<"quick_gelu_gradient">().out(0),
                 {-0.024548323905652352, 2 * 0.12077808803458576, 0.5, 1.067779606556334,
                  -1.0000006500853704}) < tolerance);
  CHECK(distance(slope(call<T>()).template run<"gelu_tanh_gradient">().out(0),
                 {-0.011584166630969648, 2 * 0.13263009646535764, 0.5, 1.0829640838457826, -1}) <
        tolerance);
}

TEST_CASE("far from zero they are 0 and x, without overflow") {
  const std::vector<float> x{-200, -90, 90, 200};
  const auto check = [&](const auto& y) {
    CHECK(std::abs(y.out(0)[0]) < 1e-30);
    CHECK(std::abs(y.out(0)[1]) < 1e-30);
    CHECK(y.out(0)[2] == 90);
    CHECK(y.out(0)[3] == 200);
  };

  check(call<float>().sample({4}, x).run<"silu">());
  check(call<float>().sample({4}, x).run<"quick_gelu">());
  check(call<float>().sample({4}, x).run<"gelu_tanh">());
}
