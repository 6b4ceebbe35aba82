#pragma once
// A graph as an aligned table: one row per node with its module, op, output shape, parameters,
// multiply-accumulates and bytes of output.
//
//     ts::print<vit_b>(std::cout);   an architecture
//     ts::print<step>(std::cout);    a training step: towers, losses, gradients, update
//
// Shapes carry the batch B; MACs and bytes are of one sample in float. A parameter counts at the
// node that reads it first; the sums are those of arch/counts.hpp. Bytes are of activations before
// they share memory; what is written into weights and gradients takes none. Neighbours that differ
// in their number only ("blocks.0", "blocks.1", ...) are one entry. A row without a module is ".".

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/arch/counts.hpp"
#include "tessera/graph/live.hpp"

namespace tessera::inline v0 {

namespace detail {

// 86567656 -> "86,567,656"
inline std::string grouped_digits(long long n) {
  std::string s = std::to_string(n);
  for (std::size_t i = s.size(); i > 3 + (n < 0 ? 1u : 0u);) s.insert(i -= 3, ",");
  return s;
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

struct table_row {
  std::string path, op, extent;
  long long parameters = 0, macs = 0, bytes = 0;
};

inline void add_rows(std::vector<table_row>& rows, const graph& g) {
  const std::vector<long long> parameters = parameters_by_node(g);
  const std::vector<bool> read = values_read(g);
  for (int i = 0; i < g.nodes.size(); ++i) {
    const node& n = g.nodes[i];
    table_row r{g.text_at(n.text), n.op->id.text(), extent_text(g.shape_of(n.output)),
                parameters[static_cast<std::size_t>(i)],
                !n.op->has_macs ? 0 : static_cast<long long>(n.op->macs(g, n)), 0};
    for (int o = 0; o < n.op->outputs; ++o) {
      const value& v = g.values[n.output + o];
      const bool left_out =
          (n.op->optional >> o & 1u) != 0 && !read[static_cast<std::size_t>(n.output + o)];
      if (v.where != storage::activation || left_out) continue;
      r.bytes += v.extent.count(1) * (v.kind == role::index ? 4 : v.kind == role::mask ? 1 : 4);
    }
    rows.push_back(r);
  }
}

// The module a row may be folded at: "blocks.3" of "blocks.3.attn.qkv"; empty if none is numbered.
inline std::string_view numbered_part(std::string_view path) {
  for (std::size_t at = path.find('.'); at != path.npos; at = path.find('.', at + 1)) {
    std::size_t end = at + 1;
    while (end < path.size() && path[end] >= '0' && path[end] <= '9') ++end;
    if (end > at + 1 && (end == path.size() || path[end] == '.')) return path.substr(0, end);
  }
  return {};
}
inline std::string_view below(const table_row& r, std::string_view module) {
  std::string_view rest = std::string_view(r.path).substr(module.size());
  if (!module.empty() && !rest.empty()) rest.remove_prefix(1);
  return rest.empty() ? "." : rest;
}

class table_writer {
 public:
  explicit table_writer(const std::vector<table_row>& rows) : rows_(rows) {
    cells_.push_back({"node", "op", "output", "parameters", "MACs", "bytes"});
    for (std::size_t i = 0; i < rows.size();) i = add_group(i);
    table_row total;
    for (const table_row& r : rows)
      total.parameters += r.parameters, total.macs += r.macs, total.bytes += r.bytes;
    const std::string nodes = grouped_digits(static_cast<long long>(rows.size())) + " nodes";
    cells_.push_back({"total", nodes, "", grouped_digits(total.parameters),
                      grouped_digits(total.macs), grouped_digits(total.bytes)});
  }

  std::string text() const {
    constexpr std::size_t columns = 6, left = 3;  // text to the left, numbers to the right
    std::size_t widths[columns] = {};
    for (const auto& line : cells_)
      for (std::size_t c = 0; line.size() > 1 && c < columns; ++c)
        if (line[c].size() > widths[c]) widths[c] = line[c].size();
    std::string s;
    for (const auto& line : cells_) {
      for (std::size_t c = 0; c < line.size(); ++c) {
        const std::string room(line.size() == 1 ? 0 : widths[c] - line[c].size(), ' ');
        s += (c == 0 ? "" : "  ") + (c < left ? line[c] + room : room + line[c]);
      }
      s += '\n';
    }
    return s;
  }

 private:
  // One past the last row of the module that row `i` begins.
  std::size_t end_of(std::size_t i, std::string_view module) const {
    std::size_t end = i + 1;
    while (end < rows_.size() && !module.empty() && numbered_part(rows_[end].path) == module) ++end;
    return end;
  }
  bool alike(std::size_t a, std::string_view in_a, std::size_t b, std::string_view in_b,
             std::size_t count) const {
    if (in_a.substr(0, in_a.rfind('.')) != in_b.substr(0, in_b.rfind('.'))) return false;
    for (std::size_t i = 0; i < count; ++i) {
      const table_row &x = rows_[a + i], &y = rows_[b + i];
      if (below(x, in_a) != below(y, in_b) || x.op != y.op || x.extent != y.extent ||
          x.parameters != y.parameters || x.macs != y.macs || x.bytes != y.bytes)
        return false;
    }
    return true;
  }

  // Adds the rows from `i` of one module and of the modules after it that are alike.
  std::size_t add_group(std::size_t i) {
    const std::string_view first = numbered_part(rows_[i].path);
    std::string_view last = first;
    const std::size_t count = end_of(i, first) - i;
    std::size_t end = i + count;
    int times = 1;
    while (!first.empty() && end < rows_.size()) {
      const std::string_view next = numbered_part(rows_[end].path);
      if (next.empty() || end_of(end, next) - end != count || !alike(i, first, end, next, count))
        break;
      last = next;
      end += count;
      ++times;
    }
    if (times > 1)
      cells_.push_back({std::string(first) + " ... " + std::string(last) + ", " +
                        std::to_string(times) + " times, each:"});
    for (std::size_t j = i; j < i + count; ++j) {
      const table_row& r = rows_[j];
      cells_.push_back({times > 1 ? "  " + std::string(below(r, first)) : std::string(below(r, {})),
                        r.op, r.extent, number(r.parameters), number(r.macs), number(r.bytes)});
    }
    return end;
  }
  static std::string number(long long n) { return n == 0 ? "-" : grouped_digits(n); }

  const std::vector<table_row>& rows_;
  std::vector<std::vector<std::string>> cells_;
};

// The graph of an architecture or of a step; what is wrong with it is said here.
template <class A>
graph graph_to_show() {
  if constexpr (requires { A::gradient(); }) {
    constexpr first_issue found = count(A::gradient()).found;
    static_assert(sizeof(diagnose<found.code, found.a, found.b>) > 0);
    return A::gradient();
  } else {
    static_assert(sizeof(said<A>) > 0);
    return build_graph<A>();
  }
}

}  // namespace detail

// The table of a graph that was built at run time.
inline std::string table_text(const graph& g) {
  std::vector<detail::table_row> rows;
  detail::add_rows(rows, g);
  return detail::table_writer(rows).text();
}

// The table of an architecture or of a training step.
template <class A>
std::string table_text() {
  std::vector<detail::table_row> rows;
  detail::add_rows(rows, detail::graph_to_show<A>());
  if constexpr (requires { A::update(); }) detail::add_rows(rows, A::update());
  return detail::table_writer(rows).text();
}

// Writes it to any stream; a template, so that nobody pays for <ostream> who does not print.
template <class A, class Stream>
void print(Stream&& out) {
  out << table_text<A>();
}

}  // namespace tessera::inline v0
