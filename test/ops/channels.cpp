#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::inner_product;
using support::uneven;

TEST_CASE_TEMPLATE("scale_channels multiplies each channel by its own factor", T, float, double) {
  const auto y = call<T>(2)
                     .sample({2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})
                     .weight({2}, {10, -1})
                     .template run<"scale_channels">();

  CHECK(distance(y.out(0), {10, -2, 30, -4, 50, -6, 70, -8}) == 0);
}

TEST_CASE_TEMPLATE("the gradient of the factors sums over rows and adds onto what is there", T,
                   float, double) {
  const auto d = call<T>(2)
                     .sample({2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})
                     .sample({2, 2}, {1, 0, 1, 1, 0, 2, 1, 1})
                     .add_onto(0, {100, 200})
                     .template run<"scale_channels_gradient">();

  CHECK(distance(d.out(0), {111, 224}) == 0);
}

TEST_CASE_TEMPLATE("concat_channels joins each row of one with that of the other", T, float,
                   double) {
  const auto y = call<T>(2)
                     .sample({2, 1}, {1, 2, 3, 4})
                     .sample({2, 2}, {10, 11, 20, 21, 30, 31, 40, 41})
                     .template run<"concat_channels">();

  CHECK(distance(y.out(0), {1, 10, 11, 2, 20, 21, 3, 30, 31, 4, 40, 41}) == 0);
}

TEST_CASE_TEMPLATE("slice_channels takes a run of channels, pad_channels puts it back", T, float,
                   double) {
  const auto y = call<T>()
                     .sample({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})
                     .attributes({1, 2})
                     .template run<"slice_channels">();
  const auto x =
      call<T>().sample({2, 2}, y.out(0)).attributes({1, 0, 4}).template run<"pad_channels">();

  CHECK(distance(y.out(0), {2, 3, 6, 7}) == 0);
  CHECK(distance(x.out(0), {0, 2, 3, 0, 0, 6, 7, 0}) == 0);
}

TEST_CASE("slices of what was joined are the parts") {
  const auto a = uneven<double>(2 * 3 * 2), b = uneven<double>(2 * 3 * 5, 4);

  const auto joined =
      call<double>(2).sample({3, 2}, a).sample({3, 5}, b).run<"concat_channels">().out(0);
  const auto slice = [&](int first, int count) {
    return call<double>(2).sample({3, 7}, joined).attributes({first, count})
        .run<"slice_channels">().out(0);
  };

  CHECK(slice(0, 2) == a);
  CHECK(slice(2, 5) == b);
}

TEST_CASE("pad_channels is the adjoint of slice_channels") {
  const auto x = uneven<double>(2 * 3 * 7), y = uneven<double>(2 * 3 * 4, 4);

  const auto part =
      call<double>(2).sample({3, 7}, x).attributes({2, 4}).run<"slice_channels">();
  const auto whole =
      call<double>(2).sample({3, 4}, y).attributes({2, 0, 7}).run<"pad_channels">();

  CHECK(inner_product(part.out(0), y) == inner_product(x, whole.out(0)));
}

TEST_CASE("channels outside the rows, and rows that differ, are an issue of the graph") {
  const std::vector<double> x(8);
  const auto slice = [&](int first, int count) {
    call<double>().sample({2, 4}, x).attributes({first, count}).run<"slice_channels">();
  };
  const auto pad = [&](int first, int count) {
    call<double>().sample({2, 4}, x).attributes({first, 0, count}).run<"pad_channels">();
  };
  CHECK_NOTHROW(slice(1, 3));
  CHECK_THROWS_AS(slice(2, 3), ts::error);
  CHECK_THROWS_AS(slice(-1, 2), ts::error);
  CHECK_THROWS_AS(slice(1, 0), ts::error);
  CHECK_NOTHROW(pad(1, 5));
  CHECK_THROWS_AS(pad(2, 5), ts::error);
  CHECK_THROWS_AS(pad(-1, 5), ts::error);
  CHECK_THROWS_AS(call<double>().sample({2, 4}, x).sample({4, 2}, x).run<"concat_channels">(),
                  ts::error);
  CHECK_THROWS_AS(call<double>().sample({2, 4}, x).weight({2, 4}, x).run<"concat_channels">(),
                  ts::error);
  CHECK_THROWS_AS(call<double>().sample({2, 4}, x).weight({2, 4}, x).run<"scale_channels">(),
                  ts::error);
}

TEST_CASE_TEMPLATE("normalise_channels moves each channel of an image by its own statistics", T,
                   float, double) {
  // Two channels of three pixels; two samples.
  const auto y = call<T>(2)
                     .sample({2, 1, 3}, {1, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60})
                     .attributes({2})
                     .setting(2)
                     .setting(0.5)
                     .setting(10)
                     .setting(20)
                     .template run<"normalise_channels">();
  const auto d = call<T>()
                     .sample({2, 1, 3}, {1, 2, 3, 10, 20, 30})
                     .attributes({2})
                     .setting(2)
                     .setting(0.5)
                     .setting(10)
                     .setting(20)
                     .template run<"normalise_channels_gradient">();

  CHECK(distance(y.out(0), {-2, 0, 2, 0, 0.5, 1, 4, 6, 8, 1.5, 2, 2.5}) < 1e-15);
  CHECK(distance(d.out(0), {2, 4, 6, 0.5, 1, 1.5}) < 1e-15);
}

TEST_CASE("statistics of fewer channels than an image has repeat from the first") {
  const auto y = call<double>()
                     .sample({3, 1, 1}, {1, 2, 3})
                     .attributes({1})
                     .setting(1)
                     .setting(2)
                     .run<"normalise_channels">();

  CHECK(distance(y.out(0), {0, 0.5, 1}) == 0);
  CHECK_THROWS_AS(call<double>().sample({1, 1, 1}, {1}).setting(0).setting(1)
                      .run<"normalise_channels">(),
                  ts::error);
}
