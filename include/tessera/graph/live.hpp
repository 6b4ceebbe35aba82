#pragma once
// Slicing: which nodes a run needs. Roots are the wanted values and every write to gradients,
// parameters or optimizer state; a cut value is given from outside, so what only leads to it is not
// needed. Slicing at an exit is live(g, {exit}); the rest of the network is live(g, {logits}, {x})
// with the tokens x cut.

#include <initializer_list>

#include "tessera/config.hpp"
#include "tessera/graph/graph.hpp"

namespace tessera::inline v0 {

constexpr value_id root_of(const graph& g, value_id v) {
  while (g.values[v].view_of != absent) v = g.values[v].view_of;
  return v;
}

TESSERA_COLD constexpr buffer<bool> live(const graph& g, const buffer<value_id>& wanted,
                            const buffer<value_id>& cut = {}) {
  buffer<bool> value_needed, node_needed;
  value_needed.clear_to(g.values.size());
  node_needed.clear_to(g.nodes.size());
  for (value_id v : wanted) value_needed[root_of(g, v)] = true;
  buffer<bool> given;
  given.clear_to(g.values.size());
  for (value_id v : cut) given[root_of(g, v)] = true;
  for (int i = g.nodes.size(); i-- > 0;) {
    const node& n = g.nodes[i];
    bool needed = false;
    for (int o = 0; o < n.op->outputs; ++o) {
      const value& v = g.values[n.output + o];
      needed = needed || (value_needed[n.output + o] && !given[n.output + o]) ||
               v.where != storage::activation;
    }
    if (!needed) continue;
    node_needed[i] = true;
    for (int k = 0; k < n.inputs; ++k)
      if (const value_id v = g.operands[n.first_input + k]; v != absent)
        value_needed[root_of(g, v)] = true;
  }
  return node_needed;
}

}  // namespace tessera::inline v0
