#include "tessera/metrics/interval.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

using namespace tessera;

TEST_CASE("the ends of Wilson's interval are the p0 from which the share is 1.96 deviations away") {
  for (const std::int64_t n : {1, 2, 33, 10'000}) {
    for (const std::int64_t k : {std::int64_t{0}, n / 3, n / 2, n}) {
      const auto count = static_cast<double>(n);
      const double p = static_cast<double>(k) / count;

      const interval i = wilson_interval(k, n);

      CHECK(i.valid);
      for (const double end : {i.low, i.high}) {
        if ((k == 0 && end == 0) || (k == n && end == 1)) continue;
        CHECK(std::abs(p - end) / std::sqrt(end * (1 - end) / count) ==
              doctest::Approx(1.959963984540054).epsilon(1e-9));
      }
      CHECK(i.low <= p);
      CHECK(p <= i.high);
    }
  }
}

TEST_CASE("90 % of 10 000 is known to 0.6 points") {
  const interval i = wilson_interval(9'000, 10'000);

  CHECK(std::abs((i.high - i.low) / 2 - 0.006) < 2e-4);
}

TEST_CASE("all wrong and all right touch the end, and still leave room for the other") {
  CHECK(wilson_interval(0, 10).low == 0);
  CHECK(wilson_interval(10, 10).high == 1);
  CHECK(wilson_interval(10, 10).low == doctest::Approx(0.7224672).epsilon(1e-6));
  CHECK(wilson_interval(0, 10).high == doctest::Approx(1 - 0.7224672).epsilon(1e-6));
}

TEST_CASE("more samples with the same share narrow the interval") {
  const interval few = wilson_interval(7, 10), many = wilson_interval(700, 1'000);

  CHECK(many.high - many.low < few.high - few.low);
}

TEST_CASE("without samples everything is possible and nothing is valid") {
  CHECK(wilson_interval(0, 0) == interval{0, 1, false});
}

TEST_CASE("counts that are no share are errors") {
  CHECK_THROWS_AS(wilson_interval(-1, 3), error);
  CHECK_THROWS_AS(wilson_interval(4, 3), error);
  CHECK_THROWS_AS(wilson_interval(0, -1), error);
}
