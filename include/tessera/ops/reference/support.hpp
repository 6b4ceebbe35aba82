#pragma once
// What the reference kernels share: how they sum, how many rows an operand has, and how they write
// to outputs that may accumulate.

#include <cstdint>
#include <string>

#include "tessera/error.hpp"
#include "tessera/ops/arguments.hpp"

namespace tessera::inline v0::detail {

// The scalar that sums run in: double for float, else T itself.
template <class T>
struct accumulator {
  using type = T;
};
template <>
struct accumulator<float> {
  using type = double;
};
template <class T>
using accumulator_t = typename accumulator<T>::type;

// Rows of the last dimension, and copies of the whole extent: k * B^power is folded into both.
inline std::int64_t row_count(const operand& x) { return x.count / x.extent.last(); }
inline std::int64_t sample_count(const operand& x) { return x.count / x.extent.per_sample(); }

// Element i of an output: set, or added to where the operand says so.
template <class T>
void put(const operand& y, std::int64_t i, const accumulator_t<T>& x) {
  T& element = static_cast<T*>(y.data)[i];
  element = static_cast<T>(y.accumulate ? accumulator_t<T>(element) + x : x);
}

template <class T>
void fill(T* y, std::int64_t count, const T& x) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = x;
}

template <class T>
accumulator_t<T> dot(const T* a, const T* b, std::int64_t count) {
  accumulator_t<T> sum(0);
  for (std::int64_t i = 0; i < count; ++i) sum += accumulator_t<T>(a[i]) * accumulator_t<T>(b[i]);
  return sum;
}

// Indices may come from a caller: labels, orders of tokens.
// A setting that must be above 0.
inline double checked_positive(const char* operation, const char* what, double x) {
  if (!(x > 0)) throw error(operation, std::string(what) + " above 0", std::to_string(x));
  return x;
}

inline double checked_not_negative(const char* operation, const char* what, double x) {
  if (!(x >= 0)) throw error(operation, std::string(what) + " not below 0", std::to_string(x));
  return x;
}

inline std::int64_t checked(const char* operation, std::int64_t index, std::int64_t count) {
  if (index < 0 || index >= count)
    throw error(operation, "indices in [0, " + std::to_string(count) + ")", std::to_string(index));
  return index;
}

}  // namespace tessera::inline v0::detail
