#pragma once
// Stops the gradient at the doors of scopes: what a node of a detached scope reads from outside, a
// parameter excepted, is read through a stop-gradient, and what depended on a weight only through
// such a door wants no gradient any more. Runs after the forward graph is built, before
// differentiation.

#include "tessera/config.hpp"
#include "tessera/graph/live.hpp"

namespace tessera::inline v0 {

namespace detail {

constexpr bool wanted_through_views(const graph& g, value_id v) {
  for (; v != absent; v = g.values[v].view_of)
    if (!g.values[v].wanted) return false;
  return true;
}

// What an input's loss of its gradient means for everything after it.
TESSERA_COLD constexpr void update_wanted(graph& g) {
  for (const node& n : g.nodes) {
    bool wanted = false;
    for (int k = 0; k < n.inputs; ++k)
      wanted = wanted || (g.in(n, k) != absent && wanted_through_views(g, g.in(n, k)));
    for (int o = 0; o < n.op->outputs && !wanted; ++o) g.values[n.output + o].wanted = false;
  }
  for (int v = 0; v < g.values.size(); ++v)
    if (g.values[v].view_of != absent) g.values[v].wanted = wanted_through_views(g, v);
}

}  // namespace detail

TESSERA_COLD constexpr void detach_scopes(graph& g) {
  bool any = false;
  for (const node_range& r : g.scope_ranges) {
    if (r.what != scope_switch::detach || !g.ok()) continue;
    any = true;
    for (int i = r.first; i < r.end; ++i)
      for (int k = 0; k < g.nodes[i].inputs; ++k) {
        const int at = g.nodes[i].first_input + k;
        const value_id v = g.operands[at];
        if (v == absent || !g.values[v].wanted) continue;
        const value& root = g.values[root_of(g, v)];
        if (root.where == storage::parameter || root.producer >= r.first) continue;
        const value_id stopped = g.stop_gradient(v);
        g.operands[at] = stopped;
      }
  }
  if (any) detail::update_wanted(g);
}

}  // namespace tessera::inline v0
