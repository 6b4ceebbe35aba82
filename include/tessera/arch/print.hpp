#pragma once
// A graph as an aligned table: one row per node with its module, op, output shape, parameters,
// multiply-accumulates and bytes of output.
//
//     ts::print<vit_b>(std::cout);   an architecture
//     ts::print<step>(std::cout);    a training step: towers, losses, gradients, update
//
// Where a model on a backend (ts::cpu unless said) has one kernel for two nodes, both name it in a
// column "fused into"; ts::print<vit_b, ts::reference> prints that of another backend.
//
// Shapes carry the batch B; MACs and bytes are of one sample in float. A parameter counts at the
// node that reads it first; the sums are those of arch/counts.hpp. Bytes are of activations before
// they share memory; what is written into weights and gradients takes none. Neighbours that differ
// in their number only ("blocks.0", "blocks.1", ...) are one entry. A row without a module is ".".

#include <cstddef>
#include <string>
#include <vector>

#include "tessera/arch/counts.hpp"
#include "tessera/arch/detail/table.hpp"
#include "tessera/graph/lives.hpp"
#include "tessera/ops/fused.hpp"

namespace tessera::inline v0 {

namespace detail {

// The op, and what it says of itself (op<…>::variant).
inline std::string op_text(const node& n) {
  const char* variant = n.op->variant != nullptr ? n.op->variant(n.attr) : "";
  return *variant == '\0' ? n.op->id.text() : n.op->id.text() + " " + variant;
}

// "B x 197 x 768"; a scalar is "1"; a flat buffer of no extent holds all weights.
inline std::string extent_text(const shape& e) {
  if (e.power == 0 && e.rank == 1 && e.dims[0] == 0) return "all weights";
  std::string s;
  if (e.k != 1 || (e.power == 0 && e.rank == 0)) s = std::to_string(e.k);
  if (e.k != 1 && e.power > 0) s += " ";
  if (e.power > 0) s += e.power == 1 ? "B" : "B x B";
  for (int i = 0; i < e.rank; ++i) (s += s.empty() ? "" : " x ") += std::to_string(e.dims[i]);
  return s;
}

// Elements of weights (without state) that each node is the first to read.
inline std::vector<long long> parameters_by_node(const graph& g) {
  std::vector<long long> by_node(static_cast<std::size_t>(g.nodes.size()), 0);
  std::vector<bool> seen(static_cast<std::size_t>(g.parameters.size()), false);
  for (int i = 0; i < g.nodes.size(); ++i)
    for (int k = 0; k < g.nodes[i].inputs; ++k) {
      const value_id v = g.in(g.nodes[i], k);
      const value* x = v == absent ? nullptr : &g.values[root_of(g, v)];
      if (x == nullptr || x->where != storage::parameter || x->index < 0) continue;
      const parameter& p = g.parameters[x->index];
      if (p.kind != slice_kind::state && !seen[static_cast<std::size_t>(x->index)])
        by_node[static_cast<std::size_t>(i)] += p.extent.count(1);
      seen[static_cast<std::size_t>(x->index)] = true;
    }
  return by_node;
}

inline std::vector<bool> values_read(const graph& g) {
  std::vector<bool> read(static_cast<std::size_t>(g.values.size()), false);
  for (value_id v : g.operands)
    if (v != absent) read[static_cast<std::size_t>(root_of(g, v))] = true;
  return read;
}

// What a row of the table says of a node.
struct node_row {
  std::string path, op, extent;
  long long parameters = 0, macs = 0, bytes = 0;
  std::string fused;
};

// Bytes in float of what the outputs of a node take in an arena, for one sample.
inline long long activation_bytes(const graph& g, const node& n, const std::vector<bool>& read) {
  long long bytes = 0;
  for (int o = 0; o < n.op->outputs; ++o) {
    const value& v = g.values[n.output + o];
    const bool left_out =
        (n.op->optional >> o & 1u) != 0 && !read[static_cast<std::size_t>(n.output + o)];
    if (v.where == storage::activation && !left_out) bytes += bytes_of(v, 1, 4);
  }
  return bytes;
}
inline long long macs_of(const graph& g, const node& n) {
  return n.op->has_macs ? static_cast<long long>(n.op->macs(g, n)) : 0;
}

inline void add_rows(std::vector<node_row>& rows, const graph& g) {
  const std::vector<long long> parameters = parameters_by_node(g);
  const std::vector<bool> read = values_read(g);
  for (int i = 0; i < g.nodes.size(); ++i) {
    const node& n = g.nodes[i];
    rows.push_back({g.text_at(n.text), op_text(n), extent_text(g.shape_of(n.output)),
                    parameters[static_cast<std::size_t>(i)], macs_of(g, n),
                    activation_bytes(g, n, read), {}});
  }
}

// Adds to the rows of `g` what a report says of them.
inline void add_fusions(std::vector<node_row>& rows, const fusion_report& r) {
  for (int i = 0; i < r.fused.size(); ++i)
    if (r.fused[i] != nullptr) rows[static_cast<std::size_t>(i)].fused = r.fused[i]->id.text();
}

inline std::string text_of(const std::vector<node_row>& rows) {
  const auto number = [](long long n) { return n == 0 ? "\t-" : '\t' + grouped_digits(n); };
  bool fused = false;
  for (const node_row& r : rows) fused = fused || !r.fused.empty();
  std::vector<fold_row> cells;
  node_row total;
  for (const node_row& r : rows) {
    total.parameters += r.parameters, total.macs += r.macs, total.bytes += r.bytes;
    cells.push_back({r.path, '\t' + r.op + '\t' + r.extent + number(r.parameters) +
                                 number(r.macs) + number(r.bytes)});
    if (fused) cells.back().content += '\t' + (r.fused.empty() ? "-" : r.fused);
  }
  std::string header = "node\top\toutput\tparameters\tMACs\tbytes";
  if (fused) header += "\tfused into";
  const std::string last = "total\t" + grouped_digits(static_cast<long long>(rows.size())) +
                           " nodes\t\t" + grouped_digits(total.parameters) + '\t' +
                           grouped_digits(total.macs) + '\t' + grouped_digits(total.bytes);
  return table_writer(header, "lllrrrl", cells, last).text();
}

// The graph of an architecture or of a step; what is wrong with it is said here.
template <class A>
graph graph_to_show() {
  if constexpr (requires { A::gradient(); }) {
    constexpr first_issue found = issue_of_step<A>();
    static_assert(sizeof(typename said_of<found>::type) > 0);
    return A::gradient();
  } else {
    static_assert(sizeof(said<A>) > 0);
    return build_graph<A>();
  }
}

}  // namespace detail

// The table of a graph that was built at run time.
inline std::string table_text(const graph& g) {
  std::vector<detail::node_row> rows;
  detail::add_rows(rows, g);
  return detail::text_of(rows);
}

// The table of an architecture or of a training step.
template <class A, class Backend = cpu>
std::string table_text() {
  const graph g = detail::graph_to_show<A>();
  std::vector<detail::node_row> rows;
  detail::add_rows(rows, g);
  if constexpr (requires { A::update(); })
    detail::add_rows(rows, A::update());
  else
    detail::add_fusions(rows, report_fusion<Backend>(g));
  return detail::text_of(rows);
}

// Writes it to any stream; a template, so that nobody pays for <ostream> who does not print.
template <class A, class Backend = cpu, class Stream>
void print(Stream&& out) {
  out << table_text<A, Backend>();
}

}  // namespace tessera::inline v0
