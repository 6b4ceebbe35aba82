#pragma once
// Learning rates as functions of progress.

#include <cmath>

namespace tessera::inline v0 {

// Linear warm-up from 0 to `peak` over `warmup`, then half a cosine down to `least` at `total`; t,
// warmup and total in any one unit (steps, epochs, rounds). Source: Loshchilov & Hutter 2017; MAE.
inline double warmup_cosine(double t, double warmup, double total, double peak, double least = 0) {
  if (t < warmup) return peak * t / warmup;
  if (t >= total) return least;
  const double at = (t - warmup) / (total - warmup);
  return least + (peak - least) * 0.5 * (1 + std::cos(3.14159265358979323846 * at));
}

}  // namespace tessera::inline v0
