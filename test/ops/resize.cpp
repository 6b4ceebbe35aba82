#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::inner_product;
using support::uneven;
using ts::resize_mode;

namespace {

constexpr resize_mode modes[] = {resize_mode::bilinear, resize_mode::nearest, resize_mode::bicubic,
                                 resize_mode::bilinear_antialias, resize_mode::bicubic_antialias};

// Larger, smaller, one of each, one row, one cell; whole multiples and parts.
constexpr ts::attributes sizes[] = {{3, 4, 7, 9}, {7, 9, 3, 4}, {5, 8, 9, 3}, {1, 6, 4, 4},
                                    {4, 5, 1, 1}, {2, 3, 6, 6}, {12, 9, 4, 3}, {40, 31, 3, 7}};

ts::attributes with(ts::attributes a, resize_mode mode) {
  a.e = static_cast<int>(mode);
  return a;
}

// One row of one channel.
std::vector<double> line(const std::vector<double>& x, int to, resize_mode mode) {
  const int from = static_cast<int>(x.size());
  return call<double>()
      .sample({from, 1}, x)
      .attributes(with({1, from, 1, to}, mode))
      .run<"resize_cells">()
      .out(0);
}
std::vector<double> grid(const std::vector<double>& x, const ts::attributes& a) {
  return call<double>().sample({a.a * a.b, 1}, x).attributes(a).run<"resize_cells">().out(0);
}

}  // namespace

TEST_CASE("nearest reads the cell that floor(i from / to) names") {
  CHECK(line({5, 6}, 4, resize_mode::nearest) == std::vector<double>{5, 5, 6, 6});
  CHECK(line({0, 1, 2, 3, 4}, 3, resize_mode::nearest) == std::vector<double>{0, 1, 3});
  CHECK(line({0, 1, 2}, 7, resize_mode::nearest) == std::vector<double>{0, 0, 0, 1, 1, 2, 2});
}

TEST_CASE("nearest counts in whole numbers: 49 times 1/49 is 1, which it is not in double") {
  const auto y = line({5, 6}, 98, resize_mode::nearest);

  CHECK(y[48] == 5);
  CHECK(y[49] == 6);
}

TEST_CASE("bicubic weighs four cells by the cubic of a = -3/4, and holds the edges") {
  // 2 -> 4 outputs lie at -1/4, 1/4, 3/4, 5/4; beyond the edges 0 and 1 go on. The first has
  // cubic(5/4) of the second cell, the next cubic(3/4) + cubic(7/4).
  CHECK(distance(line({0, 1}, 4, resize_mode::bicubic),
                 {-0.10546875, 0.2265625, 0.7734375, 1.10546875}) < 1e-15);
  // A unit ramp at offset t gives t^3 - 3/2 t^2 + 3/2 t: at 1/4 it is 19/64.
  const auto ramp = line({0, 1, 2, 3, 4, 5}, 12, resize_mode::bicubic);
  CHECK(ramp[5] == doctest::Approx(2 + 19.0 / 64).epsilon(1e-14));
  CHECK(ramp[6] == doctest::Approx(3 - 19.0 / 64).epsilon(1e-14));
}

TEST_CASE("bicubic with antialiasing weighs by the cubic of a = -1/2, and keeps a ramp straight") {
  const double near = 0.8671875, far = -0.0703125;  // cubic(1/4), cubic(5/4)
  const auto two = line({0, 1}, 4, resize_mode::bicubic_antialias);
  CHECK(two[0] == doctest::Approx(far / (near + far)).epsilon(1e-14));
  CHECK(two[3] == doctest::Approx(near / (near + far)).epsilon(1e-14));

  const auto ramp = line({0, 1, 2, 3, 4, 5}, 12, resize_mode::bicubic_antialias);
  for (std::size_t i = 4; i < 8; ++i)
    CHECK(ramp[i] == doctest::Approx(0.5 * (static_cast<double>(i) - 0.5)).epsilon(1e-14));
}

TEST_CASE("bilinear reads two cells, with antialiasing all under a triangle as wide as the step") {
  const std::vector<double> x{0, 10, 20, 30};
  const auto plain = line(x, 2, resize_mode::bilinear);
  const auto wide = line(x, 2, resize_mode::bilinear_antialias);

  CHECK(distance(plain, {5, 25}) < 1e-14);
  CHECK(wide[0] == doctest::Approx((10 * 0.75 + 20 * 0.25) / 1.75).epsilon(1e-14));
  CHECK(wide[1] == doctest::Approx((10 * 0.25 + 20 * 0.75 + 30 * 0.75) / 1.75).epsilon(1e-14));
}

TEST_CASE("antialiasing changes nothing of bilinear where the grid grows") {
  const ts::attributes a{3, 4, 7, 9};
  const auto x = uneven<double>(12);

  CHECK(distance(grid(x, with(a, resize_mode::bilinear_antialias)),
                 grid(x, with(a, resize_mode::bilinear))) < 1e-14);
}

TEST_CASE_TEMPLATE("in every mode the same size copies bit for bit", T, float, double) {
  for (const resize_mode mode : modes) {
    const auto x = uneven<T>(2 * 35 * 3);

    const auto y = call<T>(2)
                       .sample({35, 3}, x)
                       .attributes(with({5, 7, 5, 7}, mode))
                       .template run<"resize_cells">();

    CHECK(y.out(0) == x);
  }
}

TEST_CASE("in every mode a constant stays that constant") {
  for (const resize_mode mode : modes)
    for (const ts::attributes& a : sizes) {
      CAPTURE(static_cast<int>(mode));
      const std::vector<double> x(static_cast<std::size_t>(a.a * a.b), 0.7);

      const auto y = grid(x, with(a, mode));

      CHECK(distance(y, std::vector<double>(static_cast<std::size_t>(a.c * a.d), 0.7)) < 1e-14);
    }
}

TEST_CASE("in every mode a grid on its side gives the result on its side") {
  for (const resize_mode mode : modes)
    for (const ts::attributes& a : sizes) {
      const auto x = uneven<double>(a.a * a.b);
      std::vector<double> side;
      for (int u = 0; u < a.b; ++u)
        for (int v = 0; v < a.a; ++v) side.push_back(x[static_cast<std::size_t>(v * a.b + u)]);

      const auto y = grid(x, with(a, mode)), turned = grid(side, with({a.b, a.a, a.d, a.c}, mode));

      std::vector<double> back;
      for (int i = 0; i < a.c; ++i)
        for (int j = 0; j < a.d; ++j) back.push_back(turned[static_cast<std::size_t>(j * a.c + i)]);
      CHECK(distance(back, y) < 1e-14);
    }
}

TEST_CASE("in every mode the gradient is the adjoint: <A x, y> = <x, A^T y>") {
  for (const resize_mode mode : modes)
    for (const ts::attributes& a : sizes) {
      CAPTURE(static_cast<int>(mode));
      const auto x = uneven<double>(2 * a.a * a.b * 3);
      const auto y = uneven<double>(2 * a.c * a.d * 3, 4);

      const auto forward =
          call<double>(2).sample({a.a * a.b, 3}, x).attributes(with(a, mode)).run<"resize_cells">();
      const auto back = call<double>(2)
                            .sample({a.c * a.d, 3}, y)
                            .attributes(with(a, mode))
                            .run<"resize_cells_gradient">();

      CHECK(std::abs(inner_product(forward.out(0), y) - inner_product(x, back.out(0))) < 1e-11);
    }
}

TEST_CASE("cells that nearest skips have no gradient, those it repeats a sum") {
  const auto skipped = call<double>()
                           .sample({3, 1}, {1, 2, 3})
                           .attributes(with({1, 5, 1, 3}, resize_mode::nearest))
                           .run<"resize_cells_gradient">();
  const auto repeated = call<double>()
                            .sample({7, 1}, {1, 2, 3, 4, 5, 6, 7})
                            .attributes(with({1, 3, 1, 7}, resize_mode::nearest))
                            .run<"resize_cells_gradient">();

  CHECK(distance(skipped.out(0), {1, 2, 0, 3, 0}) == 0);
  CHECK(distance(repeated.out(0), {6, 9, 13}) == 0);
}

TEST_CASE("dual numbers carry the derivative along any direction") {
  for (const resize_mode mode : modes) {
    const ts::attributes a = with({3, 4, 5, 2}, mode);
    const auto x = uneven<double>(12), direction = uneven<double>(12, 5);

    const auto moving = call<ts::dual<double>>()
                            .sample({12, 1}, support::along(x, direction))
                            .attributes(a)
                            .run<"resize_cells">();

    CHECK(distance(support::tangents(moving.out(0)), grid(direction, a)) < 1e-14);
  }
}

TEST_CASE("an unknown mode and a grid of no cells are an issue of the graph") {
  const auto run = [](const ts::attributes& a) {
    call<double>().sample({6, 1}, std::vector<double>(6)).attributes(a).run<"resize_cells">();
  };

  CHECK_NOTHROW(run({2, 3, 1, 1, 4}));
  CHECK_THROWS_AS(run({2, 3, 1, 1, 5}), ts::error);
  CHECK_THROWS_AS(run({2, 3, 1, 1, -1}), ts::error);
  CHECK_THROWS_AS(run({2, 3, 0, 1, 2}), ts::error);
  CHECK_THROWS_AS(run({2, 4, 1, 1, 2}), ts::error);
}
