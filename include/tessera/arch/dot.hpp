#pragma once
// A graph for Graphviz:  ts::to_dot<vit_b>(file);   dot -Tsvg vit_b.dot > vit_b.svg
//
// Modules are clusters, nodes ops (with their parameters), values edges with their shapes; a dashed
// edge passes a stop-gradient. What computes gradients lies in a cluster of that name. A tap is a
// line of the node it looks at; outputs, exits and losses are double octagons. Weights are left
// out.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/arch/detail/ends.hpp"
#include "tessera/arch/print.hpp"

namespace tessera::inline v0 {

namespace detail {

inline std::string dot_quoted(std::string_view text) {
  std::string s = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') s += '\\';
    if (c == '\n')
      s += "\\n";
    else
      s += c;
  }
  return s + '"';
}

class dot_writer {
 public:
  explicit dot_writer(const graph& g) : g_(g), parameters_(parameters_by_node(g)) {
    scopes_.push_back({});
    for (int i = 0; i < g.nodes.size(); ++i) {
      std::string path = g.text_at(g.nodes[i].text);
      if (path == "gradient" && first_gradient_ < 0) first_gradient_ = i;
      // Apart from the modules they are of: Graphviz cannot rank clusters in both directions.
      if (first_gradient_ >= 0 && i != first_gradient_) path.insert(0, "gradient.");
      scopes_[scope_of(path)].nodes.push_back(i);
    }
  }

  std::string text() {
    out_ = "digraph tessera {\n  rankdir=TB;\n  node [shape=box, fontname=\"Helvetica\"];\n";
    out_ += "  edge [fontname=\"Helvetica\", fontsize=10];\n";
    for (int i = 0; i < g_.inputs.size(); ++i)
      out_ += "  in" + std::to_string(i) + " [shape=ellipse, label=" +
              dot_quoted(g_.text_at(g_.inputs[i].text)) + "];\n";
    write_scope(0, "", 1);
    for (int i = 0; i < g_.nodes.size(); ++i)
      for (int k = 0; k < g_.nodes[i].inputs; ++k)
        write_edge(g_.in(g_.nodes[i], k), "n" + std::to_string(i));
    for (int i = 0; i < g_.taps.size(); ++i)
      if (is_end(g_.taps[i])) {
        const std::string id = "t" + std::to_string(i);
        out_ += "  " + id + " [shape=doubleoctagon, label=" +
                dot_quoted(g_.text_at(g_.taps[i].text)) + "];\n";
        write_edge(g_.taps[i].value, id);
      }
    return out_ + "}\n";
  }

 private:
  struct module {
    std::string name;             // of this module inside its parent: "blocks.3", "attn"
    std::vector<std::size_t> inner;
    std::vector<int> nodes;
  };

  // Modules of a path; a number belongs to the name before it.
  std::size_t scope_of(std::string_view path) {
    std::size_t at = 0;
    while (!path.empty()) {
      std::size_t end = path.find('.');
      if (end != path.npos && end + 1 < path.size() && path[end + 1] >= '0' && path[end + 1] <= '9')
        end = path.find('.', end + 1);
      const std::string_view name = path.substr(0, end);
      path = end == path.npos ? std::string_view() : path.substr(end + 1);
      std::size_t found = 0;
      for (std::size_t inner : scopes_[at].inner)
        if (scopes_[inner].name == name) found = inner;
      if (found == 0) {
        found = scopes_.size();
        scopes_.push_back({std::string(name), {}, {}});
        scopes_[at].inner.push_back(found);
      }
      at = found;
    }
    return at;
  }

  // A module of one node or one module is that one, under the names of both.
  void write_scope(std::size_t at, const std::string& outer, int depth) {
    const module& m = scopes_[at];
    const std::string path = outer.empty() || at == 0 ? m.name : outer + "." + m.name;
    const bool cluster = at != 0 && m.inner.size() + m.nodes.size() > 1;
    const std::string indent(static_cast<std::size_t>(2 * depth), ' ');
    if (cluster)
      out_ += indent + "subgraph cluster_" + std::to_string(at) + " {\n" + indent +
              "  label=" + dot_quoted(path) + ";\n";
    const std::string left = cluster ? "" : path;  // names still to be shown
    const int inside = cluster ? depth + 1 : depth;
    for (int i : m.nodes) write_node(i, left, inside);
    for (std::size_t inner : m.inner) write_scope(inner, left, inside);
    if (cluster) out_ += indent + "}\n";
  }

  void write_node(int i, const std::string& module_name, int depth) {
    std::string label = module_name.empty() ? "" : module_name + "\n";
    label += op_text(g_.nodes[i]);
    if (const long long n = parameters_[static_cast<std::size_t>(i)]; n > 0)
      label += "\n" + grouped_digits(n) + " parameters";
    bool tapped = false;
    for (const tap& t : g_.taps)
      if (!is_end(t) && g_.values[root_of(g_, t.value)].producer == i) {
        label += std::string("\ntap ") + g_.text_at(t.text);
        tapped = true;
      }
    const std::string indent(static_cast<std::size_t>(2 * depth), ' ');
    out_ += indent + "n" + std::to_string(i) + " [label=" + dot_quoted(label) +
            (tapped ? ", penwidth=2" : "") + "];\n";
  }

  void write_edge(value_id v, const std::string& to) {
    if (v == absent) return;
    const bool stopped = passes_stop(g_, v);
    const value& root = g_.values[root_of(g_, v)];
    const bool from_input = root.where == storage::input;
    if (!from_input && root.producer < 0) return;  // a weight
    out_ += "  " + (from_input ? "in" + std::to_string(root.index)
                               : "n" + std::to_string(root.producer)) +
            " -> " + to + " [label=" + dot_quoted(extent_text(g_.shape_of(v))) +
            (stopped ? ", style=dashed" : "") + "];\n";
  }

  bool is_end(const tap& t) const { return detail::is_end(g_.text_at(t.text)); }

  const graph& g_;
  std::vector<long long> parameters_;
  std::vector<module> scopes_;
  std::string out_;
  int first_gradient_ = -1;  // the node of the seed
};

}  // namespace detail

// The Graphviz text of a graph that was built at run time.
inline std::string dot_text(const graph& g) { return detail::dot_writer(g).text(); }

// Writes that of an architecture or of a training step to any stream.
template <class A, class Stream>
void to_dot(Stream&& out) {
  out << dot_text(detail::graph_to_show<A>());
}

}  // namespace tessera::inline v0
