#pragma once
// Federated averaging: the server's new weights are the mean of the clients' weights by number of
// samples,
//     w+ = w + sum_i p_i (w_i - w) = sum_i p_i w_i,    p_i = n_i / sum_j n_j over the cohort.
// Computed in the second form, which needs no old weights: products and sums in double, clients in
// the order of their ids, then moved into [min_i w_i, max_i w_i] before rounding to T. A mean lies
// there anyway; doing so makes agreement a fixed point exactly, in float and in double, and keeps
// weights near the largest number from overflowing. One client (p = 1) is copied bit by bit.
// Source: McMahan et al., "Communication-efficient learning of deep networks from decentralized
// data", 2017, algorithm 1 (arXiv 1602.05629).

#include "tessera/federated/aggregate.hpp"
#include "tessera/model/slice.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tessera::inline v0 {

namespace aggregate {

struct fed_avg {
  static constexpr int min_clients = 1;

  template <class T>
  static void combine(const cohort<T>& c) {
    // A chunk of every client passes through the first-level cache: 3 x 512 doubles.
    constexpr std::int64_t chunk = 512;
    double sum[chunk], least[chunk], most[chunk];
    for (const slice* s : c.slices) {
      for (std::int64_t begin = 0; begin < s->size; begin += chunk) {
        const std::int64_t n = std::min(chunk, s->size - begin), at = s->offset + begin;
        for (std::size_t i = 0; i < c.clients.size(); ++i) {
          const double p = c.weights[i];
          const T* w = c.clients[i].data() + at;
          for (std::int64_t j = 0; j < n; ++j) {
            const double x = w[j];
            sum[j] = i == 0 ? p * x : sum[j] + p * x;
            least[j] = i == 0 ? x : std::min(least[j], x);
            most[j] = i == 0 ? x : std::max(most[j], x);
          }
        }
        for (std::int64_t j = 0; j < n; ++j) {
          c.global[static_cast<std::size_t>(at + j)] =
              static_cast<T>(std::min(std::max(sum[j], least[j]), most[j]));
        }
      }
    }
  }
};

}  // namespace aggregate

}  // namespace tessera::inline v0
