#pragma once
// What every metric answers, and what every accumulator of a metric can do.
//     value = numerator / denominator,   count = how many things were counted or averaged over
// An empty denominator is no number: valid is false, value 0. Accumulators hold integer counts and
// sums in double, never averages, so a metric over shards is that over the whole: merge() commutes
// and associates, exactly for counts and up to rounding for sums. Threads and federated clients
// each fill one accumulator.
//
// Common to all: scores that are NaN or infinite, sizes that do not fit and labels that are no
// class are a tessera::error; update() and merge() then leave the accumulator as it was. A batch
// of zero rows is allowed and counts nothing.

#include <concepts>
#include <cstdint>

namespace tessera::inline v0 {

struct metric {
  double value = 0;
  std::int64_t count = 0;
  bool valid = false;

  // sum / count; not valid without a count.
  static constexpr metric ratio(double sum, std::int64_t count) {
    return count > 0 ? metric{sum / static_cast<double>(count), count, true} : metric{};
  }
  static constexpr metric ratio(std::int64_t part, std::int64_t count) {
    return ratio(static_cast<double>(part), count);
  }
  friend constexpr bool operator==(const metric&, const metric&) = default;
};

// M takes batches made of these arguments, takes in another M, and gives one number.
template <class M, class... Batch>
concept metric_accumulator = std::copyable<M> && requires(M all, const M part, Batch... batch) {
  all.update(batch...);
  all.merge(part);
  { part.result() } -> std::same_as<metric>;
};

}  // namespace tessera::inline v0
