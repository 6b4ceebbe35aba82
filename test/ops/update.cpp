#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;

TEST_CASE_TEMPLATE("clip_by_norm shortens a long gradient to the limit and leaves a short one", T,
                   float, double) {
  const auto clip = [](double limit) {
    return call<T>()
        .weight({2}, {3, 4})
        .setting(limit)
        .in_place(0)
        .template run<"clip_by_norm">()
        .in(0);
  };

  CHECK(distance(clip(1), {0.6, 0.8}) < 1e-6);
  CHECK(distance(clip(10), {3, 4}) == 0);
  CHECK(distance(clip(0), {3, 4}) == 0);
}

TEST_CASE("clip_by_norm neither counts nor touches frozen slices") {
  const auto y = call<double>()
                     .weight({4}, {3, 1000, 4, 0})
                     .setting(1)
                     .slice({0, 1})
                     .slice({1, 1, false})
                     .slice({2, 2})
                     .in_place(0)
                     .run<"clip_by_norm">();

  CHECK(distance(y.in(0), {0.6, 1000, 0.8, 0}) < 1e-15);
}

namespace {

template <class T>
call<T> adamw(std::vector<T> w, std::vector<T> g, std::vector<T> m, std::vector<T> v, double step) {
  const int n = static_cast<int>(w.size());
  call<T> c;
  c.weight({n}, std::move(w)).weight({n}, std::move(g)).weight({n}, std::move(m));
  c.weight({n}, std::move(v)).in_place(0);
  for (const double s : {0.1, 0.9, 0.999, 1e-8, 0.01, step}) c.setting(s);
  return c;
}

}  // namespace

TEST_CASE_TEMPLATE("adamw follows two steps worked by hand", T, float, double) {
  // Step 1: w = 0.999, m/(1-b1) = 0.5, v/(1-b2) = 0.25, so w = 0.999 - 0.1.
  // Step 2: m = -0.055, over 0.19; v = 0.00124975, over 0.001999.
  auto first = adamw<T>({1}, {0.5}, {0}, {0}, 1);
  first.template run<"adamw">();
  auto second = adamw<T>(first.in(0), {-1}, first.in(2), first.in(3), 2);
  second.template run<"adamw">();

  CHECK(distance(first.in(0), {0.899000002}) < 1e-7);
  CHECK(distance(first.in(2), {0.05}) < 1e-8);
  CHECK(distance(first.in(3), {0.00025}) < 1e-10);
  CHECK(distance(second.in(0), {0.934711354}) < 1e-6);
  CHECK(distance(second.in(2), {-0.055}) < 1e-8);
  CHECK(distance(second.in(3), {0.00124975}) < 1e-9);
}

TEST_CASE("slices say what adamw trains, what decays and how fast it learns") {
  auto y = adamw<double>({1, 1, 1, 1}, {0.5, 0.5, 0.5, 0.5}, {0, 0, 0, 0}, {0, 0, 0, 0}, 1);
  y.slice({0, 1}).slice({1, 1, true, false}).slice({2, 1, false}).slice({3, 1, true, true, 0.5f});

  y.run<"adamw">();

  CHECK(distance(y.in(0), {0.899, 0.9, 1, 0.9495}) < 1e-8);
  CHECK(distance(y.in(2), {0.05, 0.05, 0, 0.05}) < 1e-15);
}

TEST_CASE_TEMPLATE("ema moves the average towards the weights", T, float, double) {
  const auto y = call<T>()
                     .weight({2}, {20, 0})
                     .weight({2}, {10, 8})
                     .setting(0.75)
                     .slice({0, 1})
                     .slice({1, 1, false})
                     .in_place(1)
                     .template run<"ema">();

  CHECK(distance(y.in(1), {12.5, 0}) == 0);  // what is not trained is copied
}
