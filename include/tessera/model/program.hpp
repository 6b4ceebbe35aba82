#pragma once
// A program: a graph built at run time, the nodes of it that are needed, and a kernel for each. It is
// immutable and knows neither batch nor weights; any number of workspaces run it.
//
//     compile<Builder, Backend, T>({"output"})                  what "output" depends on
//     compile<Builder, Backend, T>({"output"}, {"blocks.3"})    the rest, with blocks.3 given

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tessera/config.hpp"
#include "tessera/error.hpp"
#include "tessera/graph/live.hpp"
#include "tessera/graph/signature.hpp"
#include "tessera/ops/arguments.hpp"

namespace tessera::inline v0 {

struct program {
  graph g;
  buffer<bool> needed;              // per node
  buffer<kernel_function> kernels;  // per node; null where not needed
  buffer<value_id> results;         // kept to the end of a run, in the order asked for
  buffer<value_id> given;           // cut values, read from the caller's memory
  int scalar_bytes = 4;

  TESSERA_COLD int input(std::string_view what) const {
    for (int i = 0; i < g.inputs.size(); ++i)
      if (what == g.text_at(g.inputs[i].text)) return i;
    throw error("program.input", "an input named \"" + std::string(what) + "\"", "none");
  }
};

struct kernel_entry {
  signature what;
  kernel_function run = nullptr;
};

namespace detail {

inline std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = 0;
  for (char c : text) h = h * hash_base + static_cast<unsigned char>(c);
  return h;
}

TESSERA_COLD inline value_id tapped(const graph& g, std::string_view what) {
  const std::uint64_t h = hash_of(what);
  for (int i = g.taps.size(); i-- > 0;)
    if (g.taps[i].hash == h) return g.taps[i].value;
  std::string there;
  for (const tap& t : g.taps) (there += there.empty() ? "" : ", ") += g.text_at(t.text);
  throw error("program", "a tap named \"" + std::string(what) + "\"", "taps " + there);
}

}  // namespace detail

TESSERA_COLD inline std::unique_ptr<program> make_program(graph&& g, const kernel_entry* table, int entries,
                                             bool keyed, int scalar_bytes,
                                             const std::vector<std::string>& results,
                                             const std::vector<std::string>& given = {}) {
  if (!g.ok()) throw error("program", "a valid graph", "issue " + std::to_string(int(g.found.code)));
  auto p = std::make_unique<program>();
  for (const std::string& r : results) p->results.push(detail::tapped(g, r));
  for (const std::string& c : given) p->given.push(root_of(g, detail::tapped(g, c)));
  p->needed = live(g, p->results, p->given);
  p->scalar_bytes = scalar_bytes;
  p->kernels.clear_to(g.nodes.size());
  for (int i = 0; i < g.nodes.size(); ++i) {
    if (!p->needed[i]) continue;
    const signature s = signature_of(g, g.nodes[i], keyed);
    for (int e = 0; e < entries; ++e)
      if (table[e].what == s) p->kernels[i] = table[e].run;
    if (p->kernels[i] == nullptr)
      throw error("program", "a kernel for op " + s.op.text(), "none");
  }
  p->g = std::move(g);
  return p;
}

}  // namespace tessera::inline v0
