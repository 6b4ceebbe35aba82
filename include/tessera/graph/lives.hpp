#pragma once
// From when to when a value takes memory: from the node that writes it to the last needed node that
// reads it; a result stays to the end of the run. A workspace lays these blocks out and
// arch/memory.hpp reports them. Weights, gradients, inputs and given values lie elsewhere; what no
// needed node writes and optional outputs that nobody reads have no block.

#include <cstdint>

#include "tessera/config.hpp"
#include "tessera/graph/arena.hpp"
#include "tessera/graph/live.hpp"

namespace tessera::inline v0 {

constexpr std::int64_t bytes_of(const value& v, std::int64_t batch, int scalar_bytes) {
  const std::int64_t each = v.kind == role::index ? 4 : v.kind == role::mask ? 1 : scalar_bytes;
  return v.extent.count(batch) * each;
}

struct live_blocks {
  buffer<block> blocks;     // first and last count needed nodes only
  buffer<value_id> owners;  // the value of each block
};

// Of a run for `batch` samples that keeps `results` and is given `given` (roots, as cut by live()).
TESSERA_COLD constexpr live_blocks find_lives(const graph& g, const buffer<bool>& needed,
                                              const buffer<value_id>& results,
                                              const buffer<value_id>& given,
                                              std::int64_t batch, int scalar_bytes) {
  buffer<int> first, last;  // + 1; 0: never
  first.clear_to(g.values.size());
  last.clear_to(g.values.size());
  int position = 1;
  for (int i = 0; i < g.nodes.size(); ++i) {
    if (!needed[i]) continue;
    const node& n = g.nodes[i];
    for (int k = 0; k < n.inputs; ++k)
      if (const value_id v = g.in(n, k); v != absent) last[root_of(g, v)] = position;
    for (int o = 0; o < n.op->outputs; ++o) first[n.output + o] = position;
    ++position;
  }
  for (value_id v : results) last[root_of(g, v)] = position;
  for (value_id v : given) first[v] = 0;
  live_blocks l;
  for (int v = 0; v < g.values.size(); ++v) {
    const value& x = g.values[v];
    if (x.view_of != absent || x.where != storage::activation || first[v] == 0) continue;
    if (last[v] == 0) {
      const node& n = g.nodes[x.producer];
      if ((n.op->optional >> (v - n.output) & 1u) != 0) continue;
      last[v] = first[v];
    }
    l.blocks.push({first[v] - 1, last[v] - 1, bytes_of(x, batch, scalar_bytes), 0});
    l.owners.push(v);
  }
  return l;
}

// The most bytes alive at once: no arena is smaller.
TESSERA_COLD constexpr std::int64_t most_alive(const buffer<block>& blocks) {
  int end = 0;
  for (const block& b : blocks) end = b.last > end ? b.last : end;
  buffer<std::int64_t> change;  // of the bytes alive, before each node
  change.clear_to(end + 2);
  for (const block& b : blocks) change[b.first] += b.size, change[b.last + 1] -= b.size;
  std::int64_t alive = 0, most = 0;
  for (std::int64_t c : change) {
    alive += c;
    most = alive > most ? alive : most;
  }
  return most;
}

}  // namespace tessera::inline v0
