#pragma once
// Where activations lie. Each block is alive from the node that writes it to the last that reads
// it; two blocks that are alive together must not overlap. Greedy by size: the largest first, each at
// the lowest offset that is free during its life. Sizes depend on the batch, so this runs when a
// workspace is made. Source: Pisarchyk & Lee 2020 (greedy by size).

#include <cstdint>

#include "tessera/config.hpp"
#include "tessera/meta/buffer.hpp"

namespace tessera::inline v0 {

struct block {
  int first = 0, last = 0;  // nodes, both inclusive
  std::int64_t size = 0;
  std::int64_t offset = 0;  // the result
};

// Returns the bytes of the arena. Offsets are multiples of `align`.
TESSERA_COLD constexpr std::int64_t lay_out(buffer<block>& blocks, std::int64_t align = 64) {
  const int count = blocks.size();
  buffer<int> order, placed;  // placed: in order of offset
  for (int i = 0; i < count; ++i) order.push(i);
  for (int gap = count / 2; gap > 0; gap /= 2)  // shell sort: largest first, ties by number
    for (int i = gap; i < count; ++i) {
      const int x = order[i];
      int j = i;
      for (; j >= gap; j -= gap) {
        const int y = order[j - gap];
        if (blocks[y].size > blocks[x].size || (blocks[y].size == blocks[x].size && y < x)) break;
        order[j] = y;
      }
      order[j] = x;
    }
  std::int64_t end = 0;
  for (int i = 0; i < count; ++i) {
    block& b = blocks[order[i]];
    if (b.size <= 0) continue;
    std::int64_t at = 0;
    for (int p = 0; p < placed.size(); ++p) {
      const block& o = blocks[placed[p]];
      if (o.last < b.first || b.last < o.first) continue;
      if (o.offset >= at + b.size) break;
      const std::int64_t after = o.offset + o.size;
      if (after > at) at = (after + align - 1) / align * align;
    }
    b.offset = at;
    if (at + b.size > end) end = at + b.size;
    placed.push(order[i]);
    int before = placed.size() - 1;
    for (; before > 0 && blocks[placed[before - 1]].offset > at; --before)
      placed[before] = placed[before - 1];
    placed[before] = order[i];
  }
  return (end + align - 1) / align * align;
}

}  // namespace tessera::inline v0
