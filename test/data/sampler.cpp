#include "tessera/data/sampler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ts = tessera;

namespace {

std::vector<int> epoch_order(ts::batch_sampler& s, std::int64_t epoch) {
  std::vector<int> order;
  s.start(epoch);
  for (int b = 0; b < s.batches(); ++b) {
    const auto batch = s.batch(b);
    order.insert(order.end(), batch.begin(), batch.end());
  }
  return order;
}

const std::vector<int> ten = {3, 1, 4, 15, 9, 2, 6, 5, 35, 8};

}  // namespace

TEST_CASE("an epoch visits every index once and the last batch may be short") {
  ts::batch_sampler s(ten, 4, 1);

  auto order = epoch_order(s, 0);

  CHECK(s.batches() == 3);
  CHECK(s.batch(0).size() == 4);
  CHECK(s.batch(2).size() == 2);
  auto expected = ten;
  std::sort(expected.begin(), expected.end());
  std::sort(order.begin(), order.end());
  CHECK(order == expected);
}

TEST_CASE("a client with fewer images than a batch still has one batch") {
  const ts::batch_sampler s(ten, 128, 1);

  CHECK(s.batches() == 1);
  CHECK(s.batch(0).size() == 10);
}

TEST_CASE("the order is a function of seed, client and epoch, not of what came before") {
  ts::batch_sampler a(ten, 4, 1, 2), b(ten, 3, 1, 2), other_client(ten, 4, 1, 3),
      other_seed(ten, 4, 2, 2);

  const auto first = epoch_order(a, 0), seventh = epoch_order(a, 7);

  CHECK(first != seventh);
  CHECK(epoch_order(b, 7) == seventh);  // another batch size, no earlier epochs
  CHECK(epoch_order(a, 0) == first);
  CHECK(epoch_order(other_client, 0) != first);
  CHECK(epoch_order(other_seed, 0) != first);
}

TEST_CASE("an epoch is shuffled in place, in the memory of construction") {
  ts::batch_sampler s(ten, 4, 1);
  const int* before = s.batch(0).data();

  s.start(5);

  CHECK(s.batch(0).data() == before);
}

TEST_CASE("an empty list has no batches") {
  const ts::batch_sampler s({}, 4, 1);

  CHECK(s.batches() == 0);
  CHECK_THROWS_AS(s.batch(0), ts::error);
}

TEST_CASE("arguments out of range are errors") {
  const std::vector<int> negative = {1, -2};
  const ts::batch_sampler s(ten, 4, 1);

  CHECK_THROWS_AS(ts::batch_sampler(ten, 0, 1), ts::error);
  CHECK_THROWS_AS(ts::batch_sampler(ten, 4, 1, -1), ts::error);
  CHECK_THROWS_AS(ts::batch_sampler(negative, 4, 1), ts::error);
  CHECK_THROWS_AS(s.batch(-1), ts::error);
  CHECK_THROWS_AS(s.batch(3), ts::error);
}
