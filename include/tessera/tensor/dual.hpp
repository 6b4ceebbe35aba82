#pragma once
// Forward-mode derivatives: dual<T> is value + tangent e with e^2 = 0, so f(dual{x, v}) carries
// f'(x) v beside f(x), exact up to rounding. Reference ops are generic in the scalar and run on
// dual<double>; dual<dual<double>> gives the mixed second derivative in value.tangent.tangent:
//     x = {{a, 1}, {1, 0}}:  f(x).tangent.tangent = f''(a)
// Generic code calls the mathematics unqualified after `using std::exp;`, so that
// argument-dependent lookup finds the functions here.
//
// Comparisons look at the value only: a branch is taken as for plain numbers. Where a function has
// no derivative: abs has slope 0 at 0; sqrt and log have an infinite slope at 0, and an infinite
// slope times a zero tangent is NaN, as IEEE arithmetic says.
// Source: Griewank, Walther, "Evaluating Derivatives", 2nd ed., chapter 3.

#include "tessera/config.hpp"

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

namespace tessera::inline v0 {

template <class T>
struct dual;

// What dual<T> computes with as a constant: arithmetic types, and T itself when duals are nested.
template <class U, class T>
concept dual_constant = std::is_arithmetic_v<U> || std::same_as<U, T>;

namespace detail {

// Operators are friends of one base without template parameters: found by argument-dependent
// lookup like hidden friends, but declared once rather than once per scalar type.
struct dual_operators {
  template <class T>
  TESSERA_HD friend constexpr dual<T> operator+(const dual<T>& a) {
    return a;
  }
  template <class T>
  TESSERA_HD friend constexpr dual<T> operator-(const dual<T>& a) {
    return {-a.value, -a.tangent};
  }

  template <class T>
  TESSERA_HD friend constexpr dual<T> operator+(const dual<T>& a, const dual<T>& b) {
    return {a.value + b.value, a.tangent + b.tangent};
  }
  template <class T>
  TESSERA_HD friend constexpr dual<T> operator-(const dual<T>& a, const dual<T>& b) {
    return {a.value - b.value, a.tangent - b.tangent};
  }
  template <class T>
  TESSERA_HD friend constexpr dual<T> operator*(const dual<T>& a, const dual<T>& b) {
    return {a.value * b.value, a.tangent * b.value + a.value * b.tangent};
  }
  template <class T>
  TESSERA_HD friend constexpr dual<T> operator/(const dual<T>& a, const dual<T>& b) {
    const T quotient = a.value / b.value;
    return {quotient, (a.tangent - quotient * b.tangent) / b.value};
  }

  // A constant has no tangent.
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr dual<T> operator+(const dual<T>& a, const U& b) {
    return {a.value + T(b), a.tangent};
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr dual<T> operator+(const U& a, const dual<T>& b) {
    return {T(a) + b.value, b.tangent};
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr dual<T> operator-(const dual<T>& a, const U& b) {
    return {a.value - T(b), a.tangent};
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr dual<T> operator-(const U& a, const dual<T>& b) {
    return {T(a) - b.value, -b.tangent};
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr dual<T> operator*(const dual<T>& a, const U& b) {
    return {a.value * T(b), a.tangent * T(b)};
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr dual<T> operator*(const U& a, const dual<T>& b) {
    return {T(a) * b.value, T(a) * b.tangent};
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr dual<T> operator/(const dual<T>& a, const U& b) {
    return {a.value / T(b), a.tangent / T(b)};
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr dual<T> operator/(const U& a, const dual<T>& b) {
    const T quotient = T(a) / b.value;
    return {quotient, -(quotient * b.tangent) / b.value};
  }

  template <class T>
  TESSERA_HD friend constexpr bool operator==(const dual<T>& a, const dual<T>& b) {
    return a.value == b.value;
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator==(const dual<T>& a, const U& b) {
    return a.value == T(b);
  }
  // Spelled out: std::partial_ordering of a three-way comparison is not usable in device code.
  template <class T>
  TESSERA_HD friend constexpr bool operator<(const dual<T>& a, const dual<T>& b) {
    return a.value < b.value;
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator<(const dual<T>& a, const U& b) {
    return a.value < T(b);
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator<(const U& a, const dual<T>& b) {
    return T(a) < b.value;
  }
  template <class T>
  TESSERA_HD friend constexpr bool operator>(const dual<T>& a, const dual<T>& b) {
    return a.value > b.value;
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator>(const dual<T>& a, const U& b) {
    return a.value > T(b);
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator>(const U& a, const dual<T>& b) {
    return T(a) > b.value;
  }
  template <class T>
  TESSERA_HD friend constexpr bool operator<=(const dual<T>& a, const dual<T>& b) {
    return a.value <= b.value;
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator<=(const dual<T>& a, const U& b) {
    return a.value <= T(b);
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator<=(const U& a, const dual<T>& b) {
    return T(a) <= b.value;
  }
  template <class T>
  TESSERA_HD friend constexpr bool operator>=(const dual<T>& a, const dual<T>& b) {
    return a.value >= b.value;
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator>=(const dual<T>& a, const U& b) {
    return a.value >= T(b);
  }
  template <class T, dual_constant<T> U>
  TESSERA_HD friend constexpr bool operator>=(const U& a, const dual<T>& b) {
    return T(a) >= b.value;
  }

  template <class T>
  TESSERA_HD friend constexpr dual<T> abs(const dual<T>& x) {
    if (x.value > T(0)) return x;
    if (x.value < T(0)) return -x;
    return {x.value * x.value, T(0) * x.tangent};  // +0, and NaN stays NaN
  }
  template <class T>
  TESSERA_HD friend constexpr dual<T> fabs(const dual<T>& x) {
    return abs(x);
  }

  template <class T>
  TESSERA_HD friend dual<T> exp(const dual<T>& x) {
    using std::exp;
    const T e = exp(x.value);
    return {e, e * x.tangent};
  }
  template <class T>
  TESSERA_HD friend dual<T> log(const dual<T>& x) {
    using std::log;
    return {log(x.value), x.tangent / x.value};
  }
  template <class T>
  TESSERA_HD friend dual<T> sqrt(const dual<T>& x) {
    using std::sqrt;
    const T root = sqrt(x.value);
    return {root, x.tangent / (T(2) * root)};
  }
  template <class T>
  TESSERA_HD friend dual<T> erf(const dual<T>& x) {
    using std::erf, std::exp;
    const T slope = T(1.12837916709551257390) * exp(-(x.value * x.value));  // 2 / sqrt(pi)
    return {erf(x.value), slope * x.tangent};
  }
  template <class T>
  TESSERA_HD friend dual<T> tanh(const dual<T>& x) {
    using std::tanh;
    const T t = tanh(x.value);
    return {t, (T(1) - t * t) * x.tangent};
  }
  template <class T>
  TESSERA_HD friend dual<T> sin(const dual<T>& x) {
    using std::cos, std::sin;
    return {sin(x.value), cos(x.value) * x.tangent};
  }
  template <class T>
  TESSERA_HD friend dual<T> cos(const dual<T>& x) {
    using std::cos, std::sin;
    return {cos(x.value), -sin(x.value) * x.tangent};
  }
  // x^p for a constant p. The slope at p = 0 is 0 also at x = 0, where p x^(p-1) is 0 * infinity.
  template <class T>
  TESSERA_HD friend dual<T> pow(const dual<T>& x, double p) {
    using std::pow;
    if (p == 0) return {T(1), T(0)};
    return {T(pow(x.value, p)), T(p) * T(pow(x.value, p - 1)) * x.tangent};
  }

  // Both parts: an infinite derivative is a failure as well.
  template <class T>
  TESSERA_HD friend bool isfinite(const dual<T>& x) {
    using std::isfinite;
    return isfinite(x.value) && isfinite(x.tangent);
  }
};

}  // namespace detail

template <class T>
struct dual : detail::dual_operators {
  T value{}, tangent{};

  constexpr dual() = default;
  TESSERA_HD constexpr dual(const T& v, const T& t) : value(v), tangent(t) {}
  template <dual_constant<T> U>
  TESSERA_HD constexpr dual(const U& constant) : value(static_cast<T>(constant)) {}

  template <class U>
  TESSERA_HD constexpr dual& operator+=(const U& b) {
    return *this = *this + b;
  }
  template <class U>
  TESSERA_HD constexpr dual& operator-=(const U& b) {
    return *this = *this - b;
  }
  template <class U>
  TESSERA_HD constexpr dual& operator*=(const U& b) {
    return *this = *this * b;
  }
  template <class U>
  TESSERA_HD constexpr dual& operator/=(const U& b) {
    return *this = *this / b;
  }
};

// The plain number inside, whatever the nesting; plain numbers are their own. There is no
// conversion operator: losing a tangent silently would turn a wrong gradient into a zero one.
template <class T>
requires std::is_arithmetic_v<T> TESSERA_HD constexpr T primal(T x) { return x; }
template <class T>
TESSERA_HD constexpr auto primal(const dual<T>& x) {
  return primal(x.value);
}

}  // namespace tessera::inline v0

// Limits are those of the value, e.g. infinity() as the start of a maximum.
template <class T>
struct std::numeric_limits<tessera::dual<T>> : std::numeric_limits<T> {};
