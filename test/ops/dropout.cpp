#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/call.hpp"
#include "tessera/tensor/philox.hpp"

namespace ts = tessera;
using support::call;
using support::distance;
using support::uneven;

namespace {

std::vector<std::int64_t> counted(std::int64_t first, std::size_t count) {
  std::vector<std::int64_t> ids(count);
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}
template <class T>
std::vector<T> drop(std::vector<T> x, double p, std::vector<std::int64_t> ids,
                    std::uint64_t step = 3, std::uint64_t site = 11) {
  const auto batch = static_cast<std::int64_t>(ids.size());
  const int width = static_cast<int>(x.size() / ids.size());
  return call<T>(batch)
      .sample({width}, std::move(x))
      .setting(p)
      .random(7, step, site)
      .ids(std::move(ids))
      .template run<"dropout">()
      .out(0);
}

}  // namespace

TEST_CASE_TEMPLATE("dropout keeps or drops each element, and divides by the share kept", T, float,
                   double) {
  const auto y = drop<T>(std::vector<T>(3 * 50, T(3)), 0.25, counted(5, 3));

  for (std::size_t s = 0; s < 3; ++s)
    for (std::size_t i = 0; i < 50; ++i)
      CHECK(y[50 * s + i] == (ts::uniform(7, 3, 11, s + 5, i) >= 0.25f ? T(4) : T(0)));
}

TEST_CASE("dropout keeps the share of elements that p says, and the mean of x") {
  const std::size_t count = 40000;
  for (const double p : {0.1, 0.5, 0.9}) {
    const auto y = drop<double>(std::vector<double>(count, 1.0), p, counted(0, 4));

    const auto kept =
        static_cast<double>(count) - static_cast<double>(std::count(y.begin(), y.end(), 0.0));
    const double sigma = std::sqrt(p * (1 - p) * static_cast<double>(count));
    CHECK(std::abs(kept - (1 - p) * static_cast<double>(count)) < 4 * sigma);
  }
}

TEST_CASE_TEMPLATE("dropout at 0 is exactly the identity and at 1 zero; other p are errors", T,
                   float, double) {
  std::vector<T> x = uneven<T>(8);
  x[3] = T(0.1);

  CHECK(drop<T>(x, 0, counted(0, 4)) == x);
  CHECK(drop<T>(x, 1, counted(0, 4)) == std::vector<T>(8));
  CHECK_THROWS_AS(drop<T>(x, -0.1, counted(0, 4)), ts::error);
  CHECK_THROWS_AS(drop<T>(x, 1.5, counted(0, 4)), ts::error);
  CHECK_THROWS_AS(drop<T>(x, std::nan(""), counted(0, 4)), ts::error);
}

TEST_CASE("what dropout drops does not depend on how samples are split into batches") {
  const auto x = std::vector<double>(7 * 32, 1.0);
  const auto whole = drop<double>(x, 0.5, counted(100, 32));

  const auto first = drop<double>({x.begin(), x.begin() + 70}, 0.5, counted(100, 10));
  const auto second = drop<double>({x.begin() + 70, x.end()}, 0.5, counted(110, 22));
  auto joined = first;
  joined.insert(joined.end(), second.begin(), second.end());

  CHECK(joined == whole);
  CHECK(drop<double>(x, 0.5, counted(100, 32), 4) != whole);      // another step, another draw
  CHECK(drop<double>(x, 0.5, counted(100, 32), 3, 12) != whole);  // another scope
}

TEST_CASE("the gradient of dropout, itself, drops what the forward pass dropped") {
  const auto ids = counted(40, 32);
  const auto x = std::vector<double>(160, 1.0), dy = std::vector<double>(160, 5.0);

  const auto y = drop<double>(x, 0.5, ids), dx = drop<double>(dy, 0.5, ids);

  for (std::size_t i = 0; i < 160; ++i) CHECK(dx[i] == 5 * y[i]);
}

TEST_CASE("copies of a sample continue its elements") {
  const std::int64_t batch = 4;
  const auto y = call<double>(batch)
                     .sample({3}, std::vector<double>(24, 1.0), 2)
                     .setting(0.5)
                     .random(7, 3, 11)
                     .run<"dropout">()
                     .out(0);

  for (std::size_t s = 0; s < 4; ++s)
    for (std::size_t i = 0; i < 6; ++i)  // element i of sample s: copy i / 3
      CHECK(y[i / 3 * 12 + s * 3 + i % 3] == (ts::uniform(7, 3, 11, s, i) >= 0.5f ? 2 : 0));
}
