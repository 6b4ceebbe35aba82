#pragma once
// Splits a data set over clients. Every index in [0, samples) goes to exactly one client; each
// client's list is ascending (a sampler shuffles it); the result depends on the arguments only.
//
//   partition::iid        random lists whose lengths differ by at most one
//   partition::dirichlet  for each class, pi ~ Dir_N(alpha) over the N clients; the class's
//   shuffled
//                         indices are cut at floor(n_c (pi_1 + ... + pi_j)). alpha to infinity:
//                         each client has the class mix of the whole; alpha to 0: a class has one
//                         owner. Drawn anew while a client has fewer than min_samples.
//   partition::shards     sorted by label, cut into N k shards of equal length (+-1), k per client
//
// Sources: Li et al. 2021, "Federated learning on non-IID data silos" (Dirichlet per class);
// McMahan et al. 2017 (shards); Marsaglia, Tsang, "A simple method for generating gamma variables",
// 2000. Cuts pass through log and exp: another C library may move one by one sample.

#include "tessera/error.hpp"
#include "tessera/tensor/philox.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace tessera::inline v0 {

using client_indices = std::vector<std::vector<int>>;  // [client][i] = index into the data set

namespace detail {

// log of a Gamma(shape, 1) variable. The logarithm survives a shape of 1e-300, where the variable
// itself is 0 in double: for shape < 1, Gamma(shape) = Gamma(shape + 1) u^(1 / shape).
inline double log_gamma_variate(double shape, random_key key, std::uint64_t step,
                                std::uint64_t site, std::uint64_t sample, std::uint64_t element) {
  constexpr std::uint32_t attempts = 200, boost = 255;
  const double a = shape < 1 ? shape + 1 : shape;
  const double d = a - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  double result = std::log(d);  // the mode; reached with probability below 1e-200
  for (std::uint32_t draw = 0; draw < attempts; ++draw) {
    const philox_block b = random_block(key, step, site, sample, element, draw);
    const double x = box_muller<double>(b.word[0], b.word[1]).first;
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = open_unit(std::uint64_t{b.word[2]} << 32 | b.word[3]);
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) {
      result = std::log(d) + std::log(v);
      break;
    }
  }
  if (shape >= 1) return result;
  const philox_block b = random_block(key, step, site, sample, element, boost);
  return result + std::log(open_unit(std::uint64_t{b.word[0]} << 32 | b.word[1])) / shape;
}

// Shares of one class: Dirichlet(alpha, ..., alpha), as softmax of log gammas.
inline void dirichlet_shares(std::vector<double>& shares, double alpha, random_key key,
                             std::uint64_t attempt, std::uint64_t label) {
  constexpr std::uint64_t site = site_hash("federated.partition.dirichlet");
  for (std::size_t j = 0; j < shares.size(); ++j) {
    shares[j] = log_gamma_variate(alpha, key, attempt, site, label, j);
  }
  const double top = *std::max_element(shares.begin(), shares.end());
  double sum = 0;
  for (double& s : shares) sum += s = std::exp(s - top);
  for (double& s : shares) s /= sum;
}

inline void check_partition(const char* where, std::size_t samples, int clients) {
  if (clients < 1) throw error(where, "clients >= 1", std::to_string(clients));
  if (samples > 0x7FFFFFFF) throw error(where, "at most 2^31 - 1 samples", std::to_string(samples));
}

// Indices grouped by label, ascending inside one label. A negative label is an error.
inline std::vector<int> sorted_by_label(const char* where, std::span<const int> labels) {
  for (const int label : labels) {
    if (label < 0) throw error(where, "labels >= 0", std::to_string(label));
  }
  std::vector<int> order(labels.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return labels[static_cast<std::size_t>(a)] < labels[static_cast<std::size_t>(b)];
  });
  return order;
}

}  // namespace detail

namespace partition {

// Throws tessera::error unless samples >= 0 and clients >= 1. More clients than samples: some get
// none.
inline client_indices iid(int samples, int clients, random_key key) {
  const char* where = "partition::iid";
  if (samples < 0) throw error(where, "samples >= 0", std::to_string(samples));
  detail::check_partition(where, static_cast<std::size_t>(samples), clients);
  std::vector<int> order(static_cast<std::size_t>(samples));
  std::iota(order.begin(), order.end(), 0);
  shuffle(order.data(), order.size(), key, 0, site_hash("federated.partition.iid"), 0);

  client_indices lists(static_cast<std::size_t>(clients));
  const std::size_t n = order.size(), parts = lists.size();
  for (std::size_t j = 0; j < parts; ++j) {
    const auto first = static_cast<std::ptrdiff_t>(n * j / parts);
    const auto last = static_cast<std::ptrdiff_t>(n * (j + 1) / parts);
    lists[j].assign(order.begin() + first, order.begin() + last);
    std::sort(lists[j].begin(), lists[j].end());
  }
  return lists;
}

// labels (samples). Throws tessera::error unless clients >= 1, alpha in [1e-300, 1e300], labels are
// not negative and min_samples >= 0; also if clients x min_samples exceeds the data, or if the
// first draw and ten more all leave a client with fewer than min_samples.
inline client_indices dirichlet(std::span<const int> labels, int clients, double alpha,
                                random_key key, int min_samples = 10) {
  const char* where = "partition::dirichlet";
  constexpr int redraws = 10;
  detail::check_partition(where, labels.size(), clients);
  if (!(alpha >= 1e-300 && alpha <= 1e300)) {
    throw error(where, "alpha in [1e-300, 1e300]", std::to_string(alpha));
  }
  if (min_samples < 0) throw error(where, "min_samples >= 0", std::to_string(min_samples));
  if (std::int64_t{clients} * min_samples > static_cast<std::int64_t>(labels.size())) {
    throw error(where,
                std::to_string(min_samples) + " samples for each of " + std::to_string(clients) +
                    " clients",
                std::to_string(labels.size()) + " in all");
  }
  const std::vector<int> by_label = detail::sorted_by_label(where, labels);
  const auto label_at = [&](std::size_t i) {
    return labels[static_cast<std::size_t>(by_label[i])];
  };

  std::vector<double> shares(static_cast<std::size_t>(clients));
  std::size_t fewest = 0;
  for (int attempt = 0; attempt <= redraws; ++attempt) {
    const auto step = static_cast<std::uint64_t>(attempt);
    std::vector<int> order = by_label;
    client_indices lists(shares.size());
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
      while (end < order.size() && label_at(end) == label_at(begin)) ++end;
      const auto label = static_cast<std::uint64_t>(label_at(begin));
      shuffle(order.data() + begin, end - begin, key, step, site_hash("federated.partition.class"),
              label);
      detail::dirichlet_shares(shares, alpha, key, step, label);
      const auto count = static_cast<double>(end - begin);
      double cumulative = 0;
      std::size_t from = begin;
      for (std::size_t j = 0; j < shares.size(); ++j) {
        cumulative += shares[j];
        std::size_t to = end;  // the last client takes the rest, whatever the sum rounds to
        if (j + 1 < shares.size()) {
          to = std::min(end, begin + static_cast<std::size_t>(count * cumulative));
        }
        for (; from < to; ++from) lists[j].push_back(order[from]);
      }
    }
    fewest = labels.size();
    for (std::vector<int>& list : lists) {
      std::sort(list.begin(), list.end());
      fewest = std::min(fewest, list.size());
    }
    if (fewest >= static_cast<std::size_t>(min_samples)) return lists;
  }
  throw error(where, "every client to have " + std::to_string(min_samples) + " samples",
              std::to_string(fewest) + " in the last of " + std::to_string(redraws + 1) +
                  " draws (a larger alpha or fewer clients helps)");
}

// labels (samples). Throws tessera::error unless clients >= 1, shards_per_client >= 1, labels are
// not negative and there is a sample for every shard.
inline client_indices shards(std::span<const int> labels, int clients, int shards_per_client,
                             random_key key) {
  const char* where = "partition::shards";
  detail::check_partition(where, labels.size(), clients);
  if (shards_per_client < 1) {
    throw error(where, "shards_per_client >= 1", std::to_string(shards_per_client));
  }
  const std::int64_t total = std::int64_t{clients} * shards_per_client;
  if (total > static_cast<std::int64_t>(labels.size())) {
    throw error(where, "a sample for each of " + std::to_string(total) + " shards",
                std::to_string(labels.size()));
  }
  const std::vector<int> order = detail::sorted_by_label(where, labels);
  std::vector<int> shard(static_cast<std::size_t>(total));
  std::iota(shard.begin(), shard.end(), 0);
  shuffle(shard.data(), shard.size(), key, 0, site_hash("federated.partition.shards"), 0);

  client_indices lists(static_cast<std::size_t>(clients));
  const auto n = static_cast<std::int64_t>(order.size());
  for (std::size_t i = 0; i < shard.size(); ++i) {
    std::vector<int>& list = lists[i / static_cast<std::size_t>(shards_per_client)];
    const auto first = n * shard[i] / total, last = n * (shard[i] + std::int64_t{1}) / total;
    list.insert(list.end(), order.begin() + first, order.begin() + last);
  }
  for (std::vector<int>& list : lists) std::sort(list.begin(), list.end());
  return lists;
}

}  // namespace partition

}  // namespace tessera::inline v0
