#pragma once
// Signatures: what kernels are compiled for. A kernel is instantiated once per distinct signature,
// never per node: a model of 24 blocks compiles the kernels of one of 12.
//
// A Builder is a type with `static constexpr graph build()`.

#include "tessera/graph/graph.hpp"

namespace tessera::inline v0 {

struct signature {
  name op{""};
  op_key key;
  friend constexpr bool operator==(const signature&, const signature&) = default;
};

constexpr signature signature_of(const graph& g, const node& n, bool keyed) {
  signature s{n.op->id, {}};
  if (keyed && n.op->has_key) s.key = n.op->key(g, n);
  return s;
}

inline constexpr int max_signatures = 160;

struct signature_set {
  int count = 0;
  first_issue found;
  signature items[max_signatures];
};

constexpr signature_set collect_signatures(const graph& g, bool keyed) {
  signature_set set;
  set.found = g.found;
  if (!g.ok()) return set;
  short table[512] = {};  // open addressing: number + 1
  // Of ops: comparing their addresses is no constant for g++ with -fsanitize=undefined.
  std::uint64_t hashes[max_signatures] = {};
  for (const node& n : g.nodes) {
    const op_key k = keyed && n.op->has_key ? n.op->key(g, n) : op_key{};
    const std::uint64_t h = (n.op->hash + static_cast<std::uint64_t>(k.a) * 0x9E37 +
                             static_cast<std::uint64_t>(k.b) * 131 + static_cast<std::uint64_t>(k.c)) *
                            hash_base;
    unsigned at = static_cast<unsigned>(h >> 55);
    while (table[at] != 0 &&
           !(hashes[table[at] - 1] == n.op->hash && set.items[table[at] - 1].key == k))
      at = (at + 1) & 511;
    if (table[at] != 0) continue;
    if (set.count == max_signatures) {
      set.found = {issue::too_many_signatures, max_signatures, 0};
      return set;
    }
    hashes[set.count] = n.op->hash;
    set.items[set.count] = {n.op->id, k};
    table[at] = static_cast<short>(++set.count);
  }
  return set;
}

}  // namespace tessera::inline v0
