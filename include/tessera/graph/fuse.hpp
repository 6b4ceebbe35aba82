#pragma once
// Fusion: two nodes in a chain become one where a backend has a faster kernel for both. Rules are
// data, a table per backend (ops/fused.hpp). A node `second` that reads the only output of a node
// `first` as its input 0 is joined with it if
//     nobody else reads that value, or the fused op gives it too (keeps_first);
//     it is no tap and no view stands on it, or is read by `second`;
//     neither node writes weights, gradients or state, and at most one of them has settings.
// What is tapped is therefore never fused away, nor is a segment cut there computed twice; what a
// backward pass reads has a second reader. For inference programs; linear in nodes and operands.
//
//     fusion_report r = ...(graph)      which node went into which
//     r.text(g)                         "blocks.0.mlp: linear + gelu -> linear_gelu", a line each

#include <string>

#include "tessera/config.hpp"
#include "tessera/graph/graph.hpp"

namespace tessera::inline v0 {

struct fusion_rule {
  label first, second;              // names of ops
  const op_rules* fused = nullptr;  // inputs: those of first, then second's after its input 0
  bool keeps_first = false;         // outputs: that of first, then those of second; else second's
};

struct fusion_table {
  const fusion_rule* rules = nullptr;
  int count = 0;
};

// The rules of a backend: none, unless it says otherwise. A backend from outside specialises this.
template <class Backend>
constexpr fusion_table fusions_of() {
  return {};
}

// Per node of the graph before fusion: the node it is part of afterwards, and the fused op, or
// null.
struct fusion_report {
  buffer<int> into;
  buffer<const op_rules*> fused;

  TESSERA_COLD std::string text(const graph& before) const {
    std::string s;
    for (int i = 0; i < into.size(); ++i)
      for (int j = 0; j < i && fused[i] != nullptr; ++j)
        if (into[j] == into[i])
          s += std::string(before.text_at(before.nodes[i].text)) + ": " +
               before.nodes[j].op->id.text() + " + " + before.nodes[i].op->id.text() + " -> " +
               fused[i]->id.text() + "\n";
    return s;
  }
};

namespace detail {

class fusing {
 public:
  TESSERA_COLD constexpr fusing(graph& g, const fusion_table& table, fusion_report* report)
      : g_(g) {
    count_readers();
    partner_.clear_to(g.nodes.size());
    rule_.clear_to(g.nodes.size());
    bool any = false;
    for (int j = 0; j < g.nodes.size(); ++j)
      for (int r = 0; r < table.count && partner_[j] == 0; ++r)
        if (const int i = match(table.rules[r], j); i >= 0) {
          partner_[i] = j + 1, partner_[j] = i + 1;
          rule_[i] = rule_[j] = &table.rules[r];
          any = true;
        }
    if (any) join();
    if (report != nullptr) write(*report);
  }

 private:
  TESSERA_COLD constexpr void count_readers() {
    readers_.clear_to(g_.values.size());
    held_.clear_to(g_.values.size());
    for (value_id v : g_.operands)
      if (v != absent) ++readers_[v];
    for (const value& v : g_.values)
      if (v.view_of != absent) ++readers_[v.view_of];
    for (const tap& t : g_.taps)
      for (value_id v = t.value; v != absent; v = g_.values[v].view_of) held_[v] = true;
    for (const last_write& w : g_.last_writes) held_[w.from] = true;
  }
  TESSERA_COLD constexpr bool plain(const node& n) const {
    for (int o = 0; o < n.op->outputs; ++o)
      if (g_.values[n.output + o].where != storage::activation) return false;
    return true;
  }
  // The node that node j is joined with by this rule, or -1.
  TESSERA_COLD constexpr int match(const fusion_rule& rule, int j) const {
    const node& second = g_.nodes[j];
    if (second.op->hash != rule.second.hash || second.inputs == 0) return -1;
    const value_id v = g_.in(second, 0);
    const int i = v == absent ? -1 : g_.values[v].producer;
    if (i < 0 || g_.values[v].view_of != absent || held_[v] || partner_[i] != 0) return -1;
    const node& first = g_.nodes[i];
    if (first.op->hash != rule.first.hash || first.op->outputs != 1) return -1;
    if (!rule.keeps_first && readers_[v] != 1) return -1;
    if (first.settings >= 0 && second.settings >= 0) return -1;
    if (!(first.attr == attributes()) && !(second.attr == attributes())) return -1;
    if (!plain(first) || !plain(second)) return -1;
    for (int k = 1; k < second.inputs; ++k) {
      const value_id other = g_.in(second, k);
      if (other == v) return -1;
      if (rule.keeps_first && !is_there(other, i)) return -1;
    }
    return i;
  }
  // Whether v is known before node i runs.
  TESSERA_COLD constexpr bool is_there(value_id v, int i) const {
    while (v != absent && g_.values[v].view_of != absent) v = g_.values[v].view_of;
    return v == absent || g_.values[v].producer < i;
  }

  // The joined node stands at `first` if others may read that one's output, else at `second`.
  TESSERA_COLD constexpr void join() {
    moved_.clear_to(g_.values.size());
    buffer<node> order;
    order.clear_to(g_.nodes.size());
    int at = 0;
    for (int i = 0; i < g_.nodes.size(); ++i) {
      const int other = partner_[i] - 1;
      if (other >= 0 && (other > i) != rule_[i]->keeps_first) continue;
      node& n = order[at];
      if (other < 0)
        n = g_.nodes[i];
      else
        n = joined(g_.nodes[other > i ? i : other], g_.nodes[other > i ? other : i], *rule_[i]);
      for (int o = 0; o < n.op->outputs; ++o) g_.values[n.output + o].producer = at;
      ++at;
    }
    order.shrink(at);
    g_.nodes = static_cast<buffer<node>&&>(order);
    for (value_id& v : g_.operands) v = now(v);
    for (value& v : g_.values) v.view_of = now(v.view_of);
    for (tap& t : g_.taps) t.value = now(t.value);
    for (last_write& w : g_.last_writes) w.from = now(w.from);
  }
  TESSERA_COLD constexpr node joined(const node& first, const node& second,
                                     const fusion_rule& rule) {
    node n{rule.fused, first.attr == attributes() ? second.attr : first.attr, g_.operands.size()};
    n.inputs = first.inputs + second.inputs - 1;
    for (int k = 0; k < n.inputs; ++k) {
      const value_id v = k < first.inputs ? g_.in(first, k) : g_.in(second, k - first.inputs + 1);
      g_.operands.push(v);
    }
    n.settings = first.settings >= 0 ? first.settings : second.settings;
    n.site = second.site;
    n.text = second.text;
    n.output = second.output;
    g_.values[first.output].producer = -1;
    if (!rule.keeps_first) return n;
    n.output = g_.values.size();
    for (int o = 0; o < rule.fused->outputs; ++o) {
      const value_id from = o == 0 ? first.output : second.output + o - 1;
      const value v = g_.values[from];
      g_.values.push(v);
      g_.values[from].producer = -1;
      moved_[from] = n.output + o + 1;
    }
    return n;
  }
  TESSERA_COLD constexpr value_id now(value_id v) const {
    return v >= 0 && v < moved_.size() && moved_[v] != 0 ? moved_[v] - 1 : v;
  }

  TESSERA_COLD constexpr void write(fusion_report& r) const {
    r.into.clear_to(partner_.size());
    r.fused.clear_to(partner_.size());
    int at = 0;
    for (int i = 0; i < partner_.size(); ++i) {
      if (partner_[i] != 0) r.fused[i] = rule_[i]->fused;
      const bool is_first = partner_[i] - 1 > i;
      if (partner_[i] != 0 && is_first != rule_[i]->keeps_first) continue;
      if (partner_[i] != 0) r.into[partner_[i] - 1] = at;
      r.into[i] = at++;
    }
  }

  graph& g_;
  buffer<int> readers_;  // of each value: operands and views
  buffer<bool> held_;    // under a tap
  buffer<int> partner_;  // + 1; 0: stays alone
  buffer<const fusion_rule*> rule_;
  buffer<value_id> moved_;  // + 1; 0: where it was
};

}  // namespace detail

constexpr void fuse(graph& g, const fusion_table& table, fusion_report* report = nullptr) {
  if (g.ok() && (table.count > 0 || report != nullptr)) detail::fusing(g, table, report);
}

// What a backend would fuse of `g`.
template <class Backend>
fusion_report report_fusion(graph g) {
  fusion_report r;
  fuse(g, fusions_of<Backend>(), &r);
  return r;
}

}  // namespace tessera::inline v0
