#include "tessera/federated/traffic.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace ts = tessera;
using ts::over;
using ts::slice;
using ts::slice_kind;

TEST_CASE("a round costs 4 bytes x trainable parameters x 2 x clients in float") {
  const std::vector<slice> table = {{"patch", {3, 4}, 0, 12},
                                    {"pos", {9}, 12, 9, slice_kind::frozen},
                                    {"blocks.0", {10}, 21, 10},
                                    {"bn.mean", {5}, 31, 5, slice_kind::state}};
  const std::vector<ts::scope> scopes = {{"blocks.*", over::group}, {"*", over::all}};
  ts::traffic_meter meter(table, scopes, 4);

  const auto first = meter.count_round(3);
  const auto second = meter.count_round(3, 2);

  CHECK(first.total() == 4 * 22 * 2 * 3);
  CHECK(second == ts::traffic{4 * 22 * 3, 4 * 22 * 2});
  CHECK(meter.last() == second);
  CHECK(meter.sum() == ts::traffic{4 * 22 * 6, 4 * 22 * 5});
  CHECK(meter.rounds() == 2);
  CHECK(ts::shared_elements(table, scopes, ts::state_rule::average) == 27);
}

TEST_CASE("slices that stay at the client are not sent, and clients share what is left") {
  const std::vector<slice> table = {{"w", {100}, 0, 100}, {"norm.weight", {20}, 100, 20}};
  const std::vector<ts::scope> scopes = {{"norm.*", over::client}, {"*", over::all}};

  CHECK(ts::traffic_meter(table, scopes, 2).bytes_per_client() == 200);
}

TEST_CASE("traffic of one block against twelve follows the static counts") {
  // A one-block masked auto-encoder at ViT-B scale has 11 622 400 parameters, the full one
  // 111 655 680; 24 clients.
  const std::vector<ts::scope> scopes = {{"*", over::all}};
  const std::vector<slice> one = {{"w", {11622400}, 0, 11622400}};
  const std::vector<slice> full = {{"w", {111655680}, 0, 111655680}};
  ts::traffic_meter small(one, scopes, 4), large(full, scopes, 4);

  small.count_round(24);
  large.count_round(24);

  CHECK(large.sum().total() == 21437890560);  // beyond 32 bits
  CHECK(double(large.sum().total()) / double(small.sum().total()) ==
        doctest::Approx(111655680.0 / 11622400));
}

TEST_CASE("more answers than clients, or a slice without a scope, is an error") {
  const std::vector<slice> table = {{"w", {1}, 0, 1}};
  const std::vector<ts::scope> all = {{"*", over::all}}, none;
  ts::traffic_meter meter(table, all, 4);

  CHECK_THROWS_AS(meter.count_round(2, 3), ts::error);
  CHECK_THROWS_AS(meter.count_round(-1), ts::error);
  CHECK_THROWS_AS(ts::traffic_meter(table, none, 4), ts::error);
  CHECK(meter.rounds() == 0);
}
