#pragma once
// Learning rates as functions of progress; t, warmup, total, every and milestones in any one unit
// (steps, epochs, rounds). They compose: warmup(t, 5, step_decay(t, 30, 0.1, peak)).

#include <cmath>
#include <span>

namespace tessera::inline v0 {

// Linear from 0 over `warmup`, then what `rate` is by then.
inline double warmup(double t, double warmup, double rate) {
  return t < warmup ? rate * t / warmup : rate;
}

// Linear warm-up from 0 to `peak` over `warmup`, then half a cosine down to `least` at `total`.
// Source: Loshchilov & Hutter 2017; MAE.
inline double warmup_cosine(double t, double warmup, double total, double peak, double least = 0) {
  if (t < warmup) return peak * t / warmup;
  if (t >= total) return least;
  const double at = (t - warmup) / (total - warmup);
  return least + (peak - least) * 0.5 * (1 + std::cos(3.14159265358979323846 * at));
}

// The same with (1 - progress)^power instead of the cosine; power 1 is a straight line.
inline double warmup_polynomial(double t, double warmup, double total, double peak, double power,
                                double least = 0) {
  if (t < warmup) return peak * t / warmup;
  if (t >= total) return least;
  return least + (peak - least) * std::pow(1 - (t - warmup) / (total - warmup), power);
}

// peak times factor^n: n whole spans of `every`, or milestones that t has reached.
inline double step_decay(double t, double every, double factor, double peak) {
  return peak * std::pow(factor, std::floor(t / every));
}
inline double step_decay(double t, std::span<const double> milestones, double factor, double peak) {
  for (const double m : milestones) peak *= t >= m ? factor : 1;
  return peak;
}

}  // namespace tessera::inline v0
