#pragma once
// What the compiler counts of an architecture, and where its first issue is said.
//     ts::parameters<A>: elements of all weights, fixed positions in, running statistics out
//     ts::trainable_parameters<A>: without what is fixed
//     ts::macs<A>: multiply-accumulates of one forward for one sample: matmuls, convolutions and the
//     two products of attention in; biases, norms, activations out

#include "tessera/graph/diagnose.hpp"  // first: see there
#include "tessera/graph/graph.hpp"

#include <concepts>

namespace tessera::inline v0 {

template <class A>
concept architecture = requires(graph& g, value_id images) {
  { A::input_shape() } -> std::same_as<shape>;
  { A::build(g, images) } -> std::same_as<value_id>;
};

namespace rule {
template <class A>
struct architecture {
  static constexpr bool said() {
    constexpr bool is = tessera::architecture<A>;
    static_assert(is,
                  "tessera: an architecture is wanted (ts::vit, early_exit, mae, cascaded, or a type "
                  "with input_shape() and build(graph&, value_id))");
    return true;
  }
};
}  // namespace rule

struct counts {
  first_issue found;
  long long parameters = 0, trainable = 0, macs = 0;
  int nodes = 0;
};

// What a folded graph leaves out.
TESSERA_COLD constexpr void add_copies(counts& c, const graph& g, const fold& f) {
  for (int i = f.first_parameter; i < f.end_parameter; ++i) {
    const parameter& p = g.parameters[i];
    const long long n = f.more * p.extent.count(1);
    if (p.kind != slice_kind::state) c.parameters += n;
    if (p.kind == slice_kind::weight) c.trainable += n;
  }
  long long macs = 0;
  for (int i = f.first_node; i < f.end_node; ++i)
    if (const node& n = g.nodes[i]; n.op->has_macs) macs += n.op->macs(g, n);
  if (f.more > 0 && macs > ((1LL << 62) - c.macs) / f.more)
    c.found.code = issue::too_many_macs, c.macs = 0;
  else
    c.macs += f.more * macs;
}

constexpr counts count(const graph& g) {
  if (!g.ok()) return {g.found, 1, 1, 1};  // so that `> 0` beside it says nothing more
  counts c;
  for (const parameter& p : g.parameters) {
    const long long n = p.extent.count(1);
    if (p.kind != slice_kind::state) c.parameters += n;
    if (p.kind == slice_kind::weight) c.trainable += n;
  }
  for (const node& n : g.nodes) {
    if (!n.op->has_macs) continue;
    c.macs += n.op->macs(g, n);
    if (c.macs > 1LL << 62) c.found.code = issue::too_many_macs, c.macs = 0;
  }
  c.nodes = g.nodes.size() + g.folded_nodes;
  for (const fold& f : g.folds) add_copies(c, g, f);
  return c;
}

namespace detail {
template <class A>
constexpr void build_alone(graph& g) {
  const value_id out = A::build(g, g.add_input("images", A::input_shape()));
  g.add_tap("output", out);
  g.finish();
}
}  // namespace detail

// The graph of an architecture alone: its input "images" and its taps; "output" is what it returns.
// spelled keeps names at compile time too.
template <class A>
constexpr graph build_graph(bool training = false, bool spelled = false) {
  graph g;
  g.training = training;
  g.spelled = spelled;
  detail::build_alone<A>(g);
  return g;
}
// The same in short (graph::folded), in evaluation: to count and to collect kernels, not to run.
template <class A>
constexpr graph build_folded_graph() {
  graph g;
  g.folded = true;
  detail::build_alone<A>(g);
  return g;
}

namespace detail {

// What names are needed for is told by a second building, which keeps them. Each caller asks with
// if constexpr: g++ evaluates calls of constants in a branch even where it is not taken.
constexpr bool needs_names(issue code) {
  return code == issue::name_twice || code == issue::one_name_two_shapes ||
         code == issue::unknown_tap;
}

template <class A>
constexpr counts count_in_full() {
  constexpr counts c = count(build_graph<A>());
  counts named = c;
  if constexpr (needs_names(c.found.code)) named.found = build_graph<A>(false, true).found;
  return named;
}
// An issue is that of the whole graph: a folded one may miss or move it.
template <class A>
constexpr counts count_architecture() {
  if constexpr (architecture<A>) {
    constexpr counts c = count(build_folded_graph<A>());
    if constexpr (c.found.code == issue::none)
      return c;
    else
      return count_in_full<A>();
  } else {
    return {{issue::word_invalid}, 1, 1, 1};
  }
}
// The same of a training step.
template <class Step>
constexpr first_issue issue_of_step() {
  constexpr first_issue found = Step::gradient(false).found;
  if constexpr (needs_names(found.code))
    return Step::gradient(false, true).found;
  else
    return found;
}
template <class A>
inline constexpr counts counted = count_architecture<A>();
template <class A>
struct said_of_architecture {
  static constexpr first_issue found = counted<A>.found;
  using type = typename said_of<found>::type;
};

}  // namespace detail

// The one place where a wrong architecture stops the compiler.
template <class A>
using said = typename detail::said_of_architecture<A>::type;

// A itself first: what a word says of itself then comes without the chain that builds the graph.
template <class A>
inline constexpr long long parameters =
    (static_cast<void>(sizeof(A) + sizeof(said<A>)),
     rule::architecture<A>::said() ? detail::counted<A>.parameters : 0);
template <class A>
inline constexpr long long trainable_parameters =
    (static_cast<void>(sizeof(A) + sizeof(said<A>)),
     rule::architecture<A>::said() ? detail::counted<A>.trainable : 0);
template <class A>
inline constexpr long long macs =
    (static_cast<void>(sizeof(A) + sizeof(said<A>)),
     rule::architecture<A>::said() ? detail::counted<A>.macs : 0);

}  // namespace tessera::inline v0
