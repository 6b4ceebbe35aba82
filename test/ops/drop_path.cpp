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
std::vector<T> drop(std::vector<T> x, double rate, std::vector<std::int64_t> ids,
                    std::uint64_t step = 3, int width = 2) {
  const auto batch = static_cast<std::int64_t>(ids.size());
  return call<T>(batch)
      .sample({width}, std::move(x))
      .setting(rate)
      .random(7, step, 11)
      .ids(std::move(ids))
      .template run<"drop_path">()
      .out(0);
}

}  // namespace

TEST_CASE_TEMPLATE("drop_path keeps or drops a sample as a whole, and divides by the share kept", T,
                   float, double) {
  const std::size_t samples = 64;
  const auto x = std::vector<T>(2 * samples, T(3));

  const auto y = drop<T>(x, 0.25, counted(0, samples));

  std::size_t kept = 0;
  for (std::size_t s = 0; s < samples; ++s) {
    const bool keeps = ts::uniform(7, 3, 11, s, 0) >= 0.25f;
    kept += keeps;
    CHECK(y[2 * s] == (keeps ? T(4) : T(0)));
    CHECK(y[2 * s + 1] == y[2 * s]);
  }
  CHECK(kept > 0);
  CHECK(kept < samples);
}

TEST_CASE("drop_path keeps the share of samples that its rate says") {
  const std::size_t samples = 10000;
  for (const double rate : {0.1, 0.5, 0.9}) {
    const auto y = drop<double>(std::vector<double>(samples, 1.0), rate, counted(0, samples), 3, 1);

    const auto kept = static_cast<double>(samples) -
                      static_cast<double>(std::count(y.begin(), y.end(), 0.0));
    const double sigma = std::sqrt(rate * (1 - rate) * static_cast<double>(samples));
    CHECK(std::abs(kept - (1 - rate) * static_cast<double>(samples)) < 4 * sigma);
  }
}

TEST_CASE("drop_path at rate 0 is the identity and at rate 1 zero; other rates are errors") {
  const auto x = uneven<double>(8);

  CHECK(drop<double>(x, 0, counted(0, 4)) == x);
  CHECK(drop<double>(x, 1, counted(0, 4)) == std::vector<double>(8));
  CHECK_THROWS_AS(drop<double>(x, -0.1, counted(0, 4)), ts::error);
  CHECK_THROWS_AS(drop<double>(x, 1.5, counted(0, 4)), ts::error);
  CHECK_THROWS_AS(drop<double>(x, std::nan(""), counted(0, 4)), ts::error);
}

TEST_CASE("what drop_path drops does not depend on how samples are split into batches") {
  const auto x = uneven<double>(2 * 32);
  const auto whole = drop<double>(x, 0.5, counted(100, 32));

  const auto first = drop<double>({x.begin(), x.begin() + 20}, 0.5, counted(100, 10));
  const auto second = drop<double>({x.begin() + 20, x.end()}, 0.5, counted(110, 22));
  auto joined = first;
  joined.insert(joined.end(), second.begin(), second.end());

  CHECK(joined == whole);
  CHECK(drop<double>(x, 0.5, counted(100, 32), 4) != whole);  // another step, another draw
}

TEST_CASE("the gradient of drop_path, itself, drops what the forward pass dropped") {
  const auto ids = counted(40, 32);
  const auto x = std::vector<double>(64, 1.0), dy = std::vector<double>(64, 5.0);

  const auto y = drop<double>(x, 0.5, ids), dx = drop<double>(dy, 0.5, ids);

  for (std::size_t i = 0; i < 64; ++i) CHECK(dx[i] == 5 * y[i]);
}

TEST_CASE("copies of a sample are dropped each for themselves") {
  const std::int64_t batch = 32;
  const auto y = call<double>(batch)
                     .sample({1}, std::vector<double>(64, 1.0), 2)
                     .setting(0.5)
                     .random(7, 3, 11)
                     .run<"drop_path">()
                     .out(0);

  CHECK(y[3] == (ts::uniform(7, 3, 11, 3, 0) >= 0.5f ? 2 : 0));
  CHECK(y[35] == (ts::uniform(7, 3, 11, 3, 1) >= 0.5f ? 2 : 0));
  CHECK(std::vector<double>(y.begin(), y.begin() + 32) !=
        std::vector<double>(y.begin() + 32, y.end()));
}
