#include <doctest/doctest.h>

#include "support/call.hpp"

using support::call;
using support::distance;
using support::inner_product;
using support::uneven;

TEST_CASE_TEMPLATE("unfold lays patches in rows, row-major", T, float, double) {
  const auto y = call<T>(2)
                     .sample({1, 2, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17})
                     .attributes({2, 2, 0, 0})
                     .template run<"unfold">();

  CHECK(distance(y.out(0), {0, 1, 4, 5, 2, 3, 6, 7, 10, 11, 14, 15, 12, 13, 16, 17}) == 0);
}

TEST_CASE("a patch lies as (channel, row, column), or as (row, column, channel) for targets") {
  const std::vector<double> image{0, 1, 2, 3, 4, 5, 6, 7};

  const auto kernel =
      call<double>().sample({2, 2, 2}, image).attributes({2, 2, 0, 0}).run<"unfold">();
  const auto target =
      call<double>().sample({2, 2, 2}, image).attributes({2, 2, 0, 1}).run<"unfold">();

  CHECK(distance(kernel.out(0), {0, 1, 2, 3, 4, 5, 6, 7}) == 0);
  CHECK(distance(target.out(0), {0, 4, 1, 5, 2, 6, 3, 7}) == 0);
}

TEST_CASE("patches of unfold overlap by their stride and reach into the padding") {
  const auto y =
      call<double>().sample({1, 2, 2}, {1, 2, 3, 4}).attributes({2, 1, 1, 0}).run<"unfold">();

  CHECK(distance(y.out(0), {0, 0, 0, 1, 0, 0, 1, 2, 0, 0, 2, 0, 0, 1, 0, 3, 1, 2,
                            3, 4, 2, 0, 4, 0, 0, 3, 0, 0, 3, 4, 0, 0, 4, 0, 0, 0}) == 0);
}

TEST_CASE("fold after unfold gives each pixel as often as patches cover it") {
  const auto x = uneven<double>(2 * 2 * 4 * 4);
  std::vector<double> four;
  for (const double v : x) four.push_back(4 * v);

  const auto tiles = call<double>(2).sample({2, 4, 4}, x).attributes({2, 2, 0, 1}).run<"unfold">();
  const auto back =
      call<double>(2).sample({4, 8}, tiles.out(0)).attributes({2, 2, 0, 1, 4, 4}).run<"fold">();
  const auto dense = call<double>(2).sample({2, 4, 4}, x).attributes({2, 1, 1, 0}).run<"unfold">();
  const auto sum =
      call<double>(2).sample({25, 8}, dense.out(0)).attributes({2, 1, 1, 0, 4, 4}).run<"fold">();

  CHECK(back.out(0) == x);
  CHECK(sum.out(0) == four);
}

TEST_CASE("fold is the adjoint of unfold") {
  for (const int order : {0, 1}) {  // 3 x 3 patches, stride 2, padding 1, on 5 x 4: 3 x 2 patches
    const auto x = uneven<double>(2 * 2 * 5 * 4), y = uneven<double>(2 * 6 * 18, 4);

    const auto unfolded =
        call<double>(2).sample({2, 5, 4}, x).attributes({3, 2, 1, order}).run<"unfold">();
    const auto folded =
        call<double>(2).sample({6, 18}, y).attributes({3, 2, 1, order, 5, 4}).run<"fold">();

    CHECK(inner_product(unfolded.out(0), y) == inner_product(x, folded.out(0)));
  }
}

TEST_CASE_TEMPLATE("normalise_patches divides by the deviation with divisor n - 1", T, float,
                   double) {
  const auto y = call<T>(2)
                     .sample({4}, {0.1, 0.4, 0.2, 0.9, 3, 3, 3, 3})
                     .setting(1e-6)
                     .template run<"normalise_patches">();

  CHECK(distance(y.out(0), {-0.842924, 0, -0.561949, 1.404873, 0, 0, 0, 0}) < 1e-6);
}
