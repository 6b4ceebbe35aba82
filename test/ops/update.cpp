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
  y.slice({0, 1}).slice({1, 1, true, false}).slice({2, 1, false}).slice({3, 1, true, true, 0.5});

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

namespace {

// lr 0.1, momentum 0.9, decay 0.5
template <class T>
call<T> with_momentum(std::vector<T> w, std::vector<T> g, std::vector<T> v) {
  const int n = static_cast<int>(w.size());
  call<T> c;
  c.weight({n}, std::move(w)).weight({n}, std::move(g)).weight({n}, std::move(v)).in_place(0);
  for (const double s : {0.1, 0.9, 0.5}) c.setting(s);
  return c;
}

}  // namespace

TEST_CASE_TEMPLATE("clip_by_value bounds each component of what is trained", T, float, double) {
  const auto clip = [](double limit) {
    return call<T>()
        .weight({4}, {3, -4, 0.5, 9})
        .setting(limit)
        .slice({0, 3})
        .slice({3, 1, false})
        .in_place(0)
        .template run<"clip_by_value">()
        .in(0);
  };

  CHECK(distance(clip(1), {1, -1, 0.5, 9}) == 0);
  CHECK(distance(clip(0), {3, -4, 0.5, 9}) == 0);
}

TEST_CASE_TEMPLATE("sgd follows two steps worked by hand, with and without decay", T, float,
                   double) {
  // Step 1, decaying: d = 2 + 0.5 = 2.5 = v, w = 1 - 0.25. The other: v = 2, w = 0.8.
  // Step 2: d = -1 + 0.375, v = 2.25 - 0.625, w = 0.75 - 0.1625; v = 1.8 - 1, w = 0.8 - 0.08.
  auto first = with_momentum<T>({1, 1}, {2, 2}, {0, 0});
  first.slice({0, 1}).slice({1, 1, true, false}).template run<"sgd">();
  auto second = with_momentum<T>(first.in(0), {-1, -1}, first.in(2));
  second.slice({0, 1}).slice({1, 1, true, false}).template run<"sgd">();

  CHECK(distance(first.in(0), {0.75, 0.8}) < 1e-7);
  CHECK(distance(second.in(0), {0.5875, 0.72}) < 1e-7);
  CHECK(distance(second.in(2), {1.625, 0.8}) < 1e-6);
}

TEST_CASE_TEMPLATE("Nesterov's momentum looks one step ahead", T, float, double) {
  auto y = with_momentum<T>({1}, {2}, {1});  // d = 2.5, v = 3.4, w = 1 - 0.1 (2.5 + 3.06)

  y.attributes({1}).template run<"sgd">();

  CHECK(distance(y.in(0), {0.444}) < 1e-7);
  CHECK(distance(y.in(2), {3.4}) < 1e-6);
}

TEST_CASE_TEMPLATE("lars scales the change of each decaying slice to its weights", T, float,
                   double) {
  // (3, 4) of norm 5; g + w / 2 = (0, 2) of norm 2: by 0.02 * 5 / 2 = 0.05, so d = (0, 0.1).
  // A slice of zeros and one that does not decay: plain sgd.
  auto y = with_momentum<T>({3, 4, 0, 7, 1}, {-1.5, 0, 2, 2, 5}, {0, 1, 0, 0, 0});
  y.setting(0.02).slice({0, 2}).slice({2, 1}).slice({3, 1, true, false, 0.5}).slice({4, 1, false});

  y.template run<"lars">();

  CHECK(distance(y.in(0), {3, 3.9, -0.2, 6.9, 1}) < 1e-6);
  CHECK(distance(y.in(2), {0, 1, 2, 2, 0}) < 1e-6);
}
