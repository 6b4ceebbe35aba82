#pragma once
// A graph as JSON:  ts::to_json<vit_b>(file);
//
//     {"inputs": [{"id": "in0", "name": "images", "shape": S}, ...],
//      "parameters": [{"id": "p0", "name", "shape": [768, 3], "kind": "weight", "decay"}, ...],
//      "settings": [{"id": "s0", "name": "blocks.0.norm1.eps", "value": 1e-06}, ...],
//      "nodes": [{"id": "n0", "name": "blocks.0.attn.qkv", "op": "linear", "attributes": [a .. f],
//                 "settings": "s0" or null, "reads": ["p3", "p4"],
//                 "outputs": [{"shape": S, "role": "real", "in": "activation"}],
//                 "parameters", "macs", "bytes"}, ...],
//      "edges": [{"from": "n0", "output": 0, "to": "n1", "operand": 0, "shape": S, "stopped"}..],
//      "taps": [{"name": "blocks.0", "from": "n12", "output": 0}, ...],
//      "totals": {"nodes", "parameters", "macs", "bytes"}}
//
// A shape S is {"text": "B x 197 x 768", "copies": k, "batch_power": p, "dims": [197, 768]}: of
// k * B^p copies of dims, B the batch. Numbers count as in arch/print.hpp: MACs and bytes of one
// sample in float, a parameter at the node that reads it first. A node names the first of its
// settings, the others follow. A stopped edge is one that no gradient passes. Of a training step:
// its gradient graph.

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/arch/detail/ends.hpp"
#include "tessera/arch/print.hpp"

namespace tessera::inline v0 {

namespace detail {

inline std::string json_quoted(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string s = "\"";
  for (char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20)
      ((s += "\\u00") += hex[u >> 4]) += hex[u & 15];
    else
      (s += c == '"' || c == '\\' ? "\\" : "") += c;
  }
  return s + '"';
}

class json_writer {
 public:
  explicit json_writer(const graph& g)
      : g_(g), parameters_(parameters_by_node(g)), read_(values_read(g)) {}

  std::string text() {
    out_ = "{";
    section("inputs", g_.inputs.size(), [&](int i) {
      const input& x = g_.inputs[i];
      return "{\"id\": \"in" + std::to_string(i) + "\", \"name\": " + quoted(x.text) +
             ", \"shape\": " + shape_of(x.value) + "}";
    });
    section("parameters", g_.parameters.size(), [&](int i) { return parameter_text(i); });
    section("settings", g_.settings.size(), [&](int i) {
      return "{\"id\": \"s" + std::to_string(i) + "\", \"name\": " +
             quoted(g_.settings[i].text) + ", \"value\": " + number(g_.settings[i].value) + "}";
    });
    section("nodes", g_.nodes.size(), [&](int i) { return node_text(i); });
    std::vector<std::string> edges;
    for (int i = 0; i < g_.nodes.size(); ++i)
      for (int k = 0; k < g_.nodes[i].inputs; ++k) add_edge(edges, i, k);
    section("edges", static_cast<int>(edges.size()),
            [&](int i) { return edges[static_cast<std::size_t>(i)]; });
    section("taps", g_.taps.size(), [&](int i) {
      return "{\"name\": " + quoted(g_.taps[i].text) + ", " + from(g_.taps[i].value) + "}";
    });
    return out_ + "\n\"totals\": {\"nodes\": " + std::to_string(g_.nodes.size()) +
           numbers(total_) + "}}\n";
  }

 private:
  struct counted {
    long long parameters = 0, macs = 0, bytes = 0;
  };

  template <class Item>
  void section(std::string_view name, int count, Item item) {
    ((out_ += "\n\"") += name) += "\": [";
    for (int i = 0; i < count; ++i) out_ += (i == 0 ? "\n  " : ",\n  ") + item(i);
    out_ += "],";
  }

  std::string quoted(int text) const { return json_quoted(g_.text_at(text)); }
  static std::string dims(const shape& e) {
    std::string s = "[";
    for (int i = 0; i < e.rank; ++i) s += (i == 0 ? "" : ", ") + std::to_string(e.dims[i]);
    return s + "]";
  }
  std::string shape_of(value_id v) const {
    const shape& e = g_.shape_of(v);
    return "{\"text\": " + json_quoted(extent_text(e)) + ", \"copies\": " + std::to_string(e.k) +
           ", \"batch_power\": " + std::to_string(e.power) + ", \"dims\": " + dims(e) + "}";
  }
  static std::string number(double x) {  // the shortest text that reads back as x
    if (!(x - x == 0)) return "null";
    char digits[40];
    return {digits, std::to_chars(digits, digits + sizeof(digits), x).ptr};
  }
  static std::string numbers(const counted& c) {
    return ", \"parameters\": " + std::to_string(c.parameters) +
           ", \"macs\": " + std::to_string(c.macs) + ", \"bytes\": " + std::to_string(c.bytes);
  }

  std::string parameter_text(int i) const {
    const parameter& p = g_.parameters[i];
    const char* kind = p.kind == slice_kind::weight   ? "weight"
                       : p.kind == slice_kind::frozen ? "frozen"
                                                      : "state";
    return "{\"id\": \"p" + std::to_string(i) + "\", \"name\": " + quoted(p.text) +
           ", \"shape\": " + dims(p.extent) + ", \"kind\": \"" + kind +
           "\", \"decay\": " + (p.decay ? "true" : "false") + "}";
  }

  std::string node_text(int i) {
    const node& n = g_.nodes[i];
    const attributes& a = n.attr;
    std::string s = "{\"id\": \"n" + std::to_string(i) + "\", \"name\": " + quoted(n.text) +
                    ", \"op\": " + json_quoted(n.op->id.text()) + ", \"attributes\": [";
    for (const int x : {a.a, a.b, a.c, a.d, a.e, a.f}) s += std::to_string(x) + ", ";
    s.replace(s.size() - 2, 2, "], \"settings\": ");
    s += (n.settings < 0 ? "null" : "\"s" + std::to_string(n.settings) + "\"") + ", \"reads\": [";
    std::string reads;
    for (int k = 0; k < n.inputs; ++k) {
      const value_id v = g_.in(n, k);
      const value* x = v == absent ? nullptr : &g_.values[root_of(g_, v)];
      if (x == nullptr || x->where != storage::parameter || x->index < 0) continue;
      reads += (reads.empty() ? "\"p" : ", \"p") + std::to_string(x->index) + "\"";
    }
    s += reads + "], \"outputs\": [";
    constexpr const char* roles[] = {"real", "statistic", "index", "mask"};
    constexpr const char* places[] = {"activation", "input", "parameter", "gradient", "optimizer"};
    for (int o = 0; o < n.op->outputs; ++o) {
      const value& v = g_.values[n.output + o];
      s += (o == 0 ? "{\"shape\": " : ", {\"shape\": ") + shape_of(n.output + o) +
           ", \"role\": \"" + roles[static_cast<int>(v.kind)] + "\", \"in\": \"" +
           places[static_cast<int>(v.where)] + "\"}";
    }
    const counted c{parameters_[static_cast<std::size_t>(i)], macs_of(g_, n),
                    activation_bytes(g_, n, read_)};
    total_.parameters += c.parameters, total_.macs += c.macs, total_.bytes += c.bytes;
    return s + "]" + numbers(c) + "}";
  }

  // "from": a node or an input, and which of its outputs.
  std::string from(value_id v) const {
    const value_id root = root_of(g_, v);
    const value& x = g_.values[root];
    if (x.producer < 0) return "\"from\": \"in" + std::to_string(x.index) + "\", \"output\": 0";
    return "\"from\": \"n" + std::to_string(x.producer) +
           "\", \"output\": " + std::to_string(root - g_.nodes[x.producer].output);
  }
  void add_edge(std::vector<std::string>& edges, int to, int operand) const {
    const value_id v = g_.in(g_.nodes[to], operand);
    if (v == absent) return;
    const value& root = g_.values[root_of(g_, v)];
    if (root.producer < 0 && root.where != storage::input) return;  // a weight
    edges.push_back("{" + from(v) + ", \"to\": \"n" + std::to_string(to) +
                    "\", \"operand\": " + std::to_string(operand) + ", \"shape\": " +
                    shape_of(v) + ", \"stopped\": " +
                    (passes_stop(g_, v) ? "true" : "false") + "}");
  }

  const graph& g_;
  std::vector<long long> parameters_;
  std::vector<bool> read_;
  counted total_;
  std::string out_;
};

}  // namespace detail

// The JSON of a graph that was built at run time.
inline std::string json_text(const graph& g) { return detail::json_writer(g).text(); }

// Writes that of an architecture or of a training step to any stream.
template <class A, class Stream>
void to_json(Stream&& out) {
  out << json_text(detail::graph_to_show<A>());
}

}  // namespace tessera::inline v0
