#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::inner_product;
using support::uneven;

namespace {

// Grid, window, shift: tiled, padded, shifted, none of it square.
const ts::attributes cuts[] = {{4, 4, 2, 2, 0, 0}, {8, 8, 4, 4, 2, 2}, {5, 7, 3, 2, 1, 1},
                               {3, 9, 4, 4, 2, 3}, {6, 4, 3, 4, 0, 2}, {2, 3, 5, 1, 1, 0}};

int windows_of(const ts::attributes& a) {
  return ts::windows_along(a.a, a.c) * ts::windows_along(a.b, a.d);
}

}  // namespace

TEST_CASE_TEMPLATE("to_windows rolls, pads and cuts the grid, in this order", T, float, double) {
  // 1 2 3     5 6 4     5 6 | 4 0
  // 4 5 6     2 3 1     2 3 | 1 0
  const auto y = call<T>()
                     .sample({6, 1}, {1, 2, 3, 4, 5, 6})
                     .attributes({2, 3, 2, 2, 1, 1})
                     .template run<"to_windows">();

  const auto column = call<T>()
                          .sample({3, 1}, {1, 2, 3})
                          .attributes({3, 1, 3, 1, 1, 0})
                          .template run<"to_windows">();

  CHECK(distance(y.out(0), {5, 6, 2, 3, 4, 0, 1, 0}) == 0);
  CHECK(distance(column.out(0), {2, 3, 1}) == 0);
  CHECK(y.out_shape(0) == ts::shape{2, 1, 2, {4, 1}});
}

TEST_CASE("windows of a sample lie one after the other, channels stay together") {
  const auto y = call<double>(2)
                     .sample({2, 2}, {1, 10, 2, 20, 3, 30, 4, 40})
                     .attributes({2, 1, 1, 1})
                     .run<"to_windows">();

  CHECK(distance(y.out(0), {1, 10, 2, 20, 3, 30, 4, 40}) == 0);
}

TEST_CASE_TEMPLATE("windows put together again are the grid", T, float, double) {
  for (const ts::attributes& a : cuts) {
    const auto x = uneven<T>(2 * 2 * a.a * a.b * 3);

    const auto cut =
        call<T>(2).sample({a.a * a.b, 3}, x, 2).attributes(a).template run<"to_windows">();
    const auto whole = call<T>(2)
                           .sample({a.c * a.d, 3}, cut.out(0), 2 * windows_of(a))
                           .attributes(a)
                           .template run<"from_windows">();

    CHECK(whole.out(0) == x);
    CHECK(whole.out_shape(0) == ts::shape{2, 1, 2, {a.a * a.b, 3}});
  }
}

TEST_CASE("from_windows is the adjoint of to_windows") {
  for (const ts::attributes& a : cuts) {
    const auto x = uneven<double>(2 * a.a * a.b * 3);
    const auto y = uneven<double>(2 * windows_of(a) * a.c * a.d * 3, 4);

    const auto cut = call<double>(2).sample({a.a * a.b, 3}, x).attributes(a).run<"to_windows">();
    const auto whole = call<double>(2)
                           .sample({a.c * a.d, 3}, y, windows_of(a))
                           .attributes(a)
                           .run<"from_windows">();

    CHECK(inner_product(cut.out(0), y) == inner_product(x, whole.out(0)));
  }
}

TEST_CASE("windows that do not fit are an issue of the graph") {
  const auto cut = [](int cells, const ts::attributes& a) {
    call<double>().sample({cells, 1}, std::vector<double>(std::size_t(cells))).attributes(a)
        .run<"to_windows">();
  };
  CHECK_NOTHROW(cut(6, {2, 3, 2, 2}));
  CHECK_THROWS_AS(cut(5, {2, 3, 2, 2}), ts::error);
  CHECK_THROWS_AS(cut(6, {2, 3, 0, 2}), ts::error);
  CHECK_THROWS_AS(cut(6, {2, 3, 2, -1}), ts::error);
  CHECK_THROWS_AS(call<double>()
                      .sample({4, 1}, std::vector<double>(12), 3)
                      .attributes({2, 3, 2, 2})
                      .run<"from_windows">(),
                  ts::error);
}

TEST_CASE_TEMPLATE("relative_bias of a 2 x 2 window reads rows by how far tokens lie apart", T,
                   float, double) {
  const auto one = call<T>()
                       .weight({9, 1}, {0, 1, 2, 3, 4, 5, 6, 7, 8})
                       .attributes({2, 2})
                       .template run<"relative_bias">();
  const auto two = call<T>()
                       .weight({3, 2}, {0, 10, 1, 11, 2, 12})
                       .attributes({1, 2})
                       .template run<"relative_bias">();

  CHECK(distance(one.out(0), {4, 3, 1, 0, 5, 4, 2, 1, 7, 6, 4, 3, 8, 7, 5, 4}) == 0);
  CHECK(distance(two.out(0), {1, 0, 2, 1, 11, 10, 12, 11}) == 0);
}

TEST_CASE("relative_bias_gradient is the adjoint of relative_bias and adds onto what is there") {
  const auto table = uneven<double>(15 * 2), dbias = uneven<double>(2 * 36, 4);

  const auto bias =
      call<double>(2).weight({15, 2}, table).attributes({2, 3}).run<"relative_bias">();
  const auto dtable = call<double>(2)
                          .weight({2, 6, 6}, dbias)
                          .attributes({2, 3})
                          .run<"relative_bias_gradient">();
  const auto sum = call<double>(2)
                       .weight({2, 6, 6}, dbias)
                       .attributes({2, 3})
                       .add_onto(0, std::vector<double>(30, 5.0))
                       .run<"relative_bias_gradient">();

  CHECK(inner_product(bias.out(0), dbias) == inner_product(table, dtable.out(0)));
  CHECK(sum.out(0)[7] == dtable.out(0)[7] + 5);
}
