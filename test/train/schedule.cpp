#include <doctest/doctest.h>

#include "support/golden.hpp"
#include "tessera/train/schedule.hpp"

namespace ts = tessera;

TEST_CASE("a warm-up is a straight line from 0 to whatever follows") {
  CHECK(ts::warmup(0, 4, 2) == 0);
  CHECK(ts::warmup(1, 4, 2) == 0.5);
  CHECK(ts::warmup(4, 4, 2) == 2);
  CHECK(ts::warmup(9, 4, 2) == 2);
  CHECK(ts::warmup(0, 0, 2) == 2);
}

TEST_CASE("schedules begin at the peak, end at the least and stay there") {
  for (const double warm : {0.0, 3.0}) {
    CHECK(ts::warmup_cosine(warm, warm, 10, 2, 0.5) == 2);
    CHECK(ts::warmup_cosine(10, warm, 10, 2, 0.5) == 0.5);
    CHECK(ts::warmup_cosine(11, warm, 10, 2, 0.5) == 0.5);
    CHECK(ts::warmup_polynomial(warm, warm, 10, 2, 0.9, 0.5) == 2);
    CHECK(ts::warmup_polynomial(10, warm, 10, 2, 0.9, 0.5) == 0.5);
    CHECK(ts::warmup_polynomial(11, warm, 10, 2, 0.9, 0.5) == 0.5);
  }
}

TEST_CASE("thirty rates are those of PyTorch's schedulers") {
  const golden::file want("optimizers");
  const double milestones[] = {5, 12, 21};
  std::vector<double> cosine, polynomial, steps, multi, warm;
  for (int t = 0; t < 30; ++t) {
    cosine.push_back(ts::warmup_cosine(t, 0, 30, 0.1, 0.001));
    polynomial.push_back(ts::warmup_polynomial(t, 0, 30, 0.1, 0.9));
    steps.push_back(ts::step_decay(t, 7, 0.5, 0.1));
    multi.push_back(ts::step_decay(t, milestones, 0.1, 0.1));
    warm.push_back(ts::warmup(t, 8, 0.1));
  }

  CHECK(golden::relative(cosine, want["schedule.cosine"]) <= 1e-12);
  CHECK(golden::relative(polynomial, want["schedule.polynomial"]) <= 1e-12);
  CHECK(golden::relative(steps, want["schedule.step"]) <= 1e-12);
  CHECK(golden::relative(multi, want["schedule.multi_step"]) <= 1e-12);
  CHECK(golden::relative(warm, want["schedule.warmup"]) <= 1e-12);
}
