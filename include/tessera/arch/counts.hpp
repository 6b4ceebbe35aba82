#pragma once
// What the compiler counts of an architecture, and where its first issue is said.
//     ts::parameters<A>: elements of all weights, fixed positions in, running statistics out
//     ts::trainable_parameters<A>: without what is fixed
//     ts::macs<A>: multiply-accumulates of one forward for one sample: matmuls, convolutions and the
//     two products of attention in; biases, norms, activations out

#include "tessera/graph/diagnose.hpp"
#include "tessera/graph/graph.hpp"

namespace tessera::inline v0 {

struct counts {
  first_issue found;
  long long parameters = 0, trainable = 0, macs = 0;
  int nodes = 0;
};

constexpr counts count(const graph& g) {
  counts c{g.found};
  if (!g.ok()) return c;
  for (const parameter& p : g.parameters) {
    const long long n = p.extent.count(1);
    if (p.kind != slice_kind::state) c.parameters += n;
    if (p.kind == slice_kind::weight) c.trainable += n;
  }
  for (const node& n : g.nodes)
    if (n.op->has_macs) c.macs += n.op->macs(g, n);
  c.nodes = g.nodes.size();
  return c;
}

// The graph of an architecture alone: its input "images" and its taps; "output" is what it returns.
template <class A>
constexpr graph build_graph(bool training = false) {
  graph g;
  g.training = training;
  const value_id out = A::build(g, g.add_input("images", A::input_shape()));
  g.add_tap("output", out);
  g.finish();
  return g;
}

namespace detail {

template <class A>
constexpr counts count_architecture() {
  return count(build_graph<A>());
}
template <class A>
inline constexpr counts counted = count_architecture<A>();

}  // namespace detail

// The one place where a wrong architecture stops the compiler.
template <class A>
using said = diagnose<detail::counted<A>.found.code, detail::counted<A>.found.a,
                      detail::counted<A>.found.b>;

// A itself first: what a word says of itself then comes without the chain that builds the graph.
template <class A>
inline constexpr long long parameters =
    (static_cast<void>(sizeof(A) + sizeof(said<A>)), detail::counted<A>.parameters);
template <class A>
inline constexpr long long trainable_parameters =
    (static_cast<void>(sizeof(A) + sizeof(said<A>)), detail::counted<A>.trainable);
template <class A>
inline constexpr long long macs =
    (static_cast<void>(sizeof(A) + sizeof(said<A>)), detail::counted<A>.macs);

}  // namespace tessera::inline v0
