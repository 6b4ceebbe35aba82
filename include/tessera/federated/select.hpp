#pragma once
// Which clients take part in a round. A selector is a type with
//     static std::vector<int> pick(int clients, std::int64_t round, random_key key)
// that returns distinct ids in [0, clients), ascending; it depends on its arguments only.
//
//   select::all          everyone
//   select::uniform<M>   M of them, every subset equally likely (without replacement)
//
// With n_i weights a uniform sample gives a ratio estimate of the mean over all clients; that is
// what FedAvg uses, and what differential privacy must not (it needs Poisson sampling).

#include "tessera/error.hpp"
#include "tessera/tensor/philox.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace tessera::inline v0 {

template <class S>
concept selector = requires(int clients, std::int64_t round, random_key key) {
  { S::pick(clients, round, key) } -> std::same_as<std::vector<int>>;
};

namespace select {

struct all {
  // Throws tessera::error unless clients >= 1.
  static std::vector<int> pick(int clients, std::int64_t, random_key) {
    if (clients < 1) throw error("select::all", "clients >= 1", std::to_string(clients));
    std::vector<int> ids(static_cast<std::size_t>(clients));
    std::iota(ids.begin(), ids.end(), 0);
    return ids;
  }
};

template <int M>
struct uniform {
  static_assert(M > 0, "tessera::select::uniform<M>: M must be positive (clients per round)");

  // Throws tessera::error if there are fewer than M clients.
  static std::vector<int> pick(int clients, std::int64_t round, random_key key) {
    if (clients < M) {
      throw error("select::uniform", "at least " + std::to_string(M) + " clients",
                  std::to_string(clients));
    }
    // The first M places of Fisher-Yates: each is drawn from what is left.
    std::vector<int> ids = all::pick(clients, round, key);
    constexpr std::uint64_t site = site_hash("federated.select");
    for (int i = 0; i < M; ++i) {
      const auto left = static_cast<std::uint64_t>(clients - i);
      const auto j = below(left, key, static_cast<std::uint64_t>(round), site, 0,
                           static_cast<std::uint64_t>(i));
      std::swap(ids[static_cast<std::size_t>(i)], ids[static_cast<std::size_t>(i) + j]);
    }
    ids.resize(M);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
};

}  // namespace select

}  // namespace tessera::inline v0
