#pragma once
// Activation checkpointing. Of a scope that is to be recomputed only what others read is kept (its
// last output, taps that a loss looks at, statistics that a state follows); everything else that
// the backward pass reads is computed again, by copies of the scope's nodes, just before the first
// backward node that reads one. A copy has its original's attributes, settings and site, so it
// draws the same numbers and its values are the same bit for bit. A node that writes state is never
// copied.
//
// forward: the number of nodes before differentiation. Linear in nodes and operands; a graph
// without such scopes is left as it is. Source: Chen et al. 2016, "Training deep nets with
// sublinear memory cost", with the scopes of the user as segments.

#include "tessera/config.hpp"
#include "tessera/graph/live.hpp"

namespace tessera::inline v0 {

namespace detail {

class recomputation {
 public:
  TESSERA_COLD constexpr recomputation(graph& g, int forward) : g_(g), forward_(forward) {
    find_segments();
    keep_what_others_read();
    find_needed();
    emit_copies();
  }

 private:
  // An outer scope ends after the inner ones and takes their nodes over.
  constexpr void find_segments() {
    segment_.clear_to(forward_);
    ends_.push({});
    for (const node_range& r : g_.scope_ranges) {
      if (r.what != scope_switch::recompute) continue;
      ends_.push(r);
      for (int i = r.first; i < r.end && i < forward_; ++i) segment_[i] = ends_.size() - 1;
    }
  }
  constexpr int segment_of(value_id root) const {
    const int producer = g_.values[root].producer;
    return producer < 0 || producer >= forward_ ? 0 : segment_[producer];
  }
  constexpr void keep_what_others_read() {
    kept_.clear_to(g_.values.size());
    for (int i = 0; i < forward_; ++i) {
      const node& n = g_.nodes[i];
      for (int k = 0; k < n.inputs; ++k)
        if (const value_id v = g_.in(n, k); v != absent) {
          const value_id root = root_of(g_, v);
          if (segment_of(root) != segment_[i]) kept_[root] = true;
        }
      if (writes(n))
        for (int o = 0; o < n.op->outputs; ++o) kept_[n.output + o] = true;
    }
    for (const last_write& w : g_.last_writes) kept_[root_of(g_, w.from)] = true;
    again_.clear_to(g_.values.size());
    for (int v = 0; v < again_.size(); ++v) {  // a view comes after what it is of
      const value& x = g_.values[v];
      if (x.view_of != absent)
        again_[v] = again_[x.view_of];
      else if (x.producer >= 0 && x.producer < forward_ && !kept_[v])
        again_[v] = segment_[x.producer] != 0;
    }
  }
  constexpr bool writes(const node& n) const {
    for (int o = 0; o < n.op->outputs; ++o)
      if (g_.values[n.output + o].where != storage::activation) return true;
    return false;
  }
  constexpr bool again(value_id v) const { return v != absent && again_[v]; }
  constexpr void find_needed() {
    buffer<bool> value_needed;
    value_needed.clear_to(g_.values.size());
    needed_.clear_to(forward_);
    for (int i = forward_; i < g_.nodes.size(); ++i)
      for (int k = 0; k < g_.nodes[i].inputs; ++k)
        if (const value_id v = g_.operands[g_.nodes[i].first_input + k]; again(v))
          value_needed[root_of(g_, v)] = true;
    for (int i = forward_; i-- > 0;) {
      if (segment_[i] == 0) continue;
      const node& n = g_.nodes[i];
      for (int o = 0; o < n.op->outputs; ++o) needed_[i] = needed_[i] || value_needed[n.output + o];
      for (int k = 0; needed_[i] && k < n.inputs; ++k)
        if (const value_id v = g_.in(n, k); again(v)) value_needed[root_of(g_, v)] = true;
    }
  }

  constexpr void emit_copies() {
    copy_.clear_to(g_.values.size());
    buffer<bool> done;
    done.clear_to(ends_.size());
    const int nodes = g_.nodes.size();
    for (int i = 0; i < nodes; ++i) {
      const node n = g_.nodes[i];
      for (int k = 0; i >= forward_ && k < n.inputs; ++k) {
        const int at = n.first_input + k;
        const value_id v = g_.operands[at];
        if (!again(v)) continue;
        const int s = segment_of(root_of(g_, v));
        if (!done[s]) copy_segment(s);
        done[s] = true;
        const value_id c = copy_of(v);
        g_.operands[at] = c;
      }
      place(n);
    }
    g_.nodes = static_cast<buffer<node>&&>(order_);
  }
  constexpr void copy_segment(int s) {
    for (int i = ends_[s].first; i < ends_[s].end; ++i) {
      if (segment_[i] != s || !needed_[i]) continue;
      node n = g_.nodes[i];
      const int first = g_.operands.size();
      for (int k = 0; k < n.inputs; ++k) {
        const value_id v = g_.operands[n.first_input + k];
        const value_id c = again(v) ? copy_of(v) : v;
        g_.operands.push(c);
      }
      const value_id output = g_.values.size();
      for (int o = 0; o < n.op->outputs; ++o) {
        const value v = g_.values[n.output + o];
        g_.values.push(v);
        copy_[n.output + o] = output + o + 1;
      }
      n.first_input = first;
      n.output = output;
      place(n);
    }
  }
  // A view is copied as a view of the copy.
  constexpr value_id copy_of(value_id v) {
    if (copy_[v] != 0) return copy_[v] - 1;
    value x = g_.values[v];
    x.view_of = copy_of(x.view_of);
    copy_[v] = g_.values.push(x) + 1;
    return copy_[v] - 1;
  }
  constexpr void place(const node& n) {
    for (int o = 0; o < n.op->outputs; ++o) g_.values[n.output + o].producer = order_.size();
    order_.push(n);
  }

  graph& g_;
  int forward_;
  buffer<int> segment_;      // of each forward node; 0: none
  buffer<node_range> ends_;  // of each segment
  buffer<bool> kept_;        // per root value
  buffer<bool> again_;       // per value: the backward pass reads a copy of it
  buffer<bool> needed_;      // per forward node: the backward pass reads what only it gives
  buffer<value_id> copy_;    // + 1; 0: none
  buffer<node> order_;
};

}  // namespace detail

TESSERA_COLD constexpr void recompute_scopes(graph& g, int forward) {
  bool any = false;
  for (const node_range& r : g.scope_ranges) any = any || r.what == scope_switch::recompute;
  if (any && g.ok()) detail::recomputation(g, forward);
}

}  // namespace tessera::inline v0
