#include "tessera/federated/select.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ts = tessera;

static_assert(ts::selector<ts::select::all> && ts::selector<ts::select::uniform<3>>);
static_assert(!ts::selector<int>);

TEST_CASE("all selects every client in every round") {
  CHECK(ts::select::all::pick(4, 0, 1) == std::vector<int>{0, 1, 2, 3});
  CHECK(ts::select::all::pick(4, 9, 2) == ts::select::all::pick(4, 0, 1));
}

TEST_CASE("uniform selects M distinct clients, ascending, again the same for the same round") {
  bool differs = false;
  const auto first = ts::select::uniform<5>::pick(20, 0, 7);

  for (int round = 0; round < 50; ++round) {
    const auto ids = ts::select::uniform<5>::pick(20, round, 7);

    CHECK(ids.size() == 5);
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
    CHECK(ids.front() >= 0);
    CHECK(ids.back() < 20);
    CHECK(ids == ts::select::uniform<5>::pick(20, round, 7));
    differs = differs || ids != first;
  }

  CHECK(differs);
  CHECK(ts::select::uniform<5>::pick(20, 0, 8) != first);
}

TEST_CASE("uniform takes every pair equally often, and everyone when M is the number of clients") {
  const int rounds = 6000;
  int count[4][4] = {};

  for (int r = 0; r < rounds; ++r) {
    const auto ids = ts::select::uniform<2>::pick(4, r, 3);
    ++count[ids[0]][ids[1]];
  }

  double chi2 = 0;
  const double expected = rounds / 6.0;
  for (int i = 0; i < 4; ++i) {
    for (int j = i + 1; j < 4; ++j) {
      chi2 += (count[i][j] - expected) * (count[i][j] - expected) / expected;
    }
  }
  CHECK(chi2 < 25);  // five degrees of freedom: exceeded with probability 1.4e-4
  CHECK(ts::select::uniform<4>::pick(4, 0, 3) == ts::select::all::pick(4, 0, 3));
}

TEST_CASE("too few clients are an error") {
  CHECK_THROWS_AS(ts::select::all::pick(0, 0, 1), ts::error);
  CHECK_THROWS_AS(ts::select::uniform<3>::pick(2, 0, 1), ts::error);
  CHECK_THROWS_AS(ts::select::uniform<3>::pick(-5, 0, 1), ts::error);
}
