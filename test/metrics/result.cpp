#include "tessera/metrics/metrics.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <span>

using namespace tessera;

using scores = std::span<const float>;
using labels = std::span<const int>;

static_assert(metric_accumulator<top_k, scores, labels>);
static_assert(metric_accumulator<mean_iou, scores, labels>);
static_assert(metric_accumulator<mean_iou, labels, labels>);
static_assert(metric_accumulator<calibration, scores, labels>);
static_assert(metric_accumulator<psnr, scores, scores, std::int64_t>);
static_assert(metric_accumulator<exit_speed_up, labels, labels, labels>);
static_assert(metric_accumulator<exit_speed_up, labels, scores, labels>);
static_assert(!metric_accumulator<top_k, scores>);
static_assert(!metric_accumulator<int, scores, labels>);

TEST_CASE("a ratio is valid if and only if something was counted") {
  CHECK(metric::ratio(3.0, 4) == metric{0.75, 4, true});
  CHECK(metric::ratio(std::int64_t{0}, 4) == metric{0, 4, true});
  CHECK(metric::ratio(0.0, 0) == metric{0, 0, false});
  CHECK(metric::ratio(5.0, 0) == metric{0, 0, false});
  CHECK_FALSE(metric{}.valid);
}
