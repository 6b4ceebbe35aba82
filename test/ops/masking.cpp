#include <doctest/doctest.h>

#include "support/call.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::inner_product;
using support::uneven;

TEST_CASE_TEMPLATE("order_tokens keeps the tokens of least noise, least first", T, float, double) {
  const auto y =
      call<T>().sample({4}, {0.7, 0.1, 0.9, 0.3}).attributes({2}).template run<"order_tokens">();

  CHECK(y.index_out(0) == std::vector<std::int32_t>{1, 3});
  CHECK(y.index_out(1) == std::vector<std::int32_t>{2, 0, 3, 1});
  CHECK(y.mask_out(2) == std::vector<std::uint8_t>{1, 0, 1, 0});
}

TEST_CASE("order_tokens leaves equal noise in the order of tokens, and puts NaN last") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto y = call<double>(2)
                     .sample({4}, {0.5, 0.5, 0.25, 0.5, nan, 0.5, nan, 0.25})
                     .attributes({3})
                     .run<"order_tokens">();

  CHECK(y.index_out(0) == std::vector<std::int32_t>{2, 0, 1, 3, 1, 0});
  CHECK(y.index_out(1) == std::vector<std::int32_t>{1, 2, 0, 3, 2, 1, 3, 0});
}

TEST_CASE("noise belongs to sample and token, not to the place in the batch") {
  const auto a = call<double>(2)
                     .sample({1}, {0, 0})
                     .attributes({5})
                     .random(7, 3, 11)
                     .ids({40, 2})
                     .run<"noise">();
  const auto b = call<double>(3)
                     .sample({1}, {0, 0, 0})
                     .attributes({5})
                     .random(7, 3, 11)
                     .ids({2, 9, 40})
                     .run<"noise">();

  for (int i = 0; i < 5; ++i) {
    const auto token = static_cast<std::size_t>(i);
    CHECK(a.out(0)[token] == b.out(0)[10 + token]);
    CHECK(a.out(0)[5 + token] == b.out(0)[token]);
    CHECK(a.out(0)[token] == double(ts::uniform(7, 3, 11, 40, token)));
  }
}

TEST_CASE("noise without ids takes the number of the row") {
  const auto y = call<float>(2).sample({1}, {0, 0}).attributes({3}).random(7, 3, 11).run<"noise">();

  CHECK(y.out(0)[5] == ts::uniform(7, 3, 11, 1, 2));
}

TEST_CASE("copies of a sample draw noise of their own") {
  const auto y = call<float>(2)
                     .sample({1}, {0, 0, 0, 0}, 2)
                     .attributes({3})
                     .random(7, 3, 11)
                     .ids({5, 6})
                     .run<"noise">();

  CHECK(y.out(0)[0] == ts::uniform(7, 3, 11, 5, 0));
  CHECK(y.out(0)[9] == ts::uniform(7, 3, 11, 6, 3));
}

TEST_CASE_TEMPLATE("gather_rows takes the rows an index names", T, float, double) {
  const auto y = call<T>(2)
                     .sample({3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
                     .index({2}, {2, 0, 1, 1})
                     .template run<"gather_rows">();

  CHECK(distance(y.out(0), {5, 6, 1, 2, 9, 10, 9, 10}) == 0);
}

TEST_CASE_TEMPLATE("scatter_rows adds rows where an index names them", T, float, double) {
  const auto y = call<T>(2)
                     .sample({2, 1}, {1, 2, 3, 4})
                     .index({2}, {2, 0, 1, 1})
                     .attributes({3})
                     .template run<"scatter_rows">();

  CHECK(distance(y.out(0), {2, 0, 1, 0, 7, 0}) == 0);
}

TEST_CASE("scatter_rows is the adjoint of gather_rows") {
  const auto x = uneven<double>(2 * 4 * 3), y = uneven<double>(2 * 2 * 3, 4);
  const std::vector<std::int32_t> index{3, 1, 0, 2};

  const auto gathered = call<double>(2).sample({4, 3}, x).index({2}, index).run<"gather_rows">();
  const auto scattered =
      call<double>(2).sample({2, 3}, y).index({2}, index).attributes({4}).run<"scatter_rows">();

  CHECK(inner_product(gathered.out(0), y) == inner_product(x, scattered.out(0)));
}

TEST_CASE("an index outside the rows is an error, not a read outside the memory") {
  CHECK_THROWS_AS(call<double>().sample({2, 1}, {1, 2}).index({1}, {2}).run<"gather_rows">(),
                  ts::error);
  CHECK_THROWS_AS(call<double>().sample({2, 1}, {1, 2}).index({1}, {-1}).run<"gather_rows">(),
                  ts::error);
  CHECK_THROWS_AS(
      call<double>().sample({1, 1}, {1}).index({1}, {4}).attributes({4}).run<"scatter_rows">(),
      ts::error);
}

TEST_CASE_TEMPLATE("restore_rows puts kept rows back and the token elsewhere", T, float, double) {
  // The order of the first test: tokens 1 and 3 are kept, in this order.
  const auto y = call<T>()
                     .sample({2, 1}, {10, 30})
                     .weight({1, 1, 1}, {-1})
                     .index({4}, {2, 0, 3, 1})
                     .template run<"restore_rows">();

  CHECK(distance(y.out(0), {-1, 10, -1, 30}) == 0);
}

TEST_CASE("restoring what was gathered gives the kept rows their places") {
  const auto x = uneven<double>(2 * 5 * 3);
  const auto order =
      call<double>(2).sample({5}, uneven<double>(10, 3)).attributes({2}).run<"order_tokens">();

  const auto kept =
      call<double>(2).sample({5, 3}, x).index({2}, order.index_out(0)).run<"gather_rows">();
  const auto y = call<double>(2)
                     .sample({2, 3}, kept.out(0))
                     .weight({1, 1, 3}, {50, 50, 50})
                     .index({5}, order.index_out(1))
                     .run<"restore_rows">();

  for (std::size_t i = 0; i < x.size(); ++i)
    CHECK(y.out(0)[i] == (order.mask_out(2)[i / 3] == 1 ? 50 : x[i]));
}

TEST_CASE_TEMPLATE("the gradient of restore_rows splits rows between input and token", T, float,
                   double) {
  const auto d = call<T>(2)
                     .sample({4, 1}, {1, 2, 3, 4, 5, 6, 7, 8})
                     .index({4}, {2, 0, 3, 1, 0, 1, 2, 3})
                     .attributes({2})
                     .add_onto(1, {100})
                     .template run<"restore_rows_gradient">();
  const auto token = call<T>(2)
                         .sample({4, 1}, {1, 2, 3, 4, 5, 6, 7, 8})
                         .index({4}, {2, 0, 3, 1, 0, 1, 2, 3})
                         .attributes({2})
                         .unread(0)
                         .template run<"restore_rows_gradient">();

  CHECK(distance(d.out(0), {2, 4, 5, 6}) == 0);
  CHECK(distance(d.out(1), {119}) == 0);
  CHECK(distance(token.out(1), {19}) == 0);
}
