#include "tessera/tensor/dual.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <type_traits>

namespace ts = tessera;
using d1 = ts::dual<double>;
using d2 = ts::dual<d1>;
using doctest::Approx;

// Standard normal distribution function times x, written as generic code would write it.
template <class T>
T gelu(T x) {
  using std::erf;
  return T(0.5) * x * (T(1) + erf(x * 0.70710678118654752440));
}

TEST_CASE("sums, products and quotients of duals follow the rules of the derivative") {
  constexpr d1 a{3, 1}, b{2, 5};

  static_assert((a + b).value == 5 && (a + b).tangent == 6);
  static_assert((a - b).value == 1 && (a - b).tangent == -4);
  static_assert((a * b).value == 6 && (a * b).tangent == 1 * 2 + 3 * 5);
  static_assert((a / b).value == 1.5 && (a / b).tangent == (1 - 1.5 * 5) / 2);
  CHECK((-a).tangent == -1);
}

TEST_CASE("plain numbers mix with duals as constants") {
  const d1 x{4, 1};

  CHECK((x + 1).tangent == 1);
  CHECK((1 - x).value == -3);
  CHECK((1 - x).tangent == -1);
  CHECK((2.5f * x).tangent == 2.5);
  CHECK((x / 2).tangent == 0.5);
  CHECK((2 / x).value == 0.5);
  CHECK((2 / x).tangent == -0.125);
  CHECK(d1(7).tangent == 0);
  CHECK(d1{}.value == 0);
}

TEST_CASE("compound assignment equals the operator") {
  d1 x{4, 1};

  x += 2;
  x *= x;
  x -= d1{6, 2};
  x /= 3;

  CHECK(x.value == 10);                        // (36 - 6) / 3
  CHECK(x.tangent == Approx((12.0 - 2) / 3));  // 2 * 6 * 1 - 2
}

TEST_CASE("comparison looks at the value only") {
  const d1 x{1, 100}, y{2, -100};

  CHECK(x < y);
  CHECK(y >= x);
  CHECK(x == d1{1, 0});
  CHECK(x == 1);
  CHECK(x > 0.5);
  CHECK(0.5 < x);
  CHECK_FALSE(d1(std::nan("")) < x);
  CHECK_FALSE(d1(std::nan("")) >= x);
}

TEST_CASE("the functions carry their derivatives") {
  const double v = 0.7;
  const d1 x{v, 2};

  CHECK(exp(x).tangent == Approx(2 * std::exp(v)));
  CHECK(log(x).tangent == Approx(2 / v));
  CHECK(sqrt(x).tangent == Approx(1 / std::sqrt(v)));
  CHECK(erf(x).tangent == Approx(4 / std::sqrt(M_PI) * std::exp(-v * v)));
  CHECK(tanh(x).tangent == Approx(2 / (std::cosh(v) * std::cosh(v))));
  CHECK(sin(x).tangent == Approx(2 * std::cos(v)));
  CHECK(cos(x).tangent == Approx(-2 * std::sin(v)));
  CHECK(pow(x, 3.0).tangent == Approx(2 * 3 * v * v));
  CHECK(pow(x, -0.5).tangent == Approx(-std::pow(v, -1.5)));
  CHECK(erf(x).value == std::erf(v));
  CHECK(pow(x, 3.0).value == std::pow(v, 3.0));
}

TEST_CASE("abs, pow and isfinite are defined where the derivative is not") {
  const double inf = std::numeric_limits<double>::infinity();

  CHECK(abs(d1{-2, 3}).value == 2);
  CHECK(abs(d1{-2, 3}).tangent == -3);
  CHECK(abs(d1{0, 3}).tangent == 0);
  CHECK(std::isnan(abs(d1{std::nan(""), 3}).value));
  CHECK(pow(d1{0, 1}, 0.0).value == 1);
  CHECK(pow(d1{0, 1}, 0.0).tangent == 0);
  CHECK(isfinite(d1{1, 2}));
  CHECK_FALSE(isfinite(d1{inf, 0}));
  CHECK_FALSE(isfinite(d1{0, inf}));
  CHECK_FALSE(isfinite(sqrt(d1{0, 1})));
}

TEST_CASE("generic code gets its slope: GELU at 1") {
  const d1 y = gelu(d1{1, 1});

  // Phi(1) + phi(1) = 0.8413447461 + 0.2419707245
  CHECK(y.value == Approx(0.8413447461).epsilon(1e-9));
  CHECK(y.tangent == Approx(1.0833154706).epsilon(1e-9));
}

TEST_CASE("nested duals give mixed second derivatives") {
  // f(x, y) = x^2 y + exp(x y): f_xy = 2x + (1 + x y) exp(x y)
  const double a = 0.5, b = 1.5;
  const d2 x{d1{a, 1}, d1{0, 0}}, y{d1{b, 0}, d1{1, 0}};

  const d2 f = x * x * y + exp(x * y);

  CHECK(f.value.value == Approx(a * a * b + std::exp(a * b)));
  CHECK(f.value.tangent == Approx(2 * a * b + b * std::exp(a * b)));
  CHECK(f.tangent.value == Approx(a * a + a * std::exp(a * b)));
  CHECK(f.tangent.tangent == Approx(2 * a + (1 + a * b) * std::exp(a * b)));
}

TEST_CASE("nested duals give second derivatives of every function") {
  const double v = 0.7;
  const d2 x{d1{v, 1}, d1{1, 0}};
  const double t = std::tanh(v), e = std::exp(-v * v);

  CHECK(log(x).tangent.tangent == Approx(-1 / (v * v)));
  CHECK(sqrt(x).tangent.tangent == Approx(-0.25 * std::pow(v, -1.5)));
  CHECK(erf(x).tangent.tangent == Approx(-4 * v / std::sqrt(M_PI) * e));
  CHECK(tanh(x).tangent.tangent == Approx(-2 * t * (1 - t * t)));
  CHECK(sin(x).tangent.tangent == Approx(-std::sin(v)));
  CHECK(pow(x, 3.0).tangent.tangent == Approx(6 * v));
  CHECK((1 / x).tangent.tangent == Approx(2 / (v * v * v)));
  CHECK(abs(-x).tangent.tangent == 0);
  CHECK(gelu(x).tangent.tangent ==
        Approx((2 - v * v) * std::exp(-v * v / 2) / std::sqrt(2 * M_PI)));
}

TEST_CASE("nested duals mix with plain numbers and with the inner type") {
  const d2 x{d1{2, 1}, d1{1, 0}};

  CHECK((3 * x + 1).value.value == 7);
  CHECK((x * d1{5, 1}).value.tangent == 7);  // 1 * 5 + 2 * 1
  CHECK(x > 1);
  CHECK(ts::primal(x) == 2);
  CHECK(ts::primal(1.5f) == 1.5f);
}

TEST_CASE("the limits of a dual are those of its value") {
  using limits = std::numeric_limits<d1>;

  const d1 start = -limits::infinity();

  CHECK(start < std::numeric_limits<double>::lowest());
  CHECK(limits::epsilon() == std::numeric_limits<double>::epsilon());
  static_assert(std::is_trivially_copyable_v<d1> && sizeof(d1) == 2 * sizeof(double));
}

TEST_CASE("single precision duals do not widen") {
  const ts::dual<float> x{2.0f, 1.0f};

  static_assert(std::is_same_v<decltype((x * 0.5).value), float>);
  CHECK(pow(x, 2.0).tangent == 4.0f);
}
