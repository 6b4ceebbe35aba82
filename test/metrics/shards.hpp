#pragma once
// Merges three shards in every order and both ways of bracketing; `check` sees each result.

#include <algorithm>
#include <array>
#include <cstddef>

template <class Metric, class Check>
void merge_in_every_order(const std::array<Metric, 3>& shards, const Metric& empty, Check check) {
  std::array<std::size_t, 3> order{0, 1, 2};
  do {
    Metric left = empty;  // ((empty + a) + b) + c
    for (const std::size_t i : order) left.merge(shards[i]);
    check(left);
    Metric tail = shards[order[1]], right = shards[order[0]];  // a + (b + (c + empty))
    tail.merge(shards[order[2]]);
    tail.merge(empty);
    right.merge(tail);
    check(right);
  } while (std::next_permutation(order.begin(), order.end()));
}
