#pragma once
// How far an accuracy measured on n samples may be from the true one: Wilson's 95 % interval,
//     (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n),   p = correct / n,
// z = 1.959964. It stays within [0, 1] and has a width at p = 0 and p = 1, which p -+ z sqrt(p (1 -
// p) / n) has not. Source: Wilson, "Probable inference, the law of succession, and statistical
// inference", JASA 1927.

#include "tessera/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace tessera::inline v0 {

// Nothing counted says nothing: [0, 1], not valid.
struct interval {
  double low = 0, high = 1;
  bool valid = false;

  friend constexpr bool operator==(const interval&, const interval&) = default;
};

// Throws tessera::error unless 0 <= correct <= count.
inline interval wilson_interval(std::int64_t correct, std::int64_t count) {
  if (correct < 0 || correct > count)
    throw error("wilson_interval", "0 <= correct <= count",
                std::to_string(correct) + " of " + std::to_string(count));
  if (count == 0) return {};
  constexpr double z = 1.959963984540054;  // the normal distribution's 97.5 % quantile
  const auto n = static_cast<double>(count);
  const double p = static_cast<double>(correct) / n, scale = 1 + z * z / n;
  const double middle = (p + z * z / (2 * n)) / scale;
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale;
  return {correct == 0 ? 0 : std::max(0.0, middle - half),
          correct == count ? 1 : std::min(1.0, middle + half), true};
}

}  // namespace tessera::inline v0
