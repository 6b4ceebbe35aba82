#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::inner_product;
using support::uneven;

namespace {

std::vector<double> counted(int count) {
  std::vector<double> x;
  for (int i = 0; i < count; ++i) x.push_back(i);
  return x;
}

// Side 3 x 5; kernel, stride, padding.
const ts::attributes kernels[] = {{3, 5, 1, 1, 0}, {3, 5, 3, 1, 1}, {3, 5, 2, 2, 0},
                                  {3, 5, 3, 2, 1}, {3, 5, 3, 3, 0}, {3, 5, 5, 1, 2}};

// <L x, y> = <x, L^T y> for the op and its gradient, on a grid of 4 channels per sample.
template <ts::name Op, ts::name Adjoint>
void check_adjoint(const ts::attributes& a, int cells) {
  const auto x = uneven<double>(2 * cells * 4);
  const auto forward = call<double>(2).sample({cells, 4}, x).attributes(a).template run<Op>();
  const auto extent = forward.out_shape(0);
  const auto y = uneven<double>(static_cast<int>(extent.count(2)), 4);

  const auto back = call<double>(2)
                        .sample({extent.dims[0], extent.dims[1]}, y)
                        .attributes(a)
                        .template run<Adjoint>();

  CHECK(inner_product(forward.out(0), y) ==
        doctest::Approx(inner_product(x, back.out(0))).epsilon(1e-14));
}

}  // namespace

TEST_CASE("unfold_cells reads a grid as unfold reads the image of the same channels") {
  const auto tokens = uneven<double>(2 * 15 * 2);
  std::vector<double> image(tokens.size());  // (B, 2, 3, 5) of (B, 15, 2)
  for (std::size_t i = 0; i < tokens.size(); ++i)
    image[(i / 30 * 2 + i % 2) * 15 + i / 2 % 15] = tokens[i];

  for (const ts::attributes& a : kernels) {
    const auto cells = call<double>(2).sample({15, 2}, tokens).attributes(a).run<"unfold_cells">();
    const auto pixels = call<double>(2)
                            .sample({2, 3, 5}, image)
                            .attributes({a.c, a.d, a.e})
                            .run<"unfold">();

    CHECK(cells.out(0) == pixels.out(0));
    CHECK(cells.out_shape(0) == pixels.out_shape(0));
  }
}

TEST_CASE_TEMPLATE("fold_cells adds up what overlaps", T, float, double) {
  // Two 2 x 2 kernels on 2 x 3 cells share the middle column.
  const auto y = call<T>()
                     .sample({2, 4}, {1, 2, 3, 4, 10, 20, 30, 40})
                     .attributes({2, 3, 2, 1, 0})
                     .template run<"fold_cells">();

  CHECK(distance(y.out(0), {1, 12, 20, 3, 34, 40}) == 0);
}

TEST_CASE_TEMPLATE("merge_cells joins 2 x 2 cells down first, zeros beyond odd sides", T, float,
                   double) {
  const auto even = call<T>()
                        .sample({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})
                        .attributes({2, 2})
                        .template run<"merge_cells">();
  const auto odd =
      call<T>().sample({3, 1}, {1, 2, 3}).attributes({1, 3}).template run<"merge_cells">();

  CHECK(distance(even.out(0), {1, 2, 5, 6, 3, 4, 7, 8}) == 0);
  CHECK(distance(odd.out(0), {1, 0, 2, 0, 3, 0, 0, 0}) == 0);
}

TEST_CASE("unmerge_cells gives a grid back from its merged cells, also of odd sides") {
  for (const ts::attributes& a : {ts::attributes{4, 6}, {5, 3}, {1, 1}, {2, 7}}) {
    const auto x = uneven<double>(2 * a.a * a.b * 3);

    const auto merged =
        call<double>(2).sample({a.a * a.b, 3}, x).attributes(a).run<"merge_cells">();
    const auto back = call<double>(2)
                          .sample({(a.a + 1) / 2 * ((a.b + 1) / 2), 12}, merged.out(0))
                          .attributes(a)
                          .run<"unmerge_cells">();

    CHECK(back.out(0) == x);
  }
}

TEST_CASE_TEMPLATE("split_cells makes 2 x 2 cells of each, from runs of four channels", T, float,
                   double) {
  const auto one = call<T>()
                       .sample({1, 8}, {0, 1, 2, 3, 4, 5, 6, 7})
                       .attributes({1, 1})
                       .template run<"split_cells">();
  const auto row = call<T>()
                       .sample({2, 4}, {0, 1, 2, 3, 10, 11, 12, 13})
                       .attributes({1, 2})
                       .template run<"split_cells">();

  CHECK(distance(one.out(0), {0, 4, 1, 5, 2, 6, 3, 7}) == 0);
  CHECK(distance(row.out(0), {0, 1, 10, 11, 2, 3, 12, 13}) == 0);
}

TEST_CASE("unsplit_cells undoes split_cells, and splitting merged cells loses nothing") {
  const auto x = counted(2 * 4 * 6 * 4);

  const auto split = call<double>(2).sample({24, 4}, x).attributes({4, 6}).run<"split_cells">();
  const auto back =
      call<double>(2).sample({96, 1}, split.out(0)).attributes({4, 6}).run<"unsplit_cells">();
  const auto merged = call<double>(2).sample({24, 4}, x).attributes({4, 6}).run<"merge_cells">();
  auto again =
      call<double>(2).sample({6, 16}, merged.out(0)).attributes({2, 3}).run<"split_cells">().out(0);
  const bool moved = again != x;
  std::sort(again.begin(), again.end());

  CHECK(back.out(0) == x);
  CHECK(moved);  // merging orders places before channels, splitting channels before places
  CHECK(again == x);
}

TEST_CASE("every third cell of 14 x 14 is in rows and columns 0, 3, 6, 9 and 12") {
  const auto y =
      call<double>().sample({196, 1}, counted(196)).attributes({14, 14, 3}).run<"select_cells">();

  std::vector<double> want;
  for (const int row : {0, 3, 6, 9, 12})
    for (const int column : {0, 3, 6, 9, 12}) want.push_back(14 * row + column);
  CHECK(y.out(0) == want);
}

TEST_CASE_TEMPLATE("place_cells puts selected cells back and zeros elsewhere", T, float, double) {
  const auto y = call<T>(2)
                     .sample({2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})
                     .attributes({2, 3, 2})
                     .template run<"place_cells">();

  CHECK(distance(y.out(0), {1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0,  //
                            5, 6, 0, 0, 7, 8, 0, 0, 0, 0, 0, 0}) == 0);
}

TEST_CASE_TEMPLATE("pool_max takes the largest of each pool and says where, the first of equals", T,
                   float, double) {
  // 2 x 5 cells of 2 channels; the last column is in no pool.
  const auto y = call<T>()
                     .sample({10, 2}, {1, 5, 2, 5, 7, -1, 7, -2, 99, 99,  //
                                       0, 5, 4, 5, 7, -3, 6, -1, 99, 99})
                     .attributes({2, 5, 2})
                     .template run<"pool_max">();
  const auto d = call<T>()
                     .sample({2, 2}, {10, 20, 30, 40})
                     .index({2, 2}, y.index_out(1))
                     .attributes({2, 5, 2})
                     .template run<"pool_max_gradient">();

  CHECK(distance(y.out(0), {4, 5, 7, -1}) == 0);
  CHECK(y.index_out(1) == std::vector<std::int32_t>{3, 0, 0, 0});
  CHECK(distance(d.out(0), {0, 20, 0, 0, 30, 40, 0, 0, 0, 0,  //
                            0, 0, 10, 0, 0, 0, 0, 0, 0, 0}) == 0);
}

TEST_CASE("pool_max does not hide what is not a number") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto y =
      call<double>().sample({4, 1}, {9, nan, 10, nan}).attributes({2, 2, 2}).run<"pool_max">();

  CHECK(std::isnan(y.out(0)[0]));
  CHECK(y.index_out(1)[0] == 1);
}

TEST_CASE("resizing to the same size is the identity, and a constant stays constant") {
  const auto x = uneven<double>(2 * 12 * 3);

  const auto same =
      call<double>(2).sample({12, 3}, x).attributes({3, 4, 3, 4}).run<"resize_cells">();
  const auto larger = call<double>()
                          .sample({12, 1}, std::vector<double>(12, 0.7))
                          .attributes({3, 4, 7, 5})
                          .run<"resize_cells">();
  const auto smaller = call<double>()
                           .sample({12, 1}, std::vector<double>(12, 0.7))
                           .attributes({3, 4, 2, 1})
                           .run<"resize_cells">();

  CHECK(same.out(0) == x);
  CHECK(distance(larger.out(0), std::vector<double>(35, 0.7)) < 1e-15);
  CHECK(distance(smaller.out(0), std::vector<double>(2, 0.7)) < 1e-15);
}

TEST_CASE_TEMPLATE("resize_cells agrees with PyTorch", T, float, double) {
  // torch 2.15: interpolate(x, size, mode="bilinear", align_corners=False) of uneven(gh gw) in
  // float64.
  const auto resized = [](const ts::attributes& a) {
    return call<T>()
        .sample({a.a * a.b, 1}, uneven<T>(a.a * a.b))
        .attributes(a)
        .template run<"resize_cells">()
        .out(0);
  };
  const double tolerance = sizeof(T) == 8 ? 1e-14 : 1e-6;

  CHECK(distance(resized({2, 3, 3, 5}), {-0.75, -0.05, 1, 0.1, -0.5, 0.25, 0.3, 0.375, 0.45, 0.5,
                                         1.25, 0.65, -0.25, 0.8, 1.5}) < tolerance);
  CHECK(distance(resized({5, 4, 2, 3}), {-0.0833333333333334, 0.625, -0.6979166666666665, 0.625,
                                         0.25, -0.1249999999999996}) < tolerance);
  CHECK(distance(resized({1, 3, 2, 2}), {-0.3125, -0.125, -0.3125, -0.125}) < tolerance);
  CHECK(distance(resized({4, 4, 3, 7}),
                 {-0.6666666666666666, -0.0416666666666668, 0.9583333333333331, 0.3333333333333333,
                  -0.3303571428571432, 0.3601190476190476,  0.7916666666666667, 0.0,
                  0.0446428571428571,  0.1160714285714286,  0.1875,             0.1428571428571432,
                  -0.7142857142857142, -1.25,               0.6666666666666665, 0.1309523809523809,
                  -0.7261904761904763, 0.0416666666666665,  0.8095238095238098, -0.0476190476190477,
                  -0.5833333333333335}) < tolerance);
}

TEST_CASE("the gradients of the moves of cells are their adjoints") {
  for (const ts::attributes& a : kernels) check_adjoint<"unfold_cells", "fold_cells">(a, 15);
  for (const ts::attributes& a : {ts::attributes{4, 6}, {5, 3}, {1, 2}}) {
    check_adjoint<"merge_cells", "unmerge_cells">(a, a.a * a.b);
    check_adjoint<"split_cells", "unsplit_cells">(a, a.a * a.b);
  }
  for (const int step : {1, 2, 3, 7})
    check_adjoint<"select_cells", "place_cells">({5, 7, step}, 35);
  for (const ts::attributes& a : {ts::attributes{3, 4, 7, 5}, {5, 4, 2, 3}, {1, 3, 4, 3}})
    check_adjoint<"resize_cells", "resize_cells_gradient">(a, a.a * a.b);
}

TEST_CASE("kernels, steps, pools and sides that do not fit are an issue of the graph") {
  const auto run = [](auto op, int cells, int channels, const ts::attributes& a) {
    call<double> c;
    c.sample({cells, channels}, std::vector<double>(std::size_t(cells * channels))).attributes(a);
    op(c);
  };
  const auto unfold = [](call<double>& c) { c.run<"unfold_cells">(); };
  const auto fold = [](call<double>& c) { c.run<"fold_cells">(); };
  const auto select = [](call<double>& c) { c.run<"select_cells">(); };
  const auto split = [](call<double>& c) { c.run<"split_cells">(); };
  const auto pool = [](call<double>& c) { c.run<"pool_max">(); };
  const auto resize = [](call<double>& c) { c.run<"resize_cells">(); };

  CHECK_NOTHROW(run(unfold, 6, 4, {2, 3, 2, 1, 0}));
  CHECK_THROWS_AS(run(unfold, 6, 4, {2, 3, 3, 1, 0}), ts::error);
  CHECK_THROWS_AS(run(unfold, 6, 4, {2, 3, 2, 0, 0}), ts::error);
  CHECK_THROWS_AS(run(unfold, 5, 4, {2, 3, 2, 1, 0}), ts::error);
  CHECK_NOTHROW(run(fold, 2, 4, {2, 3, 2, 1, 0}));
  CHECK_THROWS_AS(run(fold, 3, 4, {2, 3, 2, 1, 0}), ts::error);
  CHECK_THROWS_AS(run(fold, 2, 6, {2, 3, 2, 1, 0}), ts::error);
  CHECK_THROWS_AS(run(fold, 2, 4, {2, 3, 0, 1, 0}), ts::error);
  CHECK_THROWS_AS(run(select, 6, 4, {2, 3, 0}), ts::error);
  CHECK_THROWS_AS(run(split, 6, 6, {2, 3}), ts::error);
  CHECK_THROWS_AS(run(pool, 6, 4, {2, 3, 0}), ts::error);
  CHECK_THROWS_AS(run(pool, 6, 4, {2, 3, 3}), ts::error);
  CHECK_THROWS_AS(run(resize, 6, 4, {2, 3, 0, 4}), ts::error);
}
