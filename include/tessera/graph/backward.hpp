#pragma once
// What gradient rules talk to while a graph is differentiated (graph/differentiate.hpp).
//
// A rule reads the gradients that arrived at the outputs of its node (of), asks which inputs want
// one (wants), emits nodes and hands each new value over once (add).
//
// Gradients of parameters live in the flat buffer of gradients and accumulate there, in schedule
// order, into what the buffer holds: one rule for tied weights, micro-batches and determinism.

#include "tessera/graph/graph.hpp"

namespace tessera::inline v0 {

class backward {
 public:
  // The ops that differentiation itself emits.
  struct rules {
    const op_rules *add, *accumulate, *constant;
  };

  constexpr backward(graph& g, value_id loss, const rules& ops) : g_(g), ops_(ops) {
    const int nodes = g.nodes.size();
    gradient_.clear_to(g.values.size());
    if (!g.values[loss].wanted) g.fail(issue::nothing_to_train);
    if (!g.ok()) return;
    const graph::scope here(g, label("gradient"));
    // The seed is a setting: 1, or 1 / micro-batches.
    gradient_[loss] = g.emit(*ops.constant, {loss}, {}, g.add_setting("seed", 1.0)) + 1;
    for (int i = nodes; i-- > 0;) {
      const node n = g.nodes[i];
      if (!reached(n)) continue;
      if (!n.op->has_gradient) g.fail(issue::no_gradient, i, 0, n.op->id);
      if (!g.ok()) return;
      g.path = n.site;
      first_ = g.nodes.size();
      n.op->gradient(g, n, *this);
      if (g.keeps_text())
        for (int j = first_; j < g.nodes.size(); ++j) g.nodes[j].text = n.text;
    }
  }

  // The gradient that arrived at output i of n, or absent.
  constexpr value_id of(const node& n, int i = 0) const { return gradient_[n.output + i] - 1; }
  // Whether the gradient of input i of n is wanted.
  constexpr bool wants(const node& n, int i) const {
    const value_id v = g_.in(n, i);
    return v != absent && g_.values[v].wanted;
  }
  // Adds `contribution` to the gradient of input i of n.
  constexpr void add(const node& n, int i, value_id contribution) {
    value_id v = g_.in(n, i);
    if (v == absent || !g_.values[v].wanted || !g_.ok()) return;
    while (g_.values[v].view_of != absent) v = g_.values[v].view_of;
    if (g_.values[v].where == storage::parameter) return into_parameter(v, contribution);
    if (!(g_.values[contribution].extent == g_.values[v].extent))
      contribution = g_.view(contribution, shape(g_.values[v].extent));
    value_id& sum = gradient_[v];
    sum = (sum == 0 ? contribution : g_.emit(*ops_.add, {sum - 1, contribution})) + 1;
  }

 private:
  constexpr bool reached(const node& n) const {
    for (int i = 0; i < n.op->outputs; ++i)
      if (gradient_[n.output + i] != 0) return true;
    return false;
  }
  // A value this rule has just made by a node that can accumulate is written in place; any other
  // is added by a node of its own.
  constexpr void into_parameter(value_id parameter, value_id contribution) {
    const int producer = g_.values[contribution].producer;
    if (producer < first_ || g_.values[contribution].view_of != absent ||
        (g_.nodes[producer].op->accumulates >> (contribution - g_.nodes[producer].output) & 1) == 0)
      contribution = g_.emit(*ops_.accumulate, {contribution});
    g_.values[contribution].where = storage::gradient;
    g_.values[contribution].index = g_.values[parameter].index;
  }

  graph& g_;
  rules ops_;
  buffer<value_id> gradient_;  // + 1; 0: none has arrived
  int first_ = 0;  // first node of the rule at work
};

}  // namespace tessera::inline v0
