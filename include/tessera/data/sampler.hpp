#pragma once
// Batches of indices, shuffled once per epoch. The order is a function of (seed, client, epoch) and
// the client's list: resuming at epoch 7 needs no replay of epochs 0 to 6. Every index comes once
// per epoch; the last batch may be short and is used, so a client with fewer images than a batch
// still trains. Nothing is allocated after construction.
//
//     batch_sampler sampler(lists[client], 32, seed, client);
//     sampler.start(epoch);
//     for (int b = 0; b < sampler.batches(); ++b) step(sampler.batch(b));

#include "tessera/error.hpp"
#include "tessera/tensor/philox.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tessera::inline v0 {

class batch_sampler {
 public:
  // Copies the list; starts at epoch 0. Throws tessera::error unless batch_size >= 1, client >= 0
  // and no index is negative. An empty list has no batches.
  batch_sampler(std::span<const int> indices, int batch_size, random_key key, int client = 0)
      : indices_(indices.begin(), indices.end()),
        order_(indices.begin(), indices.end()),
        size_(batch_size),
        key_(key),
        client_(client) {
    if (batch_size < 1) throw error("batch_sampler", "batch_size >= 1", std::to_string(batch_size));
    if (client < 0) throw error("batch_sampler", "client >= 0", std::to_string(client));
    for (const int i : indices_) {
      if (i < 0) throw error("batch_sampler", "indices >= 0", std::to_string(i));
    }
    start(0);
  }

  // Shuffles for this epoch; spans of an earlier epoch show the new order.
  void start(std::int64_t epoch) {
    std::copy(indices_.begin(), indices_.end(), order_.begin());
    shuffle(order_.data(), order_.size(), key_, static_cast<std::uint64_t>(epoch),
            site_hash("data.sampler"), static_cast<std::uint64_t>(client_));
  }

  int batches() const {
    return static_cast<int>(order_.size() / size()) + (order_.size() % size() != 0 ? 1 : 0);
  }

  // Indices of batch b of this epoch, batch_size of them or fewer in the last. Throws
  // tessera::error unless 0 <= b < batches().
  std::span<const int> batch(int b) const {
    if (b < 0 || b >= batches()) {
      throw error("batch_sampler.batch", "a batch below " + std::to_string(batches()),
                  std::to_string(b));
    }
    const std::size_t begin = static_cast<std::size_t>(b) * size();
    return {order_.data() + begin, std::min(size(), order_.size() - begin)};
  }

 private:
  std::size_t size() const { return static_cast<std::size_t>(size_); }

  std::vector<int> indices_, order_;
  int size_;
  random_key key_;
  int client_;
};

}  // namespace tessera::inline v0
